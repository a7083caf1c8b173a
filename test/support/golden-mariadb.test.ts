import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { requireEngine } from './engines.ts'
import { GoldenMariadb } from './golden-mariadb.ts'
import { loadEvents, loadScenario, type TextRecord } from './golden-scenario.ts'
import { type MariadbServer, startMariadb } from './mariadb.ts'
import { splitAtMarks } from './sql-script.ts'

const SCENARIOS = readdirSync(join(import.meta.dirname, '../golden')).filter((name) =>
  name.startsWith('mariadb-')
)

describe('the scenarios of MariaDB', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let isSameVersion: boolean
  before(async () => {
    server = await startMariadb()
    const [row] = await server.query<{ version: string }>('SELECT @@version AS version')
    // Other versions write events of other lengths.
    isSameVersion = row?.version.startsWith('10.11.') ?? false
  })
  after(() => server.stop())

  for (const name of SCENARIOS) {
    test(`${name} runs, and gives the binary log of the capture`, async () => {
      const scenario = loadScenario(name)
      const database = new GoldenMariadb(server, scenario)
      await database.create()
      try {
        await database.run(scenario.before)
        const expected = snapshotPosition(loadEvents(name))
        if (expected && isSameVersion) assert.equal(await position(server), expected)
        for (const { script } of splitAtMarks(scenario.after)) await database.run(script)
      } finally {
        await database.drop()
      }
    })
  }
})

async function position(server: MariadbServer): Promise<string> {
  const [status] = await server.query<{ File: string; Position: number }>('SHOW MASTER STATUS')
  return `${status?.File}:${status?.Position}`
}

/** Where the snapshot says that the log was; undefined in a scenario without rows in it. */
function snapshotPosition(events: readonly TextRecord[]): string | undefined {
  for (const { value } of events) {
    const found = /"snapshot":"(?:first|last)","db":"[^"]+",.*?"file":"([^"]+)","pos":(\d+)/.exec(
      value ?? ''
    )
    if (found) return `${found[1]}:${found[2]}`
  }
  return undefined
}

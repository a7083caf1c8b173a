import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import plugin from '../../connectors/mysql/sink.ts'
import { loadScenario } from '../support/golden-scenario.ts'
import { putGolden } from '../support/golden-sink.ts'
import { mariadb, type SinkServer, type TestDatabase } from '../support/sink-databases.ts'

interface Expected {
  /** What the server refuses, one for each record. */
  readonly refused: readonly RegExp[]
  /** What the captured events do not have, by column: lost in Debezium's format, or by the product. */
  readonly lost: Readonly<Record<string, string>>
}

const CENTURY = 'years of two digits become years of four (enable.time.adjuster)'
const JULIAN = 'days in the gap of 1582 come as days after it'
const ZERO = 'zero and partial dates come as null, or as 1970-01-01 where null is not allowed'
const ZEROS = {
  'zeros.d': ZERO,
  'zeros.dt': ZERO,
  'zeros.dt6': ZERO,
  'zeros.dn': ZERO,
  'zeros.dtn': ZERO
}
const ZERO_TIMESTAMP = /Incorrect datetime value: '1970-01-01 00:00:00' for column .*`ts`/
const UNSIGNED = /Out of range value for column 'bu'/

const EXPECTED: Readonly<Record<string, Expected>> = {
  // bigint.unsigned.handling.mode is long: what is beyond comes as a negative number.
  'mariadb-types-numbers': { refused: [UNSIGNED, UNSIGNED, UNSIGNED, UNSIGNED], lost: {} },
  // The product's snapshot has a backslash in a member of an enum with a comma.
  'mariadb-types-text': { refused: [/Data truncated for column 'e'/], lost: {} },
  'mariadb-types-time': {
    // A zero timestamp comes as 1970-01-01T00:00:00Z, which a TIMESTAMP cannot hold.
    refused: [ZERO_TIMESTAMP],
    lost: {
      'moments.d': CENTURY,
      'moments.dt': CENTURY,
      'moments.dt1': CENTURY,
      'moments.dt2': JULIAN,
      'moments.dt3': CENTURY,
      'moments.dt5': CENTURY,
      'moments.dt6': CENTURY,
      ...ZEROS
    }
  },
  // The product loses zero bytes at the end of a UUID in the stream.
  'mariadb-types-misc': { refused: [/Incorrect uuid value: '00001234/], lost: {} }
}

describe('the MySQL sink with captured events of MariaDB', mariadb.requirement, () => {
  let server: SinkServer
  before(async () => {
    server = await mariadb.start()
  })
  after(async () => {
    await server.stop()
  })

  /** The database that the events were captured from, once the workload has ended. */
  async function sourceOf(name: string): Promise<TestDatabase> {
    const source = await server.create()
    const { before: tables, after: changes } = loadScenario(name)
    await source.script(`${tables}\n${changes}`)
    return source
  }

  const columnsOf = async (database: TestDatabase, table: string) =>
    (
      await database.run(
        `select column_name as name from information_schema.columns where table_schema = '${database.name}' and table_name = '${table}' order by ordinal_position`
      )
    ).map(({ name }) => String(name))

  const tablesOf = async (database: TestDatabase) =>
    (
      await database.run(
        `select table_name as name from information_schema.tables where table_schema = '${database.name}' and table_name <> 'millrace_offsets'`
      )
    ).map(({ name }) => String(name))

  /** Columns in which some row of the target differs from the source, as `table.column`. */
  async function differences(source: TestDatabase, target: TestDatabase): Promise<string[]> {
    const found: string[] = []
    for (const table of await tablesOf(source)) {
      const columns = await columnsOf(source, table)
      const known = await columnsOf(target, table)
      const [first] = columns
      for (const column of columns) {
        if (!known.includes(column)) {
          found.push(`${table}.${column} is missing`)
          continue
        }
        const text = `select cast(\`${first}\` as char) as k, hex(convert(\`${column}\`, binary)) as v from \`${table}\` order by 1, 2`
        const got = await target.run(text)
        const there = new Set(got.map(({ k }) => k))
        const wanted = (await source.run(text)).filter(({ k }) => there.has(k))
        if (!isDeepStrictEqual(got, wanted)) found.push(`${table}.${column}`)
      }
    }
    return found
  }

  for (const [name, { refused, lost }] of Object.entries(EXPECTED)) {
    it(`gives the same rows as the source of ${name}`, async () => {
      const [source, target] = [await sourceOf(name), await server.create()]
      const config = { ...target.config, 'collection.name.format': '${source.table}' }
      // Tables as the source has them, so that values can be compared as they look.
      await target.script(loadScenario(name).before)
      for (const table of await tablesOf(target)) await target.run(`delete from \`${table}\``)
      const messages = await putGolden(plugin, config, name)
      assert.equal(messages.length, refused.length, messages.join('\n'))
      for (const [at, pattern] of refused.entries()) assert.match(messages[at] ?? '', pattern)
      assert.deepEqual(await differences(source, target), Object.keys(lost))
    })
  }
})

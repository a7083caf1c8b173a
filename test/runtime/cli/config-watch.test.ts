import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ConfigWatch } from '../../../runtime/cli/config-watch.ts'
import { until } from '../../support/until.ts'

describe('configuration files that are watched', () => {
  let folder: string
  let changes: number
  let watches: ConfigWatch[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-watch-'))
    mkdirSync(join(folder, 'configs'))
    mkdirSync(join(folder, 'other'))
    write('configs/a.yaml', 'name: a')
    write('other/a.yaml', '0')
    changes = 0
    watches = []
  })

  afterEach(() => {
    for (const watch of watches) watch.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

  async function begin(paths: readonly string[], changed: () => void): Promise<() => void> {
    const watch = await ConfigWatch.begin(paths, folder)
    watches.push(watch)
    return () => watch.follow(async () => changed())
  }

  async function follow(...paths: readonly string[]): Promise<void> {
    const start = await begin(paths, () => changes++)
    start()
    await settled()
  }

  /** Resolves when another watch has noticed a change that is made now: what came before is noticed by then. */
  async function settled(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      let noticed = false
      const start = await begin(['other'], () => {
        noticed = true
      })
      write('other/a.yaml', String(Math.random()))
      start()
      await until(() => noticed)
      watches.pop()?.close()
    }
  }

  async function notices(count: number): Promise<void> {
    await until(() => changes >= count, { what: `${count} changes` })
    await settled()
    assert.equal(changes, count)
  }

  it('count when they are new, changed, replaced or gone', async () => {
    await follow('configs')
    write('configs/b.json', '{}')
    await notices(1)
    appendFileSync(join(folder, 'configs/a.yaml'), '\n')
    await notices(2)
    write('configs/.a.yaml.swp', 'name: z')
    renameSync(join(folder, 'configs/.a.yaml.swp'), join(folder, 'configs/a.yaml'))
    await notices(3)
    rmSync(join(folder, 'configs/b.json'))
    await notices(4)
  })

  it('do not count when they say the same, nor do logs and other files beside them', async () => {
    await follow('configs', 'configs/*.yaml')
    for (let line = 0; line < 3; line++) {
      appendFileSync(join(folder, 'configs/worker.log'), 'line\n')
      write('configs/a.yaml', 'name: a')
      write('configs/.hidden.yaml', String(line))
      await settled()
    }
    assert.equal(changes, 0)
  })

  it('are those that were named, and not others of their folder', async () => {
    await follow('configs/a.yaml')
    write('configs/b.yaml', 'name: b')
    await settled()
    assert.equal(changes, 0)
    write('configs/a.yaml', 'name: c')
    await notices(1)
  })

  it('are those of a glob, also when they have no usual ending', async () => {
    await follow('configs/*.conf')
    write('configs/b.conf', 'name: b')
    await notices(1)
  })

  it('count when they have changed after they were looked at first', async () => {
    const start = await begin(['configs'], () => changes++)
    write('configs/a.yaml', 'name: b')
    start()
    await notices(1)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { ShownConfigs } from '../../../runtime/rest/shown-config.ts'
import { registry } from '../config/test-plugins.ts'

const shown = new ShownConfigs(new Plugins({ registry, pluginPath: [], cwd: import.meta.dirname }))
const stored = {
  'connector.class': 'nobody.knows.It',
  'database.hostname': 'db',
  'database.password': 'hunter2',
  'api.token': '${env:TOKEN}',
  'connection.url': 'postgres://me:hunter2@db/x'
}
const masked = {
  ...stored,
  'database.password': '********',
  'connection.url': 'postgres://me:********@db/x'
}

describe('a config that is shown', () => {
  it('has no secret, but references and nulls', async () => {
    assert.deepEqual(await shown.of({ ...stored, x: null }), { ...masked, x: null })
  })
})

describe('a config that comes back', () => {
  it('has its secrets again', async () => {
    const edited = { ...masked, 'database.hostname': 'other' }
    assert.deepEqual(await shown.unmasked(edited, stored), {
      ...stored,
      'database.hostname': 'other'
    })
  })

  it('may change a secret, or take it out', async () => {
    const edited = { 'database.password': 'new', 'api.token': null, x: '********' }
    assert.deepEqual(await shown.unmasked(edited, stored), edited)
  })

  it('is refused when a mask stands for nothing', async () => {
    const refused = { name: 'RequestError', status: 400, message: /no secret is stored for it/ }
    const cases = [
      [{ 'database.password': '********' }, null],
      [{ 'other.password': '********' }, stored],
      [{ 'connection.url': 'postgres://me:********@elsewhere/x' }, stored]
    ] as const
    for (const [given, known] of cases) await assert.rejects(shown.unmasked(given, known), refused)
  })
})

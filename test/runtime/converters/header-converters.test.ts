import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../../connectors/registry.ts'
import { bytes, int32, Struct, string, structOf } from '../../../runtime/api/schema.ts'
import { parseConfig } from '../../../runtime/config/parse-config.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'

const plugins = new Plugins({ registry, pluginPath: [], cwd: import.meta.dirname })

async function headerConverter(className: string, raw: Record<string, string> = {}) {
  const plugin = await plugins.find('header_converter', className)
  const { config, problems } = parseConfig(plugin.config, raw)
  assert.deepEqual(problems, [])
  return plugin.create(config, raw)
}

const key = structOf([['id', int32()]], { name: 'k' })

test('JsonConverter writes headers too, with the schema unless it is turned off', async () => {
  const name = 'org.apache.kafka.connect.json.JsonConverter'
  const value = new Struct(key, [7])
  const withSchema = await headerConverter(name)
  assert.equal(
    withSchema.fromConnect('t', 'h', key, value),
    '{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false,"name":"k"},"payload":{"id":7}}'
  )
  const plain = await headerConverter(name, { 'schemas.enable': 'false' })
  assert.equal(plain.fromConnect('t', 'h', key, value), '{"id":7}')
  assert.deepEqual(plain.toConnect('t', 'h', Buffer.from('{"id":7}')), {
    schema: null,
    value: { id: 7 }
  })
})

test('StringConverter reads headers as text, whatever they look like', async () => {
  const converter = await headerConverter('org.apache.kafka.connect.storage.StringConverter')
  assert.equal(converter.fromConnect('t', 'h', string(), '42'), '42')
  assert.equal(converter.toConnect('t', 'h', Buffer.from('42')).value, '42')
})

test('ByteArrayConverter passes the bytes of headers through', async () => {
  const converter = await headerConverter('org.apache.kafka.connect.converters.ByteArrayConverter')
  const given = Buffer.from([0xff, 0])
  assert.deepEqual(converter.fromConnect('t', 'h', bytes(), given), given)
  assert.deepEqual(converter.toConnect('t', 'h', given).value, given)
})

test('a converter of records is still found under the same name', async () => {
  for (const name of ['json', 'string', 'bytearray']) {
    assert.equal((await plugins.find('converter', name)).kind, 'converter')
    assert.equal((await plugins.find('header_converter', name)).kind, 'header_converter')
  }
})

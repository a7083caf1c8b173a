import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawConfig } from '../../../runtime/api/config.ts'
import type { SinkRecord } from '../../../runtime/api/record.ts'
import { Struct } from '../../../runtime/api/schema.ts'
import { chainOf, changeEvent, shown, sinkRecord, tombstone } from '../../support/transform.ts'

const TYPE = 'io.debezium.transforms.ByLogicalTableRouter'
const SHARDS = { 'topic.regex': '(.*)\\.orders_\\d+', 'topic.replacement': '$1.orders' }
const ADDED = '__dbz__physicalTableIdentifier'

const from = (topic: string) => changeEvent([1, 'a', null], [1, 'b', null], { topic })

async function route(given: SinkRecord, keys: RawConfig = {}): Promise<SinkRecord | null> {
  return (await chainOf(TYPE, { ...SHARDS, ...keys })).apply(given)
}

describe('ByLogicalTableRouter', () => {
  it('sends topics that match as a whole to another one, and leaves the others', async () => {
    assert.equal((await route(from('eu.orders_7')))?.topic, 'eu.orders')
    for (const topic of ['eu.lines', 'eu.orders_7.x']) {
      const given = from(topic)
      assert.equal(await route(given), given)
    }
  })

  it('leaves records whose new topic would have no name', async () => {
    const given = from('orders_7')
    const keys = { 'topic.regex': '(x?)orders_\\d', 'topic.replacement': '$1' }
    assert.equal(await route(given, keys), given)
  })

  it('names the schemas of key, rows and event after the new topic, once', async () => {
    const chain = await chainOf(TYPE, SHARDS)
    const [first, second] = [1, 2].map(() => chain.apply(from('eu.orders_7')))
    const event = first?.valueSchema
    assert.equal(event?.name, 'eu.orders.Envelope')
    assert.equal(event.version, 2)
    assert.equal(event.field('before')?.schema.name, 'eu.orders.Value')
    assert.equal(event.field('after')?.schema, event.field('before')?.schema)
    assert.equal(event.field('after')?.schema.optional, true)
    assert.equal(first?.keySchema?.name, 'eu.orders.Key')
    assert.deepEqual(
      [second?.valueSchema, second?.keySchema],
      [first?.valueSchema, first?.keySchema]
    )
    assert.ok(first?.value instanceof Struct)
    const after = first.value.get('after')
    assert.ok(after instanceof Struct)
    assert.equal(after.schema.name, 'eu.orders.Value')
    assert.deepEqual(shown(after), { id: 1, name: 'b', site: null })
  })

  it('makes the names legal in Avro when asked', async () => {
    const keys = { 'topic.replacement': '$1-orders', 'schema.name.adjustment.mode': 'avro' }
    const sent = await route(from('eu.orders_7'), keys)
    assert.equal(sent?.topic, 'eu-orders')
    assert.equal(sent.keySchema?.name, 'eu_orders.Key')
  })
})

describe('the key', () => {
  const key = async (keys: RawConfig, given = from('eu.orders_7')) =>
    shown((await route(given, keys))?.key)

  it('tells where the record came from', async () => {
    assert.deepEqual(await key({}), { id: 1, [ADDED]: 'eu.orders_7' })
    assert.deepEqual(await key({ 'key.enforce.uniqueness': 'false' }), { id: 1 })
  })

  it('tells a part of that name, or all of it where the expression does not match', async () => {
    const shard = { 'key.field.name': 'shard', 'key.field.replacement': 'n$1' }
    const tail = { ...shard, 'key.field.regex': '.*_(\\d+)' }
    assert.deepEqual(await key(tail), { id: 1, shard: 'n7' })
    const other = { ...shard, 'key.field.regex': '(\\d+)' }
    assert.deepEqual(await key(other), { id: 1, shard: 'eu.orders_7' })
  })

  it('is that of tombstones and of records that are no events, too', async () => {
    const sent = await route(tombstone({ topic: 'eu.orders_7' }))
    assert.deepEqual([sent?.topic, sent?.value, sent?.valueSchema], ['eu.orders', null, null])
    assert.deepEqual(shown(sent?.key), { id: 1, [ADDED]: 'eu.orders_7' })
  })

  it('stays null for tables without one', async () => {
    const given = changeEvent(null, [1, 'a', null], {
      topic: 'eu.orders_7',
      keySchema: null,
      key: null
    })
    const sent = await route(given)
    assert.deepEqual([sent?.topic, sent?.keySchema, sent?.key], ['eu.orders', null, null])
  })

  it('has to be a struct, without a field of the added name', async () => {
    const plain = sinkRecord({ topic: 'eu.orders_7' })
    await assert.rejects(route(plain), { code: 'NOT_A_STRUCT' })
    await assert.rejects(key({ 'key.field.name': 'id' }), { code: 'DUPLICATE_FIELD' })
  })
})

describe('a config', () => {
  it('needs a replacement for key.field.regex, of groups that there are', async () => {
    await assert.rejects(chainOf(TYPE, { ...SHARDS, 'key.field.regex': '(.*)' }), {
      code: 'INVALID_CONFIG'
    })
    await assert.rejects(chainOf(TYPE, { ...SHARDS, 'topic.replacement': '$2' }), {
      code: 'INVALID_CONFIG',
      message: /'\$2' in the replacement '\$2' is no group/
    })
  })
})

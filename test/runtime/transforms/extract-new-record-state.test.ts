import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawConfig } from '../../../runtime/api/config.ts'
import type { SinkRecord } from '../../../runtime/api/record.ts'
import { array, int32, Struct, string, struct } from '../../../runtime/api/schema.ts'
import {
  chainOf,
  changeEvent,
  eventSchema,
  ROW,
  shown,
  sinkRecord,
  tombstone
} from '../../support/transform.ts'

const TYPE = 'io.debezium.transforms.ExtractNewRecordState'
const INSERT = () => changeEvent(null, [1, 'one', null])
const UPDATE = () => changeEvent([1, 'one', null], [1, 'two', 'south'])
const DELETE = () => changeEvent([1, 'one', null], null)

async function unwrap(given: SinkRecord, keys: RawConfig = {}): Promise<SinkRecord | null> {
  return (await chainOf(TYPE, keys)).apply(given)
}

const row = async (given: SinkRecord, keys: RawConfig) => shown((await unwrap(given, keys))?.value)
const headers = (record: SinkRecord | null) => record?.headers.map(({ key, value }) => [key, value])

describe('ExtractNewRecordState', () => {
  it('makes the row of an event, of a schema that is made once', async () => {
    const chain = await chainOf(TYPE)
    const first = chain.apply(INSERT())
    const second = chain.apply(UPDATE())
    assert.deepEqual(shown(first?.value), { id: 1, name: 'one', site: null })
    assert.deepEqual(shown(second?.value), { id: 1, name: 'two', site: 'south' })
    assert.equal(first?.valueSchema, second?.valueSchema)
    assert.equal(first?.valueSchema?.name, 'shop.public.orders.Value')
    assert.equal(first?.valueSchema?.optional, false)
  })

  it('lets pass what is no change event, and drops truncations', async () => {
    const schema = struct({ ts_ms: int32() }, { name: 'io.debezium.connector.common.Heartbeat' })
    const heartbeat = sinkRecord({ valueSchema: schema, value: new Struct(schema, [1]) })
    const plain = sinkRecord({ value: { before: null, after: { id: 1 }, op: 'c' } })
    for (const given of [heartbeat, plain]) {
      assert.equal(await unwrap(given, { 'add.headers': 'op' }), given)
    }
    assert.equal(await unwrap(changeEvent(null, null)), null)
  })

  it('refuses events whose rows are no structs', async () => {
    const schema = eventSchema(string({ optional: true }))
    const value = new Struct(schema, [null, '{"_id":1}', null, null, 'c', 1])
    await assert.rejects(unwrap(sinkRecord({ valueSchema: schema, value })), {
      code: 'NOT_A_STRUCT'
    })
  })
})

describe('delete.tombstone.handling.mode', () => {
  const both = async (mode: string) => {
    const chain = await chainOf(TYPE, { 'delete.tombstone.handling.mode': mode })
    return [DELETE(), tombstone()].map((given) => {
      const sent = chain.apply(given)
      return sent && [sent.valueSchema?.name ?? null, shown(sent.value)]
    })
  }
  const name = 'shop.public.orders.Value'
  const gone = { id: 1, name: 'one', site: 'north', __deleted: 'true' }

  it('says what becomes of a delete and its tombstone', async () => {
    assert.deepEqual(await both('drop'), [null, null])
    assert.deepEqual(await both('tombstone'), [[name, null], null])
    assert.deepEqual(await both('delete-to-tombstone'), [[null, null], null])
    assert.deepEqual(await both('rewrite'), [[name, gone], null])
    assert.deepEqual(await both('Rewrite-With-Tombstone'), [
      [name, gone],
      [null, null]
    ])
  })

  it('reads null as the default where rows are rewritten, or as null', async () => {
    const rewrite = { 'delete.tombstone.handling.mode': 'rewrite' }
    const left = { id: 1, name: 'one', __deleted: 'false' }
    assert.deepEqual(await row(INSERT(), rewrite), { ...left, site: 'north' })
    const kept = { ...rewrite, 'replace.null.with.default': 'false' }
    assert.deepEqual(await row(INSERT(), kept), { ...left, site: null })
  })
})

describe('add.fields', () => {
  it('shows fields of the event and of its parts, null where there is no such part', async () => {
    const keys = {
      'add.fields': 'op,table,source.table:of,id,transaction.total_order,before.name:was'
    }
    const updated = {
      id: 1,
      name: 'two',
      site: 'south',
      __op: 'u',
      __table: 'orders',
      __of: 'orders'
    }
    const transaction = { __id: '7:70', __transaction_total_order: 2 }
    assert.deepEqual(await row(UPDATE(), keys), { ...updated, ...transaction, __was: 'one' })
    const inserted = shown((await unwrap(INSERT(), keys))?.value) as Record<string, unknown>
    assert.deepEqual([inserted['__id'], inserted['__was']], [null, null])
  })

  it('makes them optional, without a default', async () => {
    const sent = await unwrap(INSERT(), { 'add.fields': 'snapshot', 'add.fields.prefix': 'x_' })
    const schema = sent?.valueSchema?.field('x_snapshot')?.schema
    assert.deepEqual([schema?.optional, schema?.default], [true, undefined])
    assert.equal(sent?.value instanceof Struct && sent.value.get('x_snapshot'), null)
  })

  it('takes whole parts, and fields that another transform added to the event', async () => {
    const keys = { 'add.fields': 'source:from', 'add.fields.prefix': '' }
    const changed = (await row(UPDATE(), keys)) as Record<string, unknown>
    assert.deepEqual(changed['from'], { table: 'orders', snapshot: null })
  })

  it('leaves out what events do not have, and refuses parts that they do not have', async () => {
    const left = { id: 1, name: 'one', site: null }
    assert.deepEqual(await row(INSERT(), { 'add.fields': 'gtid,before.nope,' }), left)
    await assert.rejects(unwrap(INSERT(), { 'add.fields': 'sauce.table' }), {
      code: 'UNKNOWN_FIELD',
      hint: 'the fields are before, after, source, transaction, op, ts_ms'
    })
  })

  it('refuses two fields of one name, and what is no name', async () => {
    const same = { 'add.fields': 'table:id', 'add.fields.prefix': '' }
    await assert.rejects(unwrap(INSERT(), same), { code: 'DUPLICATE_FIELD' })
    for (const wrong of ['a.b.c', 'op:x:y', 'op:']) {
      await assert.rejects(unwrap(INSERT(), { 'add.fields': wrong }), {
        code: 'INVALID_CONFIG',
        message: new RegExp(`'${wrong}' is none`)
      })
    }
  })
})

describe('add.headers', () => {
  const keys = { 'add.headers': 'op,source.snapshot', 'add.headers.prefix': 'h_' }

  it('adds headers after those that there are', async () => {
    const given = { ...UPDATE(), headers: [{ key: 'a', schema: null, value: 1 }] }
    const sent = await unwrap(given, keys)
    assert.deepEqual(headers(sent), [
      ['a', 1],
      ['h_op', 'u'],
      ['h_source_snapshot', null]
    ])
    assert.equal(given.headers.length, 1)
  })

  it('calls a tombstone a delete', async () => {
    const mode = { 'delete.tombstone.handling.mode': 'rewrite-with-tombstone' }
    assert.deepEqual(headers(await unwrap(tombstone(), { ...keys, ...mode })), [['h_op', 'd']])
  })
})

describe('route.by.field', () => {
  const topic = async (given: SinkRecord, field: string) =>
    (await unwrap(given, { 'route.by.field': field }))?.topic

  it('takes the topic from the row, of a delete from the row as it was', async () => {
    assert.equal(await topic(UPDATE(), 'name'), 'two')
    assert.equal(await topic(DELETE(), 'name'), 'one')
  })

  it('leaves the topic where the field says nothing', async () => {
    assert.equal(await topic(changeEvent(null, [1, null, null]), 'name'), 'shop.public.orders')
    assert.equal(await topic(changeEvent(null, [1, ' ', null]), 'name'), 'shop.public.orders')
    assert.equal(await topic(INSERT(), ''), 'shop.public.orders')
  })

  it('refuses fields that are not there or are no text', async () => {
    await assert.rejects(topic(INSERT(), 'nope'), { code: 'UNKNOWN_FIELD' })
    await assert.rejects(topic(INSERT(), 'id'), { code: 'INVALID_VALUE' })
  })
})

describe('drop.fields.header.name', () => {
  const NAMES = array(string())
  const dropping = (given: SinkRecord, names: unknown) => ({
    ...given,
    headers: [{ key: 'unchanged', schema: NAMES, value: names }]
  })
  const keys = { 'drop.fields.header.name': 'unchanged' }

  it('leaves out the optional fields that a header lists', async () => {
    assert.deepEqual(await row(dropping(UPDATE(), ['id', 'name']), keys), { id: 1, site: 'south' })
    const all = { ...keys, 'drop.fields.keep.schema.compatible': 'false' }
    assert.deepEqual(await row(dropping(UPDATE(), ['id', 'name']), all), { site: 'south' })
    assert.deepEqual(await row(dropping(UPDATE(), []), keys), { id: 1, name: 'two', site: 'south' })
  })

  it('leaves them out of the key, too, when asked', async () => {
    const more = { 'drop.fields.from.key': 'true', 'drop.fields.keep.schema.compatible': 'false' }
    const given = dropping(UPDATE(), ['id'])
    assert.deepEqual(shown((await unwrap(given, { ...keys, ...more }))?.key), {})
    assert.deepEqual(shown((await unwrap(given, keys))?.key), { id: 1 })
  })

  it('works on rewritten deletes before fields of the event are added', async () => {
    const more = { 'delete.tombstone.handling.mode': 'rewrite', 'add.fields': 'table:name' }
    const given = dropping(DELETE(), ['name', 'x_name'])
    const prefixed = { ...keys, ...more, 'add.fields.prefix': 'x_' }
    const left = { id: 1, site: 'north', __deleted: 'true', x_name: 'orders' }
    assert.deepEqual(await row(given, prefixed), left)
    assert.deepEqual(await row(dropping(UPDATE(), ['name', 'x_name']), prefixed), {
      id: 1,
      site: 'south',
      __deleted: 'false'
    })
  })

  it('leaves tombstones that it makes of deletes as they are', async () => {
    for (const mode of ['tombstone', 'delete-to-tombstone']) {
      const sent = await unwrap(dropping(DELETE(), ['name']), {
        ...keys,
        'delete.tombstone.handling.mode': mode
      })
      assert.equal(sent?.value, null)
      assert.equal(sent?.valueSchema, mode === 'tombstone' ? ROW : null)
    }
  })

  it('makes a schema once per list, and refuses headers that are no lists', async () => {
    const chain = await chainOf(TYPE, keys)
    const [first, second] = [1, 2].map(() => chain.apply(dropping(UPDATE(), ['name'])))
    assert.equal(first?.valueSchema, second?.valueSchema)
    await assert.rejects(unwrap(dropping(UPDATE(), 'name'), keys), { code: 'INVALID_VALUE' })
  })
})

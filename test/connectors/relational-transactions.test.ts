import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChangeRecords, type RecordTable } from '../../connectors/relational/change-records.ts'
import { envelopeSchema } from '../../connectors/relational/envelope.ts'
import { hashOrder } from '../../connectors/relational/hash-order.ts'
import { TransactionMetadata } from '../../connectors/relational/transaction-metadata.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { int32, Struct, struct } from '../../runtime/api/schema.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'

const row = struct({ id: int32() }, { optional: true })

function tableOf(id: string): RecordTable {
  const codec = {
    keySchema: null,
    envelopeSchema: envelopeSchema('e', row, row),
    key: () => null
  }
  return { topic: id, id, codec }
}

function structOf(record: SourceRecord | undefined): Struct {
  assert.ok(record?.value instanceof Struct)
  return record.value
}

/** What a row event of the golden scenario says about its transaction. */
interface Event {
  readonly table: string
  readonly id: string
  readonly order: number
  readonly block: string
}

interface Told {
  readonly status: string
  readonly id: string
  readonly ms: number
  readonly key: string | null
  readonly value: string
}

function payloadOf(text: string | null): Record<string, unknown> {
  const parsed = JSON.parse(text ?? '{}') as Record<string, unknown>
  return (parsed['payload'] ?? parsed) as Record<string, unknown>
}

/** Row events by transaction, and the records of the transaction topic. */
function read(scenario: string, topic: string) {
  const records = loadEvents(scenario)
  const told: Told[] = records
    .filter((record) => record.topic === topic)
    .map(({ key, value }) => {
      const { status, id, ts_ms } = payloadOf(value)
      return { status: String(status), id: String(id), ms: Number(ts_ms), key, value: value ?? '' }
    })
  const events: Event[] = records.flatMap(({ value }) => {
    const { transaction, source } = payloadOf(value)
    if (!transaction || !source) return []
    const { id, total_order } = transaction as Record<string, unknown>
    const { schema, db, table } = source as Record<string, unknown>
    return {
      table: `${schema ?? db}.${table}`,
      id: String(id),
      order: Number(total_order),
      block: /"transaction":(\{[^}]*\})/.exec(value ?? '')?.[1] ?? ''
    }
  })
  return { told, events: events.sort((left, right) => left.order - right.order) }
}

/** PostgreSQL's ids are those of one transaction up to the colon. */
const transactionOf = (id: string) => id.split(':')[0]

const golden = [
  ['mariadb-transactions', 'transaction'],
  ['relational/postgres-transactions', 'transaction'],
  ['relational/postgres-transactions-publication-all', 'tx']
] as const

describe('transaction metadata', () => {
  for (const [name, suffix] of golden) {
    test(`${name}: its records and blocks, byte for byte`, () => replay(name, suffix))
  }

  test('a task that is cut inside a transaction goes on counting, and writes no second BEGIN', () => {
    const out: SourceRecord[] = []
    const before = new TransactionMetadata('t')
    before.begin(out, { id: '0-1-9', ms: 1 })
    before.next(tableOf('d.a'))
    before.next(tableOf('d.b'))
    before.next(tableOf('d.a'))
    assert.deepEqual(before.offsetFields(), {
      transaction_id: '0-1-9',
      'transaction_data_collection_order_d.a': 2,
      'transaction_data_collection_order_d.b': 1
    })

    const after = new TransactionMetadata('t')
    after.resume({ file: 'binlog.000001', pos: 4, ...before.offsetFields() })
    after.begin(out, { id: '0-1-9', ms: 1 })
    assert.deepEqual(after.next(tableOf('d.b'))?.values, ['0-1-9', 4, 2])
    after.end(out, 2)
    assert.deepEqual(
      out.map((record) => structOf(record).values.slice(0, 3)),
      [
        ['BEGIN', '0-1-9', null],
        ['END', '0-1-9', 4]
      ]
    )
    assert.deepEqual(after.offsetFields(), {})
  })

  test('a stored transaction that does not come again is forgotten', () => {
    const out: SourceRecord[] = []
    const transactions = new TransactionMetadata('t')
    transactions.resume({ transaction_id: '735', 'transaction_data_collection_order_d.a': 7 })
    transactions.begin(out, { id: '736:99', storedId: '736', ms: 1 })
    assert.equal(out.length, 1)
    assert.deepEqual(transactions.next(tableOf('d.a'))?.values, ['736:99', 1, 1])
    assert.deepEqual(transactions.offsetFields(), {
      transaction_id: '736',
      'transaction_data_collection_order_d.a': 1
    })
  })

  test('rows of a snapshot, and changes outside a transaction, have no block', () => {
    const transactions = new TransactionMetadata('t')
    const records = new ChangeRecords(
      { headers: [], tombstones: true, skipped: new Set() },
      transactions
    )
    const out: SourceRecord[] = []
    const values = new Struct(row, [1])
    transactions.begin(out, { id: '1', ms: 1 })
    out.push(records.read(tableOf('d.a'), values, values))
    transactions.end(out, 1)
    records.insert(out, tableOf('d.a'), values, values)
    const blocks = out.map((record) => structOf(record).get('transaction'))
    assert.deepEqual(blocks, [undefined, null, undefined, null])
    assert.equal(structOf(out[2]).get('event_count'), 0)
    transactions.end(out, 1)
    assert.equal(out.length, 4)
  })
})

describe('updates without a change', () => {
  test('are left out when asked for, and do not count', () => {
    const transactions = new TransactionMetadata('t')
    const settings = { headers: [], tombstones: true, skipped: new Set<string>() }
    const out: SourceRecord[] = []
    const one = new Struct(row, [1])
    const two = new Struct(row, [2])
    const same = { before: one, after: new Struct(row, [1]), keyChanged: false }
    transactions.begin(out, { id: '1', ms: 1 })
    const strict = new ChangeRecords({ ...settings, skipUnchanged: true }, transactions)
    strict.update(out, tableOf('d.a'), same, one)
    const hidden = { before: new Struct(row, [1, 'x']), after: new Struct(row, [1, 'y']) }
    strict.update(out, tableOf('d.a'), { ...hidden, keyChanged: false }, one)
    strict.update(out, tableOf('d.a'), { ...same, before: null }, one)
    strict.update(out, tableOf('d.a'), { ...same, after: two }, one)
    new ChangeRecords(settings, transactions).update(out, tableOf('d.a'), same, one)
    transactions.end(out, 1)
    assert.equal(structOf(out.at(-1)).get('event_count'), 3)
    assert.equal(out.length, 5)
  })
})

describe('a watcher of rows', () => {
  test('is told of every change behind its records, even when those are left out', () => {
    const out: SourceRecord[] = []
    const told: unknown[] = []
    const one = new Struct(row, [1])
    const two = new Struct(row, [2])
    const all = new Set(['c', 'u', 'd', 't'])
    for (const skipped of [all, new Set<string>()]) {
      const records = new ChangeRecords({ headers: [], tombstones: true, skipped })
      records.watcher = {
        rowChanged: (table, before, after) =>
          void told.push([table, before?.values[0], after?.values[0], out.length]),
        tableAltered: (table) => void told.push(table)
      }
      records.insert(out, tableOf('d.a'), one, one)
      records.update(out, tableOf('d.a'), { before: one, after: two, keyChanged: true }, one)
      records.delete(out, tableOf('d.a'), two, one)
      records.truncate(out, tableOf('d.a'), one)
    }
    const nothing = undefined
    assert.deepEqual(told, [
      ['d.a', nothing, 1, 0],
      ['d.a', 1, 2, 0],
      ['d.a', 2, nothing, 0],
      'd.a',
      ['d.a', nothing, 1, 1],
      ['d.a', 1, 2, 2],
      ['d.a', 2, nothing, 4],
      'd.a'
    ])
    assert.equal(out.length, 5)
  })
})

/** Feeds the class what the golden events say happened, and compares all that it makes of it. */
function replay(scenario: string, suffix: string): void {
  const { told, events } = read(
    scenario,
    `${loadScenario(scenario).config['topic.prefix']}.${suffix}`
  )
  const withSchemas = told[0]?.value.startsWith('{"schema"') ?? false
  const json = createJsonConverter({
    schemasEnable: withSchemas,
    replaceNullWithDefault: true,
    decimalFormat: 'BASE64'
  })
  const plain = createJsonConverter({
    schemasEnable: false,
    replaceNullWithDefault: true,
    decimalFormat: 'BASE64'
  })
  const text = ({ topic, keySchema, key, valueSchema, value }: SourceRecord) => [
    json.fromConnect(topic, keySchema, key),
    json.fromConnect(topic, valueSchema, value)
  ]
  const out: SourceRecord[] = []
  const transactions = new TransactionMetadata('t')
  let seen = 0
  for (const { status, id, ms, key, value } of told) {
    if (status === 'BEGIN') {
      transactions.begin(out, { id, ms })
      for (const event of events.filter((one) => transactionOf(one.id) === transactionOf(id))) {
        const block = transactions.next(tableOf(event.table))
        // Debezium gives every event of PostgreSQL an id of its own, by which nothing can be joined.
        block?.set('id', event.id)
        assert.equal(plain.fromConnect('t', block?.schema ?? null, block), event.block)
        seen++
      }
    } else {
      transactions.end(out, ms)
    }
    const made = out.at(-1)
    assert.ok(made)
    const keyStruct = made.key as Struct
    keyStruct.set('id', id)
    structOf(made).set('id', id)
    assert.deepEqual(text(made), [key, value])
  }
  assert.equal(seen, events.length)
  assert.ok(seen > 20)
}

describe("the order of Java's HashMap", () => {
  test('is that in which Debezium names tables', () => {
    assert.deepEqual(hashOrder(['public.books', 'public.keyless', 'public.pens']), [
      'public.keyless',
      'public.books',
      'public.pens'
    ])
  })

  test('changes when the table of the map grows', () => {
    const names = ['public.keyless', 'public.signals']
    assert.deepEqual(hashOrder(names), ['public.keyless', 'public.signals'])
    const many = hashOrder([...names, ...Array.from({ length: 11 }, (_, i) => `n${i}`)])
    assert.deepEqual(
      many.filter((name) => names.includes(name)),
      ['public.signals', 'public.keyless']
    )
  })
})

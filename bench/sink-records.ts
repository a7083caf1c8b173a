import type { TextRecord } from './system.ts'

const field = (name: string, type: string, extra: object = {}) => ({
  field: name,
  type,
  optional: false,
  ...extra
})

const KEY_SCHEMA = JSON.stringify({
  type: 'struct',
  name: 'orders.Key',
  optional: false,
  fields: [field('id', 'int64')]
})

const VALUE_SCHEMA = JSON.stringify({
  type: 'struct',
  name: 'orders.Value',
  optional: false,
  fields: [
    field('id', 'int64'),
    field('customer_id', 'int32'),
    field('status', 'string'),
    field('amount', 'bytes', {
      name: 'org.apache.kafka.connect.data.Decimal',
      version: 1,
      parameters: { scale: '2', 'connect.decimal.precision': '12' }
    }),
    field('note', 'string', { optional: true }),
    field('created_at', 'int64', { name: 'io.debezium.time.MicroTimestamp', version: 1 }),
    field('paid', 'boolean')
  ]
})

const amount = Buffer.alloc(4)

/** A flat row with its schema, as JsonConverter writes it. */
export function sinkRecord(id: number): TextRecord {
  amount.writeInt32BE((id * 7919) % 100_000_000)
  const payload = {
    id,
    customer_id: id % 50_000,
    status: 'new',
    amount: amount.toString('base64'),
    note: `order number ${id} with a note of usual length`,
    created_at: 1_750_000_000_000_000 + id,
    paid: id % 3 === 0
  }
  return {
    key: `{"schema":${KEY_SCHEMA},"payload":{"id":${id}}}`,
    value: `{"schema":${VALUE_SCHEMA},"payload":${JSON.stringify(payload)}}`
  }
}

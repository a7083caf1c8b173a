import { registry } from '../../connectors/registry.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import { int32, int64, type Schema, Struct, string, struct } from '../../runtime/api/schema.ts'
import { Plugins } from '../../runtime/config/plugins.ts'
import type { TransformChain } from '../../runtime/transforms/chain.ts'
import { createChain } from '../../runtime/worker/plugin-parts.ts'

export const plugins = new Plugins({ registry, pluginPath: [], cwd: '/' })

/** A chain of one transform. */
export function chainOf(type: string, keys: RawConfig = {}): Promise<TransformChain> {
  const own = Object.entries(keys).map(([key, value]) => [`transforms.t.${key}`, value])
  return createChain(plugins, {
    transforms: 't',
    'transforms.t.type': type,
    ...Object.fromEntries(own)
  })
}

export function sinkRecord(more: Partial<SinkRecord> = {}): SinkRecord {
  return {
    topic: 'shop.public.orders',
    partition: 3,
    offset: 7,
    keySchema: null,
    key: { id: 1 },
    valueSchema: null,
    value: { id: 1, name: 'one' },
    headers: [],
    timestamp: 1_700_000_000_000,
    timestampType: 'CreateTime',
    original: { topic: 'shop.public.orders', partition: 3, offset: 7 },
    ...more
  }
}

export const ROW = struct(
  {
    id: int32(),
    name: string({ optional: true }),
    site: string({ optional: true, default: 'north' })
  },
  { optional: true, name: 'shop.public.orders.Value' }
)
const KEY = struct({ id: int32() }, { name: 'shop.public.orders.Key' })
const SOURCE = struct({ table: string(), snapshot: string({ optional: true, default: 'false' }) })
const TRANSACTION = struct({ id: string(), total_order: int64() }, { optional: true })

/** The schema of change events as Debezium makes it, in short. */
export function eventSchema(row: Schema = ROW): Schema {
  return struct(
    {
      before: row,
      after: row,
      source: SOURCE,
      transaction: TRANSACTION,
      op: string(),
      ts_ms: int64({ optional: true })
    },
    { name: 'shop.public.orders.Envelope', version: 2 }
  )
}

const EVENT = eventSchema()

export type RowValues = readonly [id: number, name: string | null, site: string | null]

/** A change event: an insert, an update or a delete by the rows that are given. */
export function changeEvent(
  before: RowValues | null,
  after: RowValues | null,
  more: Partial<SinkRecord> = {}
): SinkRecord {
  const row = (values: RowValues | null) => (values === null ? null : new Struct(ROW, [...values]))
  const op = before === null ? 'c' : after === null ? 'd' : 'u'
  const id = (after ?? before)?.[0] ?? 0
  return sinkRecord({
    keySchema: KEY,
    key: new Struct(KEY, [id]),
    valueSchema: EVENT,
    value: new Struct(EVENT, [
      row(before),
      row(after),
      new Struct(SOURCE, ['orders', null]),
      op === 'c' ? null : new Struct(TRANSACTION, ['7:70', 2]),
      op,
      1000
    ]),
    ...more
  })
}

export function tombstone(more: Partial<SinkRecord> = {}): SinkRecord {
  return changeEvent(null, [1, null, null], { valueSchema: null, value: null, ...more })
}

/** A struct as pairs of names and values, structs within too; what is no struct as it is. */
export function shown(value: unknown): unknown {
  if (!(value instanceof Struct)) return value
  return Object.fromEntries(
    value.schema.fields.map(({ name, index }) => [name, shown(value.values[index])])
  )
}

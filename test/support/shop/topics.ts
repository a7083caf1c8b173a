import type { Broker } from '../../../runtime/broker/broker.ts'
import { recordsOf } from '../read-topic.ts'
import { TABLES } from './shop.ts'
import type { ShopEnd } from './shop-end.ts'
import type { Changes } from './workload.ts'

export interface TopicFindings {
  records: number
  /** Snapshot reads of one key, or changes with one position, that stand in a topic twice. */
  duplicates: number
  /** Changes that the workload made and no topic has, or the other way round. */
  unaccounted: number
  /** Changes of one key that stand before an earlier one. */
  outOfOrder: number
}

interface ChangeEvent {
  readonly op: string
  readonly source: Readonly<Record<string, unknown>>
}

/** The fields that the check needs; the payload of an event with schemas, or the event itself. */
function parse(value: Buffer): ChangeEvent {
  const event = JSON.parse(value.toString('utf8')) as ChangeEvent & { payload?: ChangeEvent }
  return event.payload ?? event
}

/**
 * Reads every record of the shop's topics and looks for what must not be there.
 *
 * @param from the server that they come from
 */
export async function checkTopics(
  broker: Broker,
  from: Pick<ShopEnd, 'topic' | 'position'>,
  database: string,
  changes: Changes
): Promise<TopicFindings> {
  const found: TopicFindings = { records: 0, duplicates: 0, unaccounted: 0, outOfOrder: 0 }
  for (const table of TABLES) {
    const counts: Record<string, number> = { c: 0, u: 0, d: 0, r: 0 }
    const seen = new Set<string>()
    const last = new Map<string, bigint>()
    for await (const record of recordsOf(broker, from.topic(database, table), 0)) {
      const { value } = record
      const key = record.key?.toString('utf8') ?? ''
      found.records++
      if (value === null) continue
      const { op, source } = parse(value)
      counts[op] = (counts[op] ?? 0) + 1
      const position = from.position(source)
      const identity = op === 'r' ? `r ${key}` : `${op} ${position} ${key}`
      if (seen.has(identity)) found.duplicates++
      seen.add(identity)
      if (op === 'r') continue
      if (position < (last.get(key) ?? 0n)) found.outOfOrder++
      last.set(key, position)
    }
    for (const op of ['c', 'u', 'd'] as const) {
      found.unaccounted += Math.abs((counts[op] ?? 0) - changes[table][op])
    }
  }
  return found
}

import type { Broker } from '../../../runtime/broker/broker.ts'
import { recordsOf } from '../read-topic.ts'
import { TABLES } from './shop.ts'
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
  readonly source: { readonly lsn: number }
}

/** The fields that the check needs; the payload of an event with schemas, or the event itself. */
function parse(value: Buffer): ChangeEvent {
  const event = JSON.parse(value.toString('utf8')) as ChangeEvent & { payload?: ChangeEvent }
  return event.payload ?? event
}

/** Reads every record of the shop's topics and looks for what must not be there. */
export async function checkTopics(
  broker: Broker,
  prefix: string,
  changes: Changes
): Promise<TopicFindings> {
  const found: TopicFindings = { records: 0, duplicates: 0, unaccounted: 0, outOfOrder: 0 }
  for (const table of TABLES) {
    const topic = `${prefix}.public.${table}`
    const counts: Record<string, number> = { c: 0, u: 0, d: 0, r: 0 }
    const seen = new Set<string>()
    const lastLsn = new Map<string, number>()
    for await (const record of recordsOf(broker, topic, 0)) {
      const { value } = record
      const key = record.key?.toString('utf8') ?? ''
      found.records++
      if (value === null) continue
      const { op, source } = parse(value)
      counts[op] = (counts[op] ?? 0) + 1
      const identity = op === 'r' ? `r ${key}` : `${op} ${source.lsn} ${key}`
      if (seen.has(identity)) found.duplicates++
      seen.add(identity)
      if (op !== 'r' && source.lsn < (lastLsn.get(key) ?? 0)) found.outOfOrder++
      if (op !== 'r') lastLsn.set(key, source.lsn)
    }
    for (const op of ['c', 'u', 'd'] as const) {
      found.unaccounted += Math.abs((counts[op] ?? 0) - changes[table][op])
    }
  }
  return found
}

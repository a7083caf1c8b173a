import { systemClock } from '../api/clock.ts'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Broker } from '../broker/broker.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { type OffsetEntry, OffsetStore } from '../stores/offset-store.ts'
import { StatusStore } from '../stores/status-store.ts'
import { warningsOnly } from './open-broker.ts'

/** Where a connector stands, as far as the topics know. */
export interface ConnectorOffsets {
  /** Of a source; empty for a sink. */
  readonly source: readonly OffsetEntry[]
  /** Of a sink: the offsets that its group has committed. */
  readonly sink: readonly TopicPartitionOffset[]
  readonly group: string
}

/** Reads the offsets of a connector without creating any topic. */
export async function readOffsets(
  broker: Broker,
  config: WorkerConfig,
  connector: { readonly name: string; readonly group: string | undefined }
): Promise<ConnectorOffsets> {
  const group = connector.group ?? `connect-${connector.name}`
  const store = await openOffsets(broker, config)
  try {
    const source = store?.list(connector.name) ?? []
    const sink = await broker.groupOffsets(group)
    const byPlace = (a: TopicPartitionOffset, b: TopicPartitionOffset) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition
    return { source, sink: sink.toSorted(byPlace), group }
  } finally {
    await store?.close()
  }
}

/** @returns null when there is no offsets topic yet */
export async function openOffsets(
  broker: Broker,
  config: WorkerConfig
): Promise<OffsetStore | null> {
  const spec = await existing(broker, config['offset.storage.topic'])
  const shared = { clock: systemClock, clientId: 'millrace-cli', logger: warningsOnly }
  return spec && OffsetStore.open({ broker, spec, ...shared })
}

/** The states in which a task may still write offsets. */
const ACTIVE: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED', 'RESTARTING'])

/** @returns how many tasks the status topic knows, and those that may be active */
export async function readTasks(
  broker: Broker,
  config: WorkerConfig,
  connector: string
): Promise<{ count: number; active: readonly string[] }> {
  const spec = await existing(broker, config['status.storage.topic'])
  if (spec === null) return { count: 0, active: [] }
  const store = await StatusStore.open({
    broker,
    spec,
    clock: systemClock,
    clientId: 'millrace-cli',
    logger: warningsOnly
  })
  try {
    const active: string[] = []
    let count = 0
    for (let status = store.task(connector, count); status; status = store.task(connector, count)) {
      if (ACTIVE.has(status.state)) active.push(`task ${count} is ${status.state}`)
      count++
    }
    return { count, active }
  } finally {
    await store.close()
  }
}

async function existing(
  broker: Broker,
  name: string
): Promise<{ name: string; partitions: number } | null> {
  const [topic] = await broker.describeTopics([name])
  return topic ? { name, partitions: topic.partitions } : null
}

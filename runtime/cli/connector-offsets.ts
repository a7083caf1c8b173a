import { systemClock } from '../api/clock.ts'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Broker } from '../broker/broker.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { ConfigStore } from '../stores/config-store.ts'
import { type OffsetEntry, OffsetStore } from '../stores/offset-store.ts'
import { OwnOffsets, type SourceOffsets } from '../stores/own-offsets.ts'
import { StatusStore } from '../stores/status-store.ts'
import { ownOffsetsTopic } from '../worker/offsets-topic.ts'
import { warningsOnly } from './open-broker.ts'

const CLIENT = { clock: systemClock, clientId: 'millrace-cli', logger: warningsOnly }

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
  const opened = await openOffsets(broker, config, connector.name)
  try {
    const source = opened?.store.list(connector.name) ?? []
    const sink = await broker.groupOffsets(group)
    const byPlace = (a: TopicPartitionOffset, b: TopicPartitionOffset) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition
    return { source, sink: sink.toSorted(byPlace), group }
  } finally {
    await opened?.close()
  }
}

export interface OpenOffsets {
  readonly store: SourceOffsets
  close(): Promise<void>
}

/**
 * Opens the offsets of a source, in a topic of its own if its config names one.
 * @returns null when there is no offsets topic yet
 */
export async function openOffsets(
  broker: Broker,
  config: WorkerConfig,
  connector: string
): Promise<OpenOffsets | null> {
  const spec = await existing(broker, config['offset.storage.topic'])
  if (spec === null) return null
  const shared = await OffsetStore.open({ ...CLIENT, broker, spec })
  const ownSpec = await ownTopic(broker, config, connector)
  if (ownSpec === null) return { store: shared, close: () => shared.close() }
  const own = await OffsetStore.open({ ...CLIENT, broker, spec: ownSpec })
  const store = new OwnOffsets({ own, shared, logger: warningsOnly })
  const close = async () => {
    await store.close()
    await shared.close()
  }
  return { store, close }
}

async function ownTopic(broker: Broker, config: WorkerConfig, connector: string) {
  const spec = await existing(broker, config['config.storage.topic'])
  if (spec === null) return null
  const configs = await ConfigStore.open({ ...CLIENT, broker, spec })
  const known = configs.connector(connector)
  await configs.close()
  const name = known && ownOffsetsTopic(config, known.config)
  return name === null ? null : existing(broker, name)
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
  const store = await StatusStore.open({ ...CLIENT, broker, spec })
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

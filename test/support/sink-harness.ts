import type { ConfigSpec, RawConfig } from '../../runtime/api/config.ts'
import type { SinkConnector } from '../../runtime/api/connector.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { SinkTask, SinkTaskContext } from '../../runtime/api/task.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'

/** A record that a task set aside, and why. */
export interface Rejected {
  readonly record: SinkRecord
  readonly error: Error
}

export interface RunningSink {
  readonly task: SinkTask
  /** The positions that the target gave back. */
  readonly stored: readonly TopicPartitionOffset[]
  readonly rejected: Rejected[]
  /** Puts the records with the positions after them. */
  put(records: readonly SinkRecord[]): Promise<void>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Values and defaults of a configuration, as the runtime would parse it. @throws when a key is wrong */
export function parsed(plugin: { config: ConfigSpec }, raw: RawConfig): Record<string, unknown> {
  const { config, problems } = parseConfig(plugin.config, raw, { unknownKeys: 'ignore' })
  const errors = problems.filter((problem) => problem.severity === 'error')
  if (errors.length > 0)
    throw new Error(errors.map(({ key, message }) => `${key} ${message}`).join('; '))
  return config
}

/** Starts a task of a sink as the runtime does, without a worker around it. */
export async function startSink(
  plugin: SinkConnector,
  raw: RawConfig,
  options: {
    partitions?: readonly TopicPartition[]
    generation?: number
    connector?: string
    /** False: a rejected record fails the task. */
    tolerate?: boolean
  } = {}
): Promise<RunningSink> {
  const task = plugin.createTask(parsed(plugin, raw) as never, raw)
  const rejected: Rejected[] = []
  const context: SinkTaskContext = {
    connector: options.connector ?? 'sink',
    task: 0,
    generation: options.generation ?? 1,
    logger: quiet,
    signal: new AbortController().signal,
    progress() {},
    metric() {},
    async reject(record, error) {
      if (options.tolerate === false) throw error
      rejected.push({ record, error })
    }
  }
  await task.start(context)
  const stored = (await task.open?.(options.partitions ?? [{ topic: 't', partition: 0 }])) ?? []
  return { task, stored, rejected, put: (records) => task.put(records, positionsAfter(records)) }
}

/** The position after the last record of each partition. */
export function positionsAfter(records: readonly SinkRecord[]): TopicPartitionOffset[] {
  const next = new Map<string, TopicPartitionOffset>()
  for (const { original } of records) {
    const { topic, partition, offset } = original
    next.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1 })
  }
  return [...next.values()]
}

/** A sink record with everything but key and value filled in. */
export function sinkRecord(given: Partial<SinkRecord> & { offset: number }): SinkRecord {
  const topic = given.topic ?? 't'
  const partition = given.partition ?? 0
  return {
    topic,
    partition,
    keySchema: null,
    key: null,
    valueSchema: null,
    value: null,
    headers: [],
    timestamp: 0,
    timestampType: 'CreateTime',
    original: { topic, partition, offset: given.offset },
    ...given
  }
}

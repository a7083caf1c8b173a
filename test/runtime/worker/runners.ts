import { systemClock } from '../../../runtime/api/clock.ts'
import type { RawConfig } from '../../../runtime/api/config.ts'
import type { SinkRecord, SourceRecord, TopicPartitionOffset } from '../../../runtime/api/record.ts'
import type {
  Progress,
  SinkTask,
  SourceTask,
  SourceTaskContext
} from '../../../runtime/api/task.ts'
import type { Broker, LogRecord } from '../../../runtime/broker/broker.ts'
import header from '../../../runtime/converters/simple-header-converter.ts'
import { createStringConverter } from '../../../runtime/converters/string-converter.ts'
import { Meter } from '../../../runtime/metrics/meter.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { type ChainStep, TransformChain } from '../../../runtime/transforms/chain.ts'
import { type DeadLetterSettings, DeadLetters } from '../../../runtime/worker/dead-letters.ts'
import { ErrorPolicy, type ErrorSettings } from '../../../runtime/worker/error-policy.ts'
import { selectTopics } from '../../../runtime/worker/sink-assignment.ts'
import { SinkConverter } from '../../../runtime/worker/sink-converter.ts'
import { SinkRunner, type SinkSettings } from '../../../runtime/worker/sink-runner.ts'
import type { Converters } from '../../../runtime/worker/source-converter.ts'
import { SourceRunner } from '../../../runtime/worker/source-runner.ts'
import type { TaskReport, TaskReporter } from '../../../runtime/worker/task-reporter.ts'
import { TopicCreation, TopicTargets } from '../../../runtime/worker/topic-targets.ts'
import type { TransactionLimits } from '../../../runtime/worker/transaction-writer.ts'
import { MemoryLogger } from '../../support/embedded.ts'

const LIMITS: TransactionLimits = {
  closeBytes: 1 << 20,
  closeRecords: 10_000,
  closeAfterMs: 5,
  maxBytes: 4 << 20
}

/** What a task reported, and a way to wait for it. */
export class MemoryReporter implements TaskReporter {
  readonly logger = new MemoryLogger()
  readonly metrics = new Meter()
  readonly reports: TaskReport[] = []
  readonly topics: string[] = []
  /** Each list of task configs that a connector made. */
  readonly configs: (readonly RawConfig[])[] = []
  /** What is answered to a task that asks whether it is current. */
  current = true
  readonly #waiting: { state: string; resolve: (report: TaskReport) => void }[] = []

  report(report: TaskReport): void {
    this.reports.push(report)
    for (const { state, resolve } of this.#waiting) if (state === report.state) resolve(report)
  }

  built(): void {}

  progress(_progress: Progress): void {}

  loggerNames(): void {}

  topic(name: string): void {
    this.topics.push(name)
  }

  taskConfigs(configs: readonly RawConfig[]): void {
    this.configs.push(configs)
  }

  async isCurrent(): Promise<boolean> {
    return this.current
  }

  next(state: TaskReport['state']): Promise<TaskReport> {
    return new Promise((resolve) => this.#waiting.push({ state, resolve }))
  }
}

export const policyOf = (reporter: TaskReporter, settings: Partial<ErrorSettings> = {}) =>
  new ErrorPolicy(
    {
      tolerance: 'none',
      retryTimeoutMs: 0,
      retryDelayMaxMs: 20,
      logEnable: false,
      logIncludeMessages: false,
      ...settings
    },
    { name: 'c-0', logger: reporter.logger, metrics: reporter.metrics }
  )

export const textConverters = (): Converters => ({
  key: createStringConverter(),
  value: createStringConverter(),
  header: header.create({}, {}),
  names: { key: 'StringConverter', value: 'StringConverter', header: 'SimpleHeaderConverter' }
})

export interface RunnerOptions {
  readonly broker: Broker
  readonly reporter?: MemoryReporter
  readonly errors?: Partial<ErrorSettings>
  readonly steps?: readonly ChainStep[]
  readonly converters?: Converters
}

export async function openOffsets(broker: Broker): Promise<OffsetStore> {
  const spec = { name: 'connect-offsets', partitions: 25 }
  return OffsetStore.open({
    broker,
    spec,
    clock: systemClock,
    clientId: 'test',
    logger: new MemoryLogger()
  })
}

/** A source loop over real topics. */
export async function sourceRunner(
  task: SourceTask,
  options: RunnerOptions & {
    limits?: Partial<TransactionLimits>
    atLeastOnce?: boolean
    paused?: boolean
    creation?: Readonly<Record<string, string>> | null
  }
) {
  const { broker, reporter = new MemoryReporter() } = options
  const offsets = await openOffsets(broker)
  const creation = options.creation === null ? null : new TopicCreation(options.creation ?? {})
  const runner = new SourceRunner(
    {
      task,
      connector: 'c',
      taskNumber: 0,
      generation: 1,
      broker,
      transactionalId: options.atLeastOnce ? null : 'group-c-0',
      offsets,
      ownOffsets: null,
      targets: new TopicTargets(broker, creation),
      chain: new TransformChain(options.steps ?? []),
      converters: options.converters ?? textConverters(),
      policy: policyOf(reporter, options.errors),
      limits: { ...LIMITS, ...options.limits },
      reporter,
      now: () => performance.now()
    },
    options.paused ?? false
  )
  return { runner, reporter, offsets, run: runner.run().finally(() => offsets.close()) }
}

/** A sink loop over real topics. */
export function sinkRunner(
  task: SinkTask,
  options: RunnerOptions & {
    config: Readonly<Record<string, string>>
    settings?: Partial<SinkSettings>
    deadLetters?: DeadLetterSettings
    paused?: boolean
    task?: number
    tasks?: number
  }
) {
  const { broker, reporter = new MemoryReporter() } = options
  const chain = new TransformChain(options.steps ?? [])
  const deadLetters = new DeadLetters({
    broker,
    policy: policyOf(reporter, options.errors),
    connector: 'c',
    task: 0,
    settings: options.deadLetters ?? null
  })
  const converters = options.converters ?? textConverters()
  const runner = new SinkRunner(
    {
      task,
      className: 'TestSink',
      connector: 'c',
      taskNumber: options.task ?? 0,
      tasks: options.tasks ?? 1,
      generation: 1,
      broker,
      selection: selectTopics(options.config),
      converter: new SinkConverter({ chain, converters, deadLetters }),
      deadLetters,
      reporter,
      settings: {
        group: 'connect-c',
        reset: 'earliest',
        maxRecords: 500,
        maxBytes: 1 << 20,
        commitIntervalMs: 50,
        topicRefreshMs: 20,
        retryDelayMaxMs: 20,
        ...options.settings
      },
      now: () => performance.now(),
      random: () => 0.5
    },
    options.paused ?? false
  )
  return { runner, reporter, run: runner.run() }
}

export function textRecord(topic: string, value: string | null, key: string | null = null) {
  const record: SourceRecord = {
    topic,
    partition: null,
    keySchema: null,
    key,
    valueSchema: null,
    value,
    headers: [],
    timestamp: null
  }
  return record
}

/** A source of the numbers from 0 up, `perPoll` at a time, up to `end`; then it waits. */
export class Numbers implements SourceTask {
  readonly #end: number
  readonly #perPoll: number
  #next = 0
  #context: SourceTaskContext | undefined
  polls = 0
  stopped = 0
  readonly commits: unknown[] = []
  #waiters: { offset: number; resolve: () => void }[] = []

  constructor(end: number, perPoll = 10) {
    this.#end = end
    this.#perPoll = perPoll
  }

  async start(context: SourceTaskContext): Promise<void> {
    this.#context = context
    this.#next = Number((await context.committed({ of: 'numbers' }))?.['next'] ?? 0)
  }

  async poll() {
    this.polls++
    const signal = this.#context?.signal
    if (this.#next >= this.#end) {
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      return []
    }
    const count = Math.min(this.#perPoll, this.#end - this.#next)
    const records = Array.from({ length: count }, (_, at) =>
      textRecord('numbers', String(this.#next + at))
    )
    this.#next += count
    return [{ sourcePartition: { of: 'numbers' }, sourceOffset: { next: this.#next }, records }]
  }

  commit(_partition: unknown, offset: Readonly<Record<string, unknown>>): void {
    this.commits.push(offset['next'])
    for (const { offset: wanted, resolve } of this.#waiters) {
      if (Number(offset['next']) >= wanted) resolve()
    }
  }

  /** Resolves when the source is told that everything before `offset` is durable. */
  told(offset: number): Promise<void> {
    return new Promise((resolve) => this.#waiters.push({ offset, resolve }))
  }

  async stop(): Promise<void> {
    this.stopped++
  }
}

/** A sink that keeps what it gets. */
export class Kept implements SinkTask {
  readonly records: SinkRecord[] = []
  readonly puts: number[] = []
  next: readonly TopicPartitionOffset[] = []
  stopped = 0
  #waiters: { count: number; resolve: () => void }[] = []

  async start(): Promise<void> {}

  async put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void> {
    this.records.push(...records)
    this.puts.push(records.length)
    this.next = next
    for (const { count, resolve } of this.#waiters) if (this.records.length >= count) resolve()
  }

  get values(): unknown[] {
    return this.records.map(({ value }) => value)
  }

  has(count: number): Promise<void> {
    if (this.records.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ count, resolve }))
  }

  async stop(): Promise<void> {
    this.stopped++
  }
}

/** Fills a topic with texts. */
export async function fillTopic(
  broker: Broker,
  topic: string,
  values: readonly (string | null)[],
  partition = 0
): Promise<void> {
  const producer = await broker.producer({ clientId: 'fill' })
  const records: LogRecord[] = values.map((value) => ({
    key: null,
    value,
    headers: [],
    timestamp: 1_700_000_000_000
  }))
  await producer.append(topic, partition, records)
  await producer.close()
}

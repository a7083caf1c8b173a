import type { SourceConnector } from '../../runtime/api/connector.ts'
import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import type { Progress, SourceTask, SourceTaskContext } from '../../runtime/api/task.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'

/** Stands in for a worker: keeps the offset, and commits when the test says so. */
export class SourceHarness implements AsyncDisposable {
  readonly #connector: SourceConnector
  readonly config: Record<string, string>
  readonly #partition: Readonly<Record<string, string>>
  #task: SourceTask | undefined
  #stop = new AbortController()
  /** Polls that wait although nobody has asked for their records yet. */
  #polling: ReturnType<SourceTask['poll']> | undefined
  #waiting: SourceRecord[] = []
  /** After the last record that was polled. */
  offset: SourceOffset | null = null
  /** The durable offset: what a new task starts from. */
  committed: SourceOffset | null = null
  readonly log: string[] = []
  readonly progress: Progress[] = []

  constructor(connector: SourceConnector, config: Record<string, string>) {
    this.#connector = connector
    this.config = config
    this.#partition = { server: config['topic.prefix'] ?? '' }
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Starts a new task from the durable offset, as after a restart of the worker. */
  async start(overrides: Record<string, string> = {}): Promise<void> {
    const raw = { ...this.config, ...overrides }
    const { config, problems } = parseConfig(this.#connector.config, raw)
    const errors = problems.filter((problem) => problem.severity === 'error')
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('; '))
    this.#stop = new AbortController()
    this.offset = this.committed
    this.#waiting = []
    this.#task = this.#connector.createTask(config as never, raw)
    await this.#task.start(this.#context())
  }

  /** Polls until at least `count` records are there, and returns exactly as many. */
  async records(count: number): Promise<SourceRecord[]> {
    while (this.#waiting.length < count) await this.poll()
    return this.#waiting.splice(0, count)
  }

  /** Polls once, and keeps the records for {@link records}. @returns how many came */
  async poll(): Promise<number> {
    if (this.#task === undefined) throw new Error('Not started')
    this.#polling ??= this.#task.poll()
    const polling = this.#polling
    try {
      const batches = await polling
      let count = 0
      for (const batch of batches) {
        this.#waiting.push(...batch.records)
        count += batch.records.length
        if (batch.sourceOffset !== null) this.offset = batch.sourceOffset
      }
      return count
    } finally {
      this.#polling = undefined
    }
  }

  /** Polls until the snapshot is complete, and makes that durable. Its rows are kept. */
  async snapshot(): Promise<void> {
    while (this.offset?.['snapshot_completed'] !== true) await this.poll()
    await this.commit()
  }

  /** Makes the offset after the last poll durable, and tells the task. */
  async commit(): Promise<void> {
    this.committed = this.offset
    if (this.offset !== null) await this.#task?.commit?.(this.#partition, this.offset)
  }

  /** Ends the task. What was polled and not committed is forgotten, as by a crash. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#polling?.catch(() => undefined)
    this.#polling = undefined
    await this.#task?.stop()
    this.#task = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #context(): SourceTaskContext {
    const write = (message: string) => void this.log.push(message)
    return {
      connector: 'test',
      task: 0,
      generation: 1,
      logger: { debug: write, info: write, warn: write, error: write },
      signal: this.#stop.signal,
      progress: (progress) => void this.progress.push(progress),
      metric: () => undefined,
      committed: async () => this.committed
    }
  }
}

/** A change event in short, such as `c public.t {"id":1} {"id":1,"v":"x"}`; a tombstone is `- ...`. */
export function brief(record: SourceRecord): string {
  const table = record.topic.split('.').slice(1).join('.')
  const key = JSON.stringify(plain(record.key))
  if (!(record.value instanceof Struct)) return `- ${table} ${key}`
  const row = record.value.get('after') ?? record.value.get('before')
  return `${String(record.value.get('op'))} ${table} ${key} ${JSON.stringify(plain(row))}`
}

/** A field of the `source` block. */
export function sourceField(record: SourceRecord, name: string): unknown {
  const source = record.value instanceof Struct ? record.value.get('source') : undefined
  return source instanceof Struct ? source.get(name) : undefined
}

/** A struct as an object, to compare and to print. */
export function plain(value: unknown): unknown {
  if (!(value instanceof Struct)) return typeof value === 'bigint' ? Number(value) : value
  return Object.fromEntries(
    value.schema.fields.map((field) => [field.name, plain(value.values[field.index])])
  )
}

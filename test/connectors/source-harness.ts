import type { SourceConnector } from '../../runtime/api/connector.ts'
import type { SourceOffset, SourcePartition, SourceRecord } from '../../runtime/api/record.ts'
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
  /** After the last record that was polled, by partition. */
  #polled = new Map<string, SourceOffset>()
  /** What a new task starts from, by partition. */
  readonly #durable = new Map<string, SourceOffset>()
  readonly log: string[] = []
  readonly progress: Progress[] = []

  constructor(connector: SourceConnector, config: Record<string, string>) {
    this.#connector = connector
    this.config = config
    this.#partition = { server: config['topic.prefix'] ?? '' }
  }

  /** After the last record that was polled. */
  get offset(): SourceOffset | null {
    return this.#polled.get(keyOf(this.#partition)) ?? null
  }

  /** The durable offset: what a new task starts from. */
  get committed(): SourceOffset | null {
    return this.#durable.get(keyOf(this.#partition)) ?? null
  }

  set committed(offset: SourceOffset | null) {
    if (offset === null) this.#durable.delete(keyOf(this.#partition))
    else this.#durable.set(keyOf(this.#partition), offset)
  }

  /** What is durable of another partition. */
  committedOf(partition: SourcePartition): SourceOffset | null {
    return this.#durable.get(keyOf(partition)) ?? null
  }

  /** Forgets every durable offset but that of the connector's own partition. */
  forgetOthers(): void {
    for (const key of [...this.#durable.keys()]) {
      if (key !== keyOf(this.#partition)) this.#durable.delete(key)
    }
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
    this.#polled = new Map(this.#durable)
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
        for (const record of batch.records) this.#waiting.push(record)
        count += batch.records.length
        if (batch.sourceOffset === null) continue
        this.#polled.set(keyOf(batch.sourcePartition), batch.sourceOffset)
      }
      return count
    } finally {
      this.#polling = undefined
    }
  }

  /** Polls until the snapshot is complete, and makes that durable. Its rows are kept. */
  async snapshot(): Promise<void> {
    while (isInSnapshot(this.offset)) await this.poll()
    await this.commit()
  }

  /** Makes the offset after the last poll durable, and tells the task. */
  async commit(): Promise<void> {
    for (const [key, offset] of this.#polled) this.#durable.set(key, offset)
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
      committed: async (partition) => this.committedOf(partition)
    }
  }
}

function keyOf(partition: SourcePartition): string {
  return JSON.stringify(Object.entries(partition).toSorted())
}

/** That of MySQL says nothing about snapshots when there is none any more. */
function isInSnapshot(offset: SourceOffset | null): boolean {
  if (offset === null) return true
  return offset['snapshot'] !== undefined && offset['snapshot_completed'] !== true
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

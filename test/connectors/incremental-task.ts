import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { IncrementalSnapshot } from '../../connectors/relational/incremental-snapshot.ts'
import { Notifications } from '../../connectors/relational/notifications.ts'
import { readSignal } from '../../connectors/relational/signals.ts'
import {
  LogWatermarks,
  SignalTableWatermarks,
  type Watermarks
} from '../../connectors/relational/watermarks.ts'
import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import {
  type Entry,
  Replica,
  type SimulatedDatabase,
  structOfRow,
  TABLES,
  textOf
} from './incremental-simulation.ts'

export type Strategy = 'insert_insert' | 'insert_delete' | 'read_only'

/** A task that reads the simulated database: stream, snapshot, and what it has made durable. */
export class SimulatedTask {
  readonly database: SimulatedDatabase
  snapshot: IncrementalSnapshot
  /** Types and statuses of the notifications, with their signals. */
  readonly notices: string[] = []
  readonly warnings: string[] = []
  /** What a consumer of the durable records knows: the newest row of a key, and all rows ever seen. */
  readonly target = new Map<string, string>()
  readonly seen = new Set<string>()
  readonly #strategy: Strategy
  #replica = new Replica()
  #out: SourceRecord[] = []
  #durable: { at: number; offset: SourceOffset; replica: Replica }

  constructor(database: SimulatedDatabase, strategy: Strategy) {
    this.database = database
    this.#strategy = strategy
    this.#stream(database.log.length, () => {})
    this.#durable = { at: database.streamed, offset: {}, replica: this.#replica.copy() }
    this.snapshot = this.#start()
  }

  #start(): IncrementalSnapshot {
    const { database } = this
    const warn = (text: string) => void this.warnings.push(text)
    const logger = { debug() {}, info() {}, warn, error() {} }
    const watermarks: Watermarks =
      this.#strategy === 'read_only'
        ? new LogWatermarks(database)
        : new SignalTableWatermarks(database, this.#strategy)
    const notifications = new Notifications({
      config: {
        'notification.enabled.channels': ['sink'],
        'notification.sink.topic.name': 'notes'
      },
      name: 'shop',
      logger,
      now: () => 1
    })
    return new IncrementalSnapshot({
      source: database,
      watermarks,
      chunkSize: 3,
      notifications,
      logger,
      read: (table, row) => {
        assert.ok(this.#replica.has(table.id, row.values), `stale row ${textOf(row.values)}`)
        return this.#record(table.id, null, row.values)
      },
      wake: () => {}
    })
  }

  execute(data: object, id = 's'): void {
    const signal = readSignal({ id, type: 'execute-snapshot', data: JSON.stringify(data) })
    assert.equal(signal.kind, 'execute-snapshot')
    if (signal.kind === 'execute-snapshot') this.snapshot.execute(signal, TABLES)
  }

  /** Passes on some of the log. */
  poll(count: number): void {
    this.#stream(count, (entry) => {
      if (entry.kind === 'signal') this.snapshot.passed(entry, this.#out)
      else if (entry.kind === 'truncate') this.snapshot.altered(entry.table)
      else this.#onRow(entry)
    })
    this.snapshot.advance(this.#out)
  }

  commit(): void {
    for (const record of this.#out) this.#consume(record)
    this.#out = []
    const offset = { ...this.snapshot.offsetFields() }
    this.#durable = { at: this.database.streamed, offset, replica: this.#replica.copy() }
  }

  /** The task is killed and begins again from what is durable. */
  crash(): void {
    const { at, offset, replica } = this.#durable
    this.#out = []
    this.#replica = replica.copy()
    this.database.streamed = at
    this.snapshot = this.#start()
    this.snapshot.resume(offset)
  }

  #stream(count: number, handle: (entry: Entry) => void): void {
    const { database } = this
    for (let i = 0; i < count; i++) {
      const entry = database.log[database.streamed]
      if (entry === undefined) return
      database.streamed++
      this.#replica.apply(entry)
      handle(entry)
    }
  }

  #onRow({ table, before, after }: Entry & { kind: 'row' }): void {
    this.#out.push(this.#record(table, before, after))
    this.snapshot.changed(table, structOfRow(before), structOfRow(after))
  }

  #record(topic: string, before: readonly unknown[] | null, after: readonly unknown[] | null) {
    return {
      topic,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: null,
      value: { before, after },
      headers: [],
      timestamp: null
    }
  }

  #consume({ topic, value }: SourceRecord): void {
    if (value instanceof Struct) {
      const status = (value.get('additional_data') as Map<string, string>).get('status')
      this.notices.push([value.get('id'), value.get('type'), status].filter(Boolean).join(' '))
      return
    }
    const { before, after } = value as Record<string, readonly unknown[] | null>
    const keyOf = (row: readonly unknown[]) => `${topic}:${textOf(row.slice(0, 2))}`
    if (before) this.target.delete(keyOf(before))
    if (after) this.target.set(keyOf(after), textOf(after))
    if (after) this.seen.add(`${topic}:${textOf(after)}`)
  }
}

/** Lets everything go on that waits for nothing. */
export async function settled(): Promise<void> {
  await setImmediate()
}

/** Runs until nothing is left to read and to pass on. */
export async function finish(task: SimulatedTask): Promise<void> {
  for (let i = 0; i < 20_000; i++) {
    task.poll(5)
    task.commit()
    if (!task.snapshot.isRunning && task.database.streamed === task.database.log.length) return
    task.database.step()
    await settled()
  }
  assert.fail('the snapshot does not come to its end')
}

import type { SourceBatch, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { Heartbeat } from '../relational/heartbeat.ts'
import { waitFor } from '../relational/wait.ts'
import { BinlogClient, type BinlogStart } from './binlog/binlog-client.ts'
import { ChangeStream } from './change-stream.ts'
import { runHeartbeatAction } from './heartbeat-action.ts'
import { LogTracker } from './log-tracker.ts'
import { type Position, positionAt, streamOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import { PreparedTransactions } from './prepared-transactions.ts'
import { SchemaFollower } from './schema-follower.ts'
import { serverIdOf } from './server-id.ts'
import { startPoint } from './start-point.ts'
import { TransactionFilter } from './transaction-filter.ts'

/** While nothing is captured, the position is stored so often. */
const IDLE_OFFSET_MS = 10_000

/** Longest time between two signs of life of the server. */
const HEARTBEAT_MS = 10_000

/** Streams changes. */
export class StreamPhase implements Phase {
  readonly #parts: TaskParts
  readonly #client: BinlogClient
  readonly #stream: ChangeStream
  readonly #prepared: PreparedTransactions
  readonly #heartbeat: Heartbeat
  /** What the last returned offset says, and when that was. */
  #stored: Position
  #storedAt = Date.now()

  private constructor(
    parts: TaskParts,
    reading: {
      client: BinlogClient
      stream: ChangeStream
      prepared: PreparedTransactions
      start: Position
    }
  ) {
    const { config } = parts
    this.#parts = parts
    this.#client = reading.client
    this.#stream = reading.stream
    this.#prepared = reading.prepared
    this.#stored = reading.start
    this.#heartbeat = new Heartbeat({
      intervalMs: config['heartbeat.interval.ms'],
      topicPrefix: config['topic.heartbeat.prefix'],
      prefix: config['topic.prefix'],
      now: Date.now()
    })
  }

  /** @param xa `millrace_xa` of the stored offset, or null */
  static async open(
    parts: TaskParts,
    start: Position,
    xa: string | null = null
  ): Promise<StreamPhase> {
    const { config, context, flavor, records, settings, transactions } = parts
    const filter = new TransactionFilter(config, flavor)
    const follower = new SchemaFollower({
      ...parts,
      tolerance: config['inconsistent.schema.handling.mode'],
      logger: context.logger
    })
    const prepared = new PreparedTransactions(flavor, xa, start)
    const begin = prepared.oldest === null ? start : positionAt(prepared.oldest)
    const from: BinlogStart = await startPoint(parts.session, flavor, begin, filter)
    const client = await BinlogClient.open(
      settings,
      {
        flavor,
        serverId: serverIdOf(
          config['database.server.id'],
          context.connector,
          config['topic.prefix']
        ),
        start: from,
        maxBytes: parts.maxBytes,
        heartbeatMs: Math.min(HEARTBEAT_MS, config['connect.keep.alive.interval.ms'])
      },
      context.signal
    )
    const stream = new ChangeStream({
      client,
      tracker: new LogTracker(begin, flavor),
      records,
      transactions,
      ports: follower,
      filter,
      prepared,
      start,
      includeQuery: config['include.query'],
      countsQueries: flavor === 'mysql' || config['include.query']
    })
    follower.onChange = (database, name) => stream.forget(database, name)
    const at = 'gtids' in from ? `GTIDs ${from.gtids}` : `${from.file}, position ${from.position}`
    context.logger.info(`Streaming changes from ${at}.`)
    context.progress({ phase: 'streaming', lagMs: 0 })
    return new StreamPhase(parts, { client, stream, prepared, start })
  }

  async poll(): Promise<readonly SourceBatch[] | null> {
    const { config, context, records: factory } = this.#parts
    const { signal } = context
    const maxBatchSize = config['max.batch.size']
    const records: SourceRecord[] = []
    factory.tick()
    for (;;) {
      const wait = this.#stream.drain(records, maxBatchSize)
      if (wait !== undefined) {
        await wait
        continue
      }
      if (records.length > 0) {
        this.#showLag()
        break
      }
      if (signal.aborted) return null
      if (this.#stream.hasMore) continue
      if (this.#client.error) throw this.#client.error
      context.progress({ phase: 'streaming', lagMs: 0 })
      const now = Date.now()
      const due = this.#dueIn(now)
      if (due === 0) {
        if (this.#heartbeat.dueIn(now) === 0) {
          records.push(this.#heartbeat.beat(now))
          await runHeartbeatAction(this.#parts)
        }
        break
      }
      await waitFor((wake) => this.#client.onChange(wake), { signal, ...(due ? { ms: due } : {}) })
      factory.tick()
    }
    return this.#batches(records)
  }

  commit(): void {}

  close(): void {
    this.#client.close()
  }

  #batches(records: readonly SourceRecord[]): readonly SourceBatch[] {
    const { store, config } = this.#parts
    const sourceOffset = this.#offset()
    const partition = { server: config['topic.prefix'] }
    return [...store.take(), { sourcePartition: partition, sourceOffset, records }]
  }

  #offset(): SourceOffset {
    const position = this.#stream.position
    this.#stored = position
    this.#storedAt = Date.now()
    const { identity, transactions } = this.#parts
    const xa = this.#prepared.text
    return streamOffset(position, {
      ...transactions?.offsetFields(),
      millrace_server: identity,
      ...(xa === null ? {} : { millrace_xa: xa })
    })
  }

  /** Milliseconds until there is something to send though nothing happens, or null: never. */
  #dueIn(now: number): number | null {
    const heartbeat = this.#heartbeat.dueIn(now)
    const { file, pos } = this.#stream.position
    if (file === this.#stored.file && pos === this.#stored.pos) return heartbeat
    const offset = Math.max(0, this.#storedAt + IDLE_OFFSET_MS - now)
    return heartbeat === null ? offset : Math.min(heartbeat, offset)
  }

  #showLag(): void {
    const { seconds } = this.#stream.position
    if (seconds === null) return
    const lagMs = Math.max(0, Date.now() - seconds * 1000)
    this.#parts.context.progress({ phase: 'streaming', lagMs })
    this.#parts.context.metric('milliseconds_behind_source', lagMs)
  }
}

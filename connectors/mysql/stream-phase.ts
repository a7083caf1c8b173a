import type { SourceBatch, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { Heartbeat } from '../relational/heartbeat.ts'
import { waitFor } from '../relational/wait.ts'
import { BinlogClient } from './binlog/binlog-client.ts'
import { BlockingReading } from './blocking-snapshot.ts'
import { ChangeStream } from './change-stream.ts'
import { runHeartbeatAction } from './heartbeat-action.ts'
import { LogTracker } from './log-tracker.ts'
import { LogWatch, type ReadPlace } from './log-watch.ts'
import { type Position, positionAt, streamOffset } from './offset.ts'
import { makeOnDemand, type OnDemandParts } from './on-demand-parts.ts'
import type { Phase, TaskParts } from './phase.ts'
import { PreparedTransactions } from './prepared-transactions.ts'
import { SchemaFollower } from './schema-follower.ts'
import { serverIdOf } from './server-id.ts'
import { startPoint } from './start-point.ts'
import { TransactionFilter } from './transaction-filter.ts'

/** While nothing is captured, the position is stored so often. */
const IDLE_OFFSET_MS = 10_000

/** Longest time between two signs of life of a server that has nothing to send; at each {@link LogWatch} looks at it. */
const HEARTBEAT_MS = 5000

/** Streams changes, and does what signals ask for. */
export class StreamPhase implements Phase {
  readonly #parts: TaskParts
  readonly #prepared: PreparedTransactions
  readonly #heartbeat: Heartbeat
  readonly #signals: OnDemandParts
  /** Names of the captured tables, as far as signals may name them. */
  readonly #captured = new Set<string>()
  /** Whether the events of the stored offset have those of statements among them; null when it does not say. */
  readonly #storedQueries: boolean | null
  readonly #watch: LogWatch
  readonly #filter: TransactionFilter
  /** The position that the stream began with, and which server it was of. */
  readonly #start: { readonly position: Position; readonly identity: string | null }
  #client: BinlogClient | undefined
  #stream: ChangeStream | undefined
  #blocking: BlockingReading | undefined
  #wake: (() => void) | undefined
  /** Whether there is something to do for signals that nobody has waited for. */
  #isWoken = false
  /** What the last returned offset says, and when that was. */
  #stored: Position
  #storedAt = Date.now()

  private constructor(parts: TaskParts, start: Position, stored: SourceOffset | null) {
    const { config, flavor } = parts
    const xa = stored?.['millrace_xa']
    const queries = stored?.['millrace_query_events']
    this.#storedQueries = typeof queries === 'boolean' ? queries : null
    const identity = stored === null ? parts.identity : stored['millrace_server']
    this.#start = { position: start, identity: typeof identity === 'string' ? identity : null }
    this.#filter = new TransactionFilter(config, flavor)
    this.#watch = new LogWatch(parts, this.#filter)
    this.#parts = parts
    this.#stored = start
    this.#prepared = new PreparedTransactions(flavor, typeof xa === 'string' ? xa : null, start)
    this.#heartbeat = new Heartbeat({
      intervalMs: config['heartbeat.interval.ms'],
      topicPrefix: config['topic.heartbeat.prefix'],
      prefix: config['topic.prefix'],
      now: Date.now()
    })
    this.#signals = makeOnDemand(parts, {
      stream: () => this.#running,
      offset: () => streamOffset(this.#running.position, {}),
      wake: () => {
        this.#isWoken = true
        this.#wake?.()
      },
      captured: () => [...this.#captured]
    })
    if (stored !== null) this.#signals.onDemand.resume(stored)
  }

  /** @param stored the offset that the position is from; null after a snapshot */
  static async open(
    parts: TaskParts,
    start: Position,
    stored: SourceOffset | null
  ): Promise<StreamPhase> {
    const phase = new StreamPhase(parts, start, stored)
    await phase.#open(start)
    return phase
  }

  async poll(): Promise<readonly SourceBatch[] | null> {
    const { context, records: factory } = this.#parts
    const { signal } = context
    const records: SourceRecord[] = []
    factory.tick()
    for (;;) {
      if (this.#blocking !== undefined) return await this.#readBlocking(this.#blocking)
      if (await this.#advance(records)) continue
      const doubt = this.#running.takeDoubt()
      if (doubt !== 'none') await this.#watch.look(doubt, this.#readPlace())
      if (this.#isDue(records)) break
      if (signal.aborted) return null
      if (await this.#startsBlocking()) continue
      if (this.#running.hasMore) continue
      if (this.#client?.error) {
        throw await this.#watch.explain(this.#client.error, this.#readPlace())
      }
      context.progress({ phase: 'streaming', lagMs: 0 })
      if (!(await this.#idle(records))) break
      factory.tick()
    }
    return this.#batches(records)
  }

  async commit(offset: SourceOffset): Promise<void> {
    await this.#signals.onDemand.committed(offset)
  }

  async close(): Promise<void> {
    this.#blocking?.close()
    this.#client?.close()
    await this.#signals.close()
  }

  get #running(): ChangeStream {
    if (this.#stream === undefined) throw new TypeError('The stream is not open')
    return this.#stream
  }

  async #open(start: Position): Promise<void> {
    const { config, context, flavor, records, settings, transactions } = this.#parts
    const filter = this.#filter
    const oldest = this.#prepared.oldest
    const begin = oldest === null ? start : positionAt(oldest)
    const from = await startPoint(this.#parts.session, flavor, begin, filter)
    const follower = new SchemaFollower({
      ...this.#parts,
      tolerance: config['inconsistent.schema.handling.mode'],
      signalTable: config['signal.data.collection'],
      logger: context.logger
    })
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
        maxBytes: this.#parts.maxBytes,
        heartbeatMs: Math.min(HEARTBEAT_MS, config['connect.keep.alive.interval.ms'])
      },
      context.signal
    )
    this.#client = client
    const stream = new ChangeStream({
      client,
      tracker: new LogTracker(begin, flavor),
      records,
      transactions,
      laterView: this.#parts.laterView,
      onDemand: this.#signals.isWanted ? this.#signals.onDemand : null,
      ports: follower,
      filter,
      prepared: this.#prepared,
      start,
      includeQuery: config['include.query'],
      countsQueries: this.#countsQueries(start)
    })
    if (this.#signals.isWanted) await this.#listCaptured()
    follower.onChange = (database, name) => {
      if (this.#parts.filter.captures(database, name)) this.#captured.add(`${database}.${name}`)
      stream.forget(database, name)
      this.#signals.onDemand.tableAltered(`${database}.${name}`)
    }
    this.#stream = stream
    const at = 'gtids' in from ? `GTIDs ${from.gtids}` : `${from.file}, position ${from.position}`
    context.logger.info(`Streaming changes from ${at}.`)
    context.progress({ phase: 'streaming', lagMs: 0 })
  }

  /**
   * MySQL sends the text of statements always; Debezium asks MariaDB for it with `include.query` only. The key may
   * have changed since an offset inside a transaction was stored.
   */
  #countsQueries(start: Position): { first: boolean; later: boolean } {
    const { flavor, config } = this.#parts
    const later = flavor === 'mysql' || config['include.query']
    const stored = this.#storedQueries
    return { first: start.events > 0 && stored !== null ? stored : later, later }
  }

  async #listCaptured(): Promise<void> {
    const { server, filter } = this.#parts
    for (const { database, name } of await server.listTables(filter)) {
      if (filter.captures(database, name)) this.#captured.add(`${database}.${name}`)
    }
  }

  /** @returns whether it waited for something, so that it is to be called again */
  async #advance(records: SourceRecord[]): Promise<boolean> {
    const stream = this.#running
    if (!this.#signals.isWanted) {
      records.push(...this.#parts.notifications.take())
    } else if (stream.isBetweenEvents) {
      const asked = this.#signals.onDemand.poll(Date.now(), records)
      if (asked !== undefined) await asked
    }
    const wait = stream.drain(records, this.#parts.config['max.batch.size'])
    if (wait === undefined) return false
    await wait
    return true
  }

  #isDue(records: readonly SourceRecord[]): boolean {
    if (records.length > 0) {
      this.#showLag()
      return true
    }
    // Behind a long part of the log in which nothing is captured, the position is worth storing too.
    const isOverdue = this.#running.hasMore && Date.now() - this.#storedAt > IDLE_OFFSET_MS
    return isOverdue || (this.#signals.isWanted && this.#signals.onDemand.mustStore)
  }

  /** @returns false when something is to be sent though nothing happened */
  async #idle(records: SourceRecord[]): Promise<boolean> {
    const { signal } = this.#parts.context
    const now = Date.now()
    const due = this.#dueIn(now)
    if (due === 0) {
      if (this.#heartbeat.dueIn(now) === 0) {
        records.push(this.#heartbeat.beat(now))
        await runHeartbeatAction(this.#parts)
      }
      return false
    }
    if (!this.#isWoken) {
      const options = { signal, ...(due === null ? {} : { ms: due }) }
      await waitFor((wake) => this.#onChange(wake), options)
    }
    this.#isWoken = false
    return true
  }

  #onChange(wake: (() => void) | undefined): void {
    this.#wake = wake
    this.#client?.onChange(wake)
  }

  async #startsBlocking(): Promise<boolean> {
    const asked = this.#signals.isWanted ? this.#signals.onDemand.blocking : null
    const stream = this.#running
    if (asked === null || !stream.isBetweenTransactions) return false
    this.#blocking = await BlockingReading.open(this.#parts, asked, stream.place)
    return true
  }

  async #readBlocking(blocking: BlockingReading): Promise<readonly SourceBatch[]> {
    const records = await blocking.read()
    if (blocking.finished) {
      this.#signals.onDemand.blockingDone()
      this.#blocking = undefined
    }
    return this.#batches(records)
  }

  #batches(records: readonly SourceRecord[]): readonly SourceBatch[] {
    const { store, config } = this.#parts
    const sourceOffset = this.#offset()
    const sourcePartition = { server: config['topic.prefix'] }
    return [...store.take(), { sourcePartition, sourceOffset, records }]
  }

  #offset(): SourceOffset {
    const position = this.#running.position
    this.#stored = position
    this.#storedAt = Date.now()
    const { transactions, laterView } = this.#parts
    const identity = this.#identityOf(position)
    const xa = this.#prepared.text
    return streamOffset(position, {
      ...transactions?.offsetFields(),
      ...laterView.offsetFields(position),
      ...(this.#signals.isWanted ? this.#signals.onDemand.offsetFields() : {}),
      ...(identity === null ? {} : { millrace_server: identity }),
      ...(position.events > 0 ? { millrace_query_events: this.#running.countsQueries } : {}),
      ...(xa === null ? {} : { millrace_xa: xa })
    })
  }

  /** Until something comes the position is that of the offset, which may be of another server. */
  #identityOf({ file, pos }: Position): string | null {
    const { position, identity } = this.#start
    return file === position.file && pos === position.pos ? identity : this.#parts.identity
  }

  #readPlace(): ReadPlace {
    const { position } = this.#running
    const { file = '', position: pos = 0 } = this.#client ?? {}
    return { position, identity: this.#identityOf(position), file, pos }
  }

  /** Milliseconds until there is something to send though nothing happens, or null: never. */
  #dueIn(now: number): number | null {
    const { file, pos } = this.#running.position
    const moved = file !== this.#stored.file || pos !== this.#stored.pos
    const times = [
      this.#heartbeat.dueIn(now),
      this.#signals.isWanted ? this.#signals.onDemand.dueIn(now) : null,
      moved ? Math.max(0, this.#storedAt + IDLE_OFFSET_MS - now) : null
    ].filter((ms) => ms !== null)
    return times.length === 0 ? null : Math.min(...times)
  }

  #showLag(): void {
    const { seconds } = this.#running.position
    if (seconds === null) return
    const lagMs = Math.max(0, Date.now() - seconds * 1000)
    this.#parts.context.progress({ phase: 'streaming', lagMs })
    this.#parts.context.metric('milliseconds_behind_source', lagMs)
  }
}

import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { Heartbeat } from '../relational/heartbeat.ts'
import { waitFor } from '../relational/wait.ts'
import { ChangeStream } from './change-stream.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import { type StoredOffset, streamOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import { ReplicationClient } from './replication-client.ts'

/** While idle the position is stored at least whenever so much log has passed. */
const IDLE_OFFSET_BYTES = 16 << 20

/** Streams changes, and confirms to the server what is durable. */
export class StreamPhase implements Phase {
  readonly #parts: TaskParts
  readonly #client: ReplicationClient
  readonly #stream: ChangeStream
  readonly #stored: StoredOffset
  readonly #heartbeat: Heartbeat
  /** What the last returned offset says, and when that was. */
  #offsetLsn: Lsn
  #offsetAt = Date.now()

  private constructor(
    parts: TaskParts,
    client: ReplicationClient,
    reading: { stream: ChangeStream; stored: StoredOffset }
  ) {
    const { config } = parts
    this.#parts = parts
    this.#client = client
    this.#stream = reading.stream
    this.#stored = reading.stored
    this.#offsetLsn = reading.stored.position.commitLsn
    this.#heartbeat = new Heartbeat({
      intervalMs: config['heartbeat.interval.ms'],
      topicPrefix: config['topic.heartbeat.prefix'],
      prefix: config['topic.prefix'],
      now: Date.now()
    })
  }

  static async open(parts: TaskParts, stored: StoredOffset): Promise<StreamPhase> {
    const { context, catalog, factory } = parts
    const { commitLsn } = stored.position
    const { client, socket } = await startStream(parts, commitLsn)
    const stream = new ChangeStream({
      socket,
      factory,
      describe: (relation) => catalog.describe(relation),
      recompile: (table, misfit) => catalog.recompile(table, misfit),
      stored
    })
    context.logger.info(`Streaming changes from ${formatLsn(commitLsn)}.`)
    context.progress({ phase: 'streaming', lagMs: 0 })
    return new StreamPhase(parts, client, { stream, stored })
  }

  async poll(): Promise<{ records: SourceRecord[]; offset: SourceOffset } | null> {
    const { config, context, factory } = this.#parts
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
      if (this.#client.error) throw await this.#explained(this.#client.error)
      context.progress({ phase: 'streaming', lagMs: 0 })
      const now = Date.now()
      const due = this.#dueIn(now)
      if (due === 0) {
        if (this.#heartbeat.dueIn(now) === 0) records.push(this.#heartbeat.beat(now))
        break
      }
      await waitFor((wake) => this.#client.onChange(wake), { signal, ...(due ? { ms: due } : {}) })
      factory.tick()
    }
    return { records, offset: this.#offset() }
  }

  /** Confirms to the server what is durable here. */
  commit(offset: SourceOffset): void {
    const lsn = offset['lsn_commit']
    if (typeof lsn === 'number' || typeof lsn === 'bigint') this.#client.confirm(Number(lsn))
  }

  close(): void {
    this.#client.close()
  }

  /** A publication that was made after the slot's position does not exist for what comes first. */
  async #explained(error: ConnectError): Promise<ConnectError> {
    const { query, config } = this.#parts
    if (error.code !== 'POSTGRES_NO_PUBLICATION') return error
    const name = config['publication.name']
    const sql = 'SELECT FROM pg_catalog.pg_publication WHERE pubname = $1'
    const found = await query(sql, [name]).catch(() => [])
    if (found.length === 0) return error
    const slot = config['slot.name']
    return new ConnectError(
      'POSTGRES_PUBLICATION_YOUNG',
      `Publication '${name}' was created after the position of replication slot '${slot}', so the changes between cannot be decoded`,
      {
        cause: error,
        hint: `Stop the connector, drop the slot (SELECT pg_drop_replication_slot('${slot}')) and reset the connector's offsets: it then starts with a new snapshot`
      }
    )
  }

  #offset(): SourceOffset {
    const { position, base } = this.#stream
    this.#offsetLsn = position.commitLsn
    this.#offsetAt = Date.now()
    const snapshot = base === null ? null : (this.#stored.snapshot?.toString() ?? null)
    return streamOffset(position, { systemId: this.#parts.systemId, snapshot })
  }

  /** Milliseconds until there is something to send though nothing happens, or null: never. */
  #dueIn(now: number): number | null {
    const heartbeat = this.#heartbeat.dueIn(now)
    const passed = this.#stream.position.commitLsn - this.#offsetLsn
    if (passed <= 0) return heartbeat
    if (passed > IDLE_OFFSET_BYTES) return 0
    const interval = this.#parts.config['status.update.interval.ms']
    const offset = Math.max(0, this.#offsetAt + interval - now)
    return heartbeat === null ? offset : Math.min(heartbeat, offset)
  }

  #showLag(): void {
    const { micros } = this.#stream.position
    if (micros === null) return
    const lagMs = Math.max(0, Date.now() - Math.floor(micros / 1000))
    this.#parts.context.progress({ phase: 'streaming', lagMs })
    this.#parts.context.metric('milliseconds_behind_source', lagMs)
  }
}

/**
 * Starts the slot's stream. A slot that another session holds is waited for: the session of a worker
 * that was killed lives on until the server notices.
 */
async function startStream(parts: TaskParts, startLsn: Lsn) {
  const { config, context, settings, maxBytes } = parts
  const giveUp = Date.now() + config['slot.max.retries'] * config['slot.retry.delay.ms']
  const timeoutMs = await walSenderTimeout(parts)
  const statusIntervalMs = Math.max(
    100,
    Math.min(config['status.update.interval.ms'], timeoutMs > 0 ? timeoutMs / 3 : Infinity)
  )
  for (let delay = 50; ; delay = Math.min(delay * 2, 2000, config['slot.retry.delay.ms'])) {
    const client = await ReplicationClient.open(settings, context.signal)
    try {
      const socket = await client.stream({
        slot: config['slot.name'],
        publication: config['publication.name'],
        startLsn,
        maxBytes,
        statusIntervalMs,
        silenceMs: Math.max(30_000, 3 * statusIntervalMs)
      })
      return { client, socket }
    } catch (error) {
      client.close()
      context.signal.throwIfAborted()
      const inUse = error instanceof ConnectError && error.code === 'POSTGRES_SLOT_IN_USE'
      if (!inUse || Date.now() + delay > giveUp) throw error
      context.logger.warn(`${(error as Error).message}. Trying again.`)
      await waitFor(() => {}, { signal: context.signal, ms: delay })
    }
  }
}

async function walSenderTimeout(parts: TaskParts): Promise<number> {
  const [row] = await parts.query(
    `SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'`
  )
  return Number(row?.[0] ?? 60_000)
}

import { ConnectError, FencedError, isRetriable } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { SinkTask, SinkTaskContext } from '../../runtime/api/task.ts'
import type { OffsetClaims } from './sink-claims.ts'
import { WriteFailure } from './sink-failures.ts'
import type { SinkSession, SinkTarget, Skipped } from './sink-session.ts'

/** How often a write is tried at once, before the worker waits and retries. */
const TRIES = 3

/** Writes topics into tables of one database. */
export class RelationalSinkTask implements SinkTask {
  readonly #target: SinkTarget
  readonly #offsetsTable: string
  #context: SinkTaskContext | null = null
  #session: SinkSession | null = null
  #claims: OffsetClaims | null = null
  /** The end of the last transaction is not known: what is stored has to be read first. */
  #unsure = false
  #busy = false
  #written = 0

  /** @param offsetsTable its name, for errors */
  constructor(target: SinkTarget, offsetsTable: string) {
    this.#target = target
    this.#offsetsTable = offsetsTable
  }

  async start(context: SinkTaskContext): Promise<void> {
    this.#context = context
    this.#claims = this.#target.claims(context.connector)
    await this.#open()
  }

  async open(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    if (!this.#claims || !this.#context) return []
    const session = await this.#open()
    try {
      const stored = await session.claim(partitions, this.#context.generation)
      this.#unsure = false
      return stored
    } catch (error) {
      if (!(error instanceof FencedError)) this.#close()
      throw this.#target.explainWrite(error, this.#offsetsTable)
    }
  }

  async put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void> {
    this.#busy = true
    try {
      const session = await this.#open()
      const left = await this.#notYetDone(session, records)
      await this.#write(session, left, next)
      this.#claims?.stored(next)
      this.#written += left.length
      this.#context?.metric('records_written', this.#written)
    } catch (error) {
      const { cause, table } = failureOf(error)
      const explained = this.#target.explainWrite(cause, table)
      if (isRetriable(explained)) this.#close()
      throw explained
    } finally {
      this.#busy = false
    }
  }

  async stop(): Promise<void> {
    const session = this.#session
    this.#session = null
    // A statement that is still running is not waited for: its transaction is rolled back.
    if (this.#busy) session?.destroy()
    else await session?.end()
  }

  async #open(): Promise<SinkSession> {
    if (this.#session) return this.#session
    const context = this.#context
    if (context === null) throw new ConnectError('SINK_NOT_STARTED', 'The task was not started')
    const session = await this.#target.open(context, this.#claims)
    session.onLost(() => {
      if (this.#session === session) this.#close()
    })
    this.#session = session
    return session
  }

  #close(): void {
    const session = this.#session
    this.#session = null
    this.#unsure = true
    session?.destroy()
  }

  /** Leaves out what a transaction wrote whose commit was never answered. */
  async #notYetDone(
    session: SinkSession,
    records: readonly SinkRecord[]
  ): Promise<readonly SinkRecord[]> {
    const claims = this.#claims
    if (!this.#unsure || claims === null) return records
    await session.refresh()
    this.#unsure = false
    return records.filter((record) => !claims.isDone(record))
  }

  async #write(
    session: SinkSession,
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (this.#session !== session) throw this.#target.lost()
      try {
        this.#report(await session.write(records, next))
        return
      } catch (error) {
        const { cause } = failureOf(error)
        session.forget()
        if (this.#target.isPassing(cause) && attempt < TRIES) continue
        if (!this.#target.isRowFault(cause) || this.#session !== session) throw error
        await this.#writeOneByOne(session, records, next)
        return
      }
    }
  }

  /** Finds the records at fault by halves, sets them aside, and writes all others, in order. */
  async #writeOneByOne(
    session: SinkSession,
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<void> {
    const context = this.#context
    context?.logger.warn('a delivery was refused: looking for the records at fault', {
      records: records.length
    })
    await session.writeParts(records, next, async (attempt) => {
      const waiting: (readonly SinkRecord[])[] = [records]
      for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
        const failure = await attempt(part)
        if (failure === null) continue
        const { cause, table } = failureOf(failure)
        const [record] = part
        if (!this.#target.isRowFault(cause) || record === undefined) throw failure
        if (part.length === 1) {
          await context?.reject(record, this.#target.explainRow(cause, record, table))
          continue
        }
        const middle = part.length >> 1
        waiting.push(part.slice(middle), part.slice(0, middle))
      }
    })
  }

  #report(skipped: Skipped): void {
    for (const [reason, count] of skipped) {
      this.#context?.logger.debug('records without effect', { reason, count })
    }
  }
}

function failureOf(error: unknown): { cause: unknown; table: string | null } {
  return error instanceof WriteFailure
    ? { cause: error.cause, table: error.table }
    : { cause: error, table: null }
}

import type { Client } from 'pg'
import { ConnectError, FencedError, isRetriable, RetriableError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { SinkTask, SinkTaskContext } from '../../runtime/api/task.ts'
import { type ConnectionSettings, contextOf, destroy } from './connection.ts'
import type { SinkSettings } from './sink-config.ts'
import { connectSink, statementsOn } from './sink-connection.ts'
import { explainRow, explainWrite, isRowFault, isStale } from './sink-errors.ts'
import { TargetOffsets } from './sink-offsets.ts'
import { RecordReader } from './sink-reader.ts'
import { SinkWriter, WriteFailure } from './sink-writer.ts'

/** Writes topics into tables of one PostgreSQL database. */
export class PostgresSinkTask implements SinkTask {
  readonly #connection: ConnectionSettings
  readonly #settings: SinkSettings
  readonly #reader: RecordReader
  #context: SinkTaskContext | null = null
  #client: Client | null = null
  #writer: SinkWriter | null = null
  #offsets: TargetOffsets | null = null
  /** The end of the last transaction is not known: what is stored has to be read first. */
  #unsure = false
  #busy = false
  #written = 0

  constructor(connection: ConnectionSettings, settings: SinkSettings) {
    this.#connection = connection
    this.#settings = settings
    this.#reader = new RecordReader(settings)
  }

  async start(context: SinkTaskContext): Promise<void> {
    this.#context = context
    if (this.#settings.exactlyOnce) {
      this.#offsets = new TargetOffsets(context.connector, this.#settings.offsetsTable)
    }
    await this.#open()
  }

  async open(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    if (!this.#offsets || !this.#context) return []
    const client = await this.#open()
    const query = statementsOn(client)
    try {
      await this.#offsets.prepare(query)
      const stored = await this.#offsets.claim(query, partitions, this.#context.generation)
      this.#unsure = false
      return stored
    } catch (error) {
      if (!(error instanceof FencedError)) this.#close()
      throw explainWrite(error, {
        ...contextOf(this.#connection),
        table: this.#settings.offsetsTable
      })
    }
  }

  async put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void> {
    this.#busy = true
    try {
      const client = await this.#open()
      const left = await this.#notYetDone(client, records)
      await this.#write(left, next)
      this.#offsets?.stored(next)
      this.#written += left.length
      this.#context?.metric('records_written', this.#written)
    } catch (error) {
      const failure = error instanceof WriteFailure ? error.cause : error
      const table = error instanceof WriteFailure && error.table ? { table: error.table } : {}
      const explained = explainWrite(failure, { ...contextOf(this.#connection), ...table })
      if (isRetriable(explained)) this.#close()
      throw explained
    } finally {
      this.#busy = false
    }
  }

  async stop(): Promise<void> {
    const client = this.#client
    const busy = this.#busy
    this.#close()
    // A statement that is still running is not waited for: its transaction is rolled back.
    if (client && !busy) await client.end().catch(() => {})
  }

  async #open(): Promise<Client> {
    if (this.#client) return this.#client
    const context = this.#context
    if (context === null) throw new ConnectError('SINK_NOT_STARTED', 'The task was not started')
    const client = await connectSink(this.#connection, context.signal)
    client.once('end', () => {
      if (this.#client === client) this.#close()
    })
    this.#client = client
    this.#writer = new SinkWriter(client, {
      settings: this.#settings,
      reader: this.#reader,
      offsets: this.#offsets
    })
    return client
  }

  #close(): void {
    const client = this.#client
    this.#client = null
    this.#writer = null
    this.#unsure = true
    if (client) destroy(client)
  }

  /** Leaves out what a transaction wrote whose commit was never answered. */
  async #notYetDone(
    client: Client,
    records: readonly SinkRecord[]
  ): Promise<readonly SinkRecord[]> {
    const offsets = this.#offsets
    if (!this.#unsure || offsets === null) return records
    await offsets.refresh(statementsOn(client))
    this.#unsure = false
    return records.filter((record) => !offsets.isDone(record))
  }

  async #write(
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const writer = this.#writer
      if (writer === null) {
        throw new RetriableError(
          'POSTGRES_CONNECTION_LOST',
          'The connection to the target was lost'
        )
      }
      try {
        await writer.transaction(next, async () => {
          this.#report(await writer.apply(records))
        })
        return
      } catch (error) {
        const cause = error instanceof WriteFailure ? error.cause : error
        writer.forget()
        if (isStale(cause) && attempt < 3) continue
        if (!isRowFault(cause) || this.#writer === null) throw error
        await this.#writeOneByOne(writer, records, next)
        return
      }
    }
  }

  /** Finds the records at fault by halves, sets them aside, and writes all others, in order. */
  async #writeOneByOne(
    writer: SinkWriter,
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<void> {
    const context = this.#context
    context?.logger.warn('a delivery was refused: looking for the records at fault', {
      records: records.length
    })
    await writer.transaction(next, async () => {
      writer.checkAtOnce()
      const waiting: (readonly SinkRecord[])[] = [records]
      for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
        const failure = await writer.attempt(part)
        if (failure === null) continue
        const cause = failure instanceof WriteFailure ? failure.cause : failure
        const [record] = part
        if (!isRowFault(cause) || record === undefined) throw failure
        if (part.length === 1) {
          const table = failure instanceof WriteFailure ? failure.table : null
          await context?.reject(record, explainRow(cause, record, table))
          continue
        }
        const middle = part.length >> 1
        waiting.push(part.slice(middle), part.slice(0, middle))
      }
    })
  }

  #report(skipped: ReadonlyMap<string, number>): void {
    for (const [reason, count] of skipped) {
      this.#context?.logger.debug('records without effect', { reason, count })
    }
  }
}

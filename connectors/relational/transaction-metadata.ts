/**
 * `provide.transaction.metadata`: a record at the beginning and at the end of every transaction, and in each
 * event the place that it has in its transaction. Schemas and order of fields as in the records of
 * Debezium 3.6.
 */
import type { OffsetValue, SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { array, int64, Struct, string, struct } from '../../runtime/api/schema.ts'
import type { RecordTable, TransactionBlocks } from './change-records.ts'
import { transactionBlockSchema } from './envelope.ts'
import { hashOrder } from './hash-order.ts'

const keySchema = struct(
  { id: string() },
  { name: 'io.debezium.connector.common.TransactionMetadataKey', version: 1 }
)

const collectionSchema = struct(
  { data_collection: string(), event_count: int64() },
  { optional: true, name: 'event.collection', version: 1 }
)

const valueSchema = struct(
  {
    status: string(),
    id: string(),
    event_count: int64({ optional: true }),
    data_collections: array(collectionSchema, { optional: true }),
    ts_ms: int64()
  },
  { name: 'io.debezium.connector.common.TransactionMetadataValue', version: 1 }
)

const ID = 'transaction_id'
const COUNT = 'transaction_data_collection_order_'

interface Counter {
  count: number
}

/**
 * Counts the events of the transaction under way. One per task, and only when the connector asks for
 * transaction metadata:
 *
 *     const transactions = new TransactionMetadata(topicName(config, config['topic.transaction']))
 *     transactions.resume(storedOffset)                       // once, at the start
 *     const records = new ChangeRecords(settings, transactions)
 *     transactions.begin(out, { id: '0-1-8', ms })            // then records.insert(out, ...)
 *     transactions.end(out, ms)
 *     offset = { ...offset, ...transactions.offsetFields() }  // of a batch that ends inside one
 *
 * A restart inside a transaction reads it again from its beginning: `begin` is called for it again, and
 * events that were passed on before are skipped and not counted. No record is written twice.
 */
export class TransactionMetadata implements TransactionBlocks {
  readonly #topic: string
  readonly #counters = new Map<string, Counter>()
  #id: string | null = null
  #storedId: string | null = null
  #total = 0
  /** Whether the transaction is known from the stored offset, and its beginning not read again yet. */
  #resumed = false
  /** The table of the last event: rows of one table come one after another. */
  #table: RecordTable | null = null
  #counter: Counter = { count: 0 }

  /** @param topic of the records at the beginning and the end */
  constructor(topic: string) {
    this.#topic = topic
  }

  /** Whether a transaction has begun and not ended. */
  get isOpen(): boolean {
    return this.#id !== null
  }

  /** Goes on in the transaction that a stored offset was in, ours or Debezium's. */
  resume(offset: SourceOffset): void {
    const id = offset[ID]
    if (id === undefined || id === null) return
    this.#start(String(id), String(id))
    this.#resumed = true
    for (const [key, value] of Object.entries(offset)) {
      if (!key.startsWith(COUNT)) continue
      const count = Number(value)
      this.#counters.set(key.slice(COUNT.length), { count })
      this.#total += count
    }
  }

  /**
   * A transaction begins. One that has not ended is left without an end, as Debezium leaves DDL and
   * TRUNCATE of MariaDB.
   *
   * @param about id: in the records; storedId: in the offset, where it is another one; ms: since 1970
   */
  begin(
    out: SourceRecord[],
    about: { readonly id: string; readonly storedId?: string; readonly ms: number }
  ): void {
    const storedId = about.storedId ?? about.id
    if (this.#resumed && this.#storedId === storedId) {
      this.#id = about.id
      this.#resumed = false
      return
    }
    this.#start(about.id, storedId)
    out.push(this.#record(about.id, ['BEGIN', about.id, null, null, about.ms]))
  }

  /** The transaction is committed. Nothing happens when none is open. */
  end(out: SourceRecord[], ms: number): void {
    const id = this.#id
    if (id === null) return
    const collections = hashOrder([...this.#counters.keys()]).map(
      (name) => new Struct(collectionSchema, [name, this.#counters.get(name)?.count ?? 0])
    )
    out.push(this.#record(id, ['END', id, this.#total, collections, ms]))
    this.#clear()
  }

  next(table: RecordTable): Struct | null {
    if (this.#id === null) return null
    if (table !== this.#table) this.#count(table)
    this.#total++
    this.#counter.count++
    return new Struct(transactionBlockSchema, [this.#id, this.#total, this.#counter.count])
  }

  /** What an offset inside the transaction has to say, in Debezium's fields; empty between two. */
  offsetFields(): Readonly<Record<string, OffsetValue>> {
    if (this.#storedId === null) return {}
    const fields: Record<string, OffsetValue> = { [ID]: this.#storedId }
    for (const [name, { count }] of this.#counters) fields[COUNT + name] = count
    return fields
  }

  #start(id: string, storedId: string): void {
    this.#clear()
    this.#id = id
    this.#storedId = storedId
  }

  #clear(): void {
    this.#id = null
    this.#storedId = null
    this.#total = 0
    this.#resumed = false
    this.#counters.clear()
    this.#table = null
  }

  #count(table: RecordTable): void {
    this.#table = table
    const known = this.#counters.get(table.id)
    this.#counter = known ?? { count: 0 }
    if (known === undefined) this.#counters.set(table.id, this.#counter)
  }

  #record(id: string, value: unknown[]): SourceRecord {
    return {
      topic: this.#topic,
      partition: null,
      keySchema,
      key: new Struct(keySchema, [id]),
      valueSchema,
      value: new Struct(valueSchema, value),
      headers: [],
      timestamp: null
    }
  }
}

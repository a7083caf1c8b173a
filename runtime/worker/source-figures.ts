import type { Meter } from '../metrics/meter.ts'
import type { TransactionCounts } from './transaction-writer.ts'

/** What a source task says about its work, under the names that Kafka Connect's metrics have. */
export class SourceFigures {
  readonly #meter: Meter
  readonly #transactional: boolean
  /** Records that were polled and are not durable yet. */
  #active = 0

  /** @param transactional whether a commit is a transaction, whose size then is a figure */
  constructor(meter: Meter, transactional: boolean) {
    this.#meter = meter
    this.#transactional = transactional
  }

  /** A poll returned records, after so many milliseconds. */
  polled(records: number, ms: number): void {
    if (records === 0) return
    this.#meter.add('source_record_poll_total', records)
    this.#meter.observe('poll_batch_time_ms', ms)
    this.#meter.observe('batch_size', records)
    this.#setActive(this.#active + records)
  }

  /** Bytes that are converted and not durable yet. */
  inFlight(bytes: number): void {
    this.#meter.set('in_flight_bytes', bytes)
  }

  /** Records and offsets became durable together. */
  durable({ records, polled, bytes, ms }: TransactionCounts): void {
    this.#meter.add('source_record_write_total', records)
    this.#meter.add('written_bytes_total', bytes)
    this.#meter.add('transactions_total', 1)
    this.#meter.add('offset_commit_success', 1)
    this.#meter.observe('offset_commit_time_ms', ms)
    if (this.#transactional) this.#meter.observe('transaction_size', records)
    this.#setActive(this.#active - polled)
  }

  commitFailed(): void {
    this.#meter.add('offset_commit_failure', 1)
  }

  /** Nothing is under way any more; what was not durable will be polled again. */
  ended(): void {
    this.#active = 0
    this.#meter.set('active_count', 0)
    this.inFlight(0)
  }

  #setActive(records: number): void {
    this.#active = records
    this.#meter.set('active_count', records)
    this.#meter.observe('active_count', records)
  }
}

import type { TopicPartition } from '../api/record.ts'
import type { FetchedBatch } from '../broker/broker.ts'
import type { Meter } from '../metrics/meter.ts'
import { Positions } from './sink-partitions.ts'

/** What a sink task says about its work, under the names that Kafka Connect's metrics have. */
export class SinkFigures {
  readonly #meter: Meter
  readonly #positions: Positions
  /** Where each partition ended when it was last read. */
  readonly #ends = new Positions()
  /** Records that were read and whose offsets are not committed yet. */
  #active = 0

  /** @param positions where the task goes on, as it moves them */
  constructor(meter: Meter, positions: Positions) {
    this.#meter = meter
    this.#positions = positions
  }

  /** The task reads these partitions from now on. */
  assigned(partitions: readonly TopicPartition[]): void {
    this.#ends.keep(partitions)
    this.#meter.set('partition_count', partitions.length)
    this.#setLag()
  }

  fetched(batches: readonly FetchedBatch[]): void {
    for (const { topic, partition, endOffset } of batches) {
      this.#ends.set({ topic, partition, offset: endOffset })
    }
    this.#setLag()
  }

  /** The target has taken records, after so many milliseconds. */
  put(records: number, ms: number): void {
    this.#meter.add('sink_record_send_total', records)
    this.#meter.observe('put_batch_time_ms', ms)
    this.#meter.observe('batch_size', records)
  }

  /** What was read is dealt with, and the positions have moved behind it. */
  read(records: number): void {
    this.#meter.add('sink_record_read_total', records)
    this.#setActive(this.#active + records)
    this.#setLag()
  }

  retried(): void {
    this.#meter.add('total_retries', 1)
  }

  /** A position was gone and another one took its place. */
  reset(): void {
    this.#meter.add('offset_resets_total', 1)
  }

  commitBegun(): void {
    this.#meter.add('offset_commit_seq_no', 1)
  }

  committed(records: number, ms: number): void {
    this.#meter.add('offset_commit_completion_total', 1)
    this.#meter.add('offset_commit_success', 1)
    this.#meter.observe('offset_commit_time_ms', ms)
    this.#setActive(this.#active - records)
  }

  commitFailed(ms: number): void {
    this.#meter.add('offset_commit_failure', 1)
    this.#meter.observe('offset_commit_time_ms', ms)
  }

  /** It was time to commit, and the commit before was still under way. */
  commitSkipped(): void {
    this.#meter.add('offset_commit_skip_total', 1)
  }

  /** Nothing is under way any more; what was not committed will be read again. */
  ended(): void {
    this.#active = 0
    this.#meter.set('active_count', 0)
  }

  #setActive(records: number): void {
    this.#active = records
    this.#meter.set('active_count', records)
    this.#meter.observe('active_count', records)
  }

  #setLag(): void {
    let most = 0
    let all = 0
    for (const end of this.#ends.all()) {
      const lag = Math.max(0, end.offset - (this.#positions.get(end)?.offset ?? end.offset))
      most = Math.max(most, lag)
      all += lag
    }
    this.#meter.set('sink_record_lag_max', most)
    this.#meter.set('lag_records', all)
  }
}

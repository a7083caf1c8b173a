import type { SinkRecord, TopicPartitionOffset } from '../api/record.ts'
import type { FetchedBatch, StoredRecord } from '../broker/broker.ts'
import type { TransformChain } from '../transforms/chain.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Stage } from './error-policy.ts'
import type { Converters } from './source-converter.ts'

const NO_HEADERS: SinkRecord['headers'] = []

export interface SinkConverterOptions {
  readonly chain: TransformChain
  readonly converters: Converters
  readonly deadLetters: DeadLetters
}

/** Converts and transforms stored records into sink records. */
export class SinkConverter {
  readonly #options: SinkConverterOptions
  #stage: Stage = 'KEY_CONVERTER'
  #index = 0

  constructor(options: SinkConverterOptions) {
    this.#options = options
  }

  /**
   * Converts records of one fetched batch and appends them to `into`. Bad ones go to the error policy.
   * @throws {ConnectError} TOLERANCE_EXCEEDED
   */
  convert(batch: FetchedBatch, range: { from: number; to: number }, into: SinkRecord[]): void {
    this.#index = range.from
    while (this.#index < range.to) {
      try {
        this.#run(batch, range.to, into)
      } catch (error) {
        const stored = batch.records[this.#index]
        if (stored === undefined) throw error
        const failure = { stage: this.#stage, className: this.#className(), error }
        const { topic, partition } = batch
        this.#options.deadLetters.reject({ topic, partition, stored }, failure)
        this.#index++
      }
    }
  }

  #run(batch: FetchedBatch, to: number, into: SinkRecord[]): void {
    const { chain, converters, deadLetters } = this.#options
    const { topic, partition, records } = batch
    const { key: keyConverter, value: valueConverter } = converters
    const transforms = !chain.isEmpty
    for (; this.#index < to; this.#index++) {
      const stored = records[this.#index]
      if (stored === undefined) continue
      this.#stage = 'KEY_CONVERTER'
      const key = keyConverter.toConnect(topic, stored.key)
      this.#stage = 'VALUE_CONVERTER'
      const value = valueConverter.toConnect(topic, stored.value)
      const original = { topic, partition, offset: stored.offset }
      const record: SinkRecord = {
        topic,
        partition,
        offset: stored.offset,
        keySchema: key.schema,
        key: key.value,
        valueSchema: value.schema,
        value: value.value,
        headers: stored.headers.length === 0 ? NO_HEADERS : this.#headers(topic, stored),
        timestamp: stored.timestamp < 0 ? null : stored.timestamp,
        timestampType: 'CreateTime',
        original
      }
      this.#stage = 'TRANSFORMATION'
      const kept = transforms ? chain.apply(record) : record
      if (kept === null) continue
      deadLetters.remember(original, stored)
      into.push(kept)
    }
  }

  #headers(topic: string, stored: StoredRecord): SinkRecord['headers'] {
    this.#stage = 'HEADER_CONVERTER'
    return stored.headers.map(({ key, value }) => ({
      key,
      ...this.#options.converters.header.toConnect(topic, key, value)
    }))
  }

  #className(): string {
    const { chain, converters } = this.#options
    if (this.#stage === 'TRANSFORMATION') return chain.failedClass
    if (this.#stage === 'KEY_CONVERTER') return converters.names.key
    if (this.#stage === 'HEADER_CONVERTER') return converters.names.header
    return converters.names.value
  }
}

/** Where to go on after the first `count` records of a batch. */
export function positionAfter(batch: FetchedBatch, count: number): TopicPartitionOffset {
  const { topic, partition, records, nextOffset } = batch
  const last = records[count - 1]
  const offset = count >= records.length || last === undefined ? nextOffset : last.offset + 1
  return { topic, partition, offset }
}

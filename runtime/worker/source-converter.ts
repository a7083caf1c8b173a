import type { Converter, HeaderConverter } from '../api/converter.ts'
import type { Header, SourceRecord } from '../api/record.ts'
import type { LogHeader } from '../broker/broker.ts'
import type { TransformChain } from '../transforms/chain.ts'
import type { ErrorPolicy, Stage } from './error-policy.ts'
import type { TopicTarget, TopicTargets } from './topic-targets.ts'
import type { TransactionWriter } from './transaction-writer.ts'

const NO_HEADERS: readonly LogHeader[] = []

export interface Converters {
  readonly key: Converter
  readonly value: Converter
  readonly header: HeaderConverter
  /** Class names as configured, for error messages. */
  readonly names: { readonly key: string; readonly value: string; readonly header: string }
}

export interface SourceConverterOptions {
  readonly chain: TransformChain
  readonly converters: Converters
  readonly targets: TopicTargets
  readonly writer: TransactionWriter
  readonly policy: ErrorPolicy
}

/** Where a conversion stopped: at the end, or before a record whose topic is not open yet. */
export interface Converted {
  readonly next: number
  readonly missingTopic: string | null
}

/** Transforms and converts source records, and puts them into the open transaction. */
export class SourceConverter {
  readonly #options: SourceConverterOptions
  #stage: Stage = 'TRANSFORMATION'
  #index = 0
  #missing: string | null = null
  #lastTopic = ''
  #lastTarget: TopicTarget | undefined
  // Sources share one array of headers among records: it is converted once, and encoded once.
  #lastHeaders: readonly Header[] = []
  #lastLogHeaders: readonly LogHeader[] = NO_HEADERS

  constructor(options: SourceConverterOptions) {
    this.#options = options
  }

  /**
   * Converts `records[from]` up to `to`, without waiting for anything.
   * @throws {ConnectError} TOLERANCE_EXCEEDED when a record cannot be converted and may not be skipped
   */
  convert(records: readonly SourceRecord[], from: number, to: number): Converted {
    const now = Date.now()
    this.#index = from
    this.#missing = null
    while (this.#index < to) {
      // Around the loop, not inside: a try per record would cost every record for the rare bad one.
      try {
        this.#run(records, to, now)
        break
      } catch (error) {
        const className = this.#className()
        this.#options.policy.handle({ stage: this.#stage, className, error })
        this.#index++
      }
    }
    return { next: this.#index, missingTopic: this.#missing }
  }

  #run(records: readonly SourceRecord[], to: number, now: number): void {
    const { chain, converters, writer } = this.#options
    const { key: keyConverter, value: valueConverter } = converters
    const transforms = !chain.isEmpty
    for (; this.#index < to; this.#index++) {
      const polled = records[this.#index]
      if (polled === undefined) continue
      this.#stage = 'TRANSFORMATION'
      const record = transforms ? chain.apply(polled) : polled
      if (record === null) continue
      const { topic } = record
      const target = this.#target(topic)
      if (target === undefined) return
      this.#stage = 'KEY_CONVERTER'
      const key = keyConverter.fromConnect(topic, record.keySchema, record.key)
      this.#stage = 'VALUE_CONVERTER'
      const value = valueConverter.fromConnect(topic, record.valueSchema, record.value)
      const headers = this.#headers(topic, record.headers)
      this.#stage = 'KAFKA_PRODUCE'
      const buffer = target.bufferFor(record.partition, key)
      const timestamp = record.timestamp ?? now
      writer.add(buffer, { key, value, headers, timestamp })
    }
  }

  #target(topic: string): TopicTarget | undefined {
    if (topic === this.#lastTopic && this.#lastTarget) return this.#lastTarget
    const target = this.#options.targets.get(topic)
    if (target === undefined) this.#missing = topic
    this.#lastTopic = topic
    this.#lastTarget = target
    return target
  }

  #headers(topic: string, headers: readonly Header[]): readonly LogHeader[] {
    if (headers.length === 0) return NO_HEADERS
    if (headers === this.#lastHeaders) return this.#lastLogHeaders
    this.#stage = 'HEADER_CONVERTER'
    const converted = headers.map(({ key, schema, value }) => ({
      key,
      value: this.#options.converters.header.fromConnect(topic, key, schema, value)
    }))
    this.#lastHeaders = headers
    this.#lastLogHeaders = converted
    return converted
  }

  #className(): string {
    const { chain, converters } = this.#options
    if (this.#stage === 'TRANSFORMATION') return chain.failedClass
    if (this.#stage === 'KEY_CONVERTER') return converters.names.key
    if (this.#stage === 'VALUE_CONVERTER') return converters.names.value
    if (this.#stage === 'HEADER_CONVERTER') return converters.names.header
    return 'Producer'
  }
}

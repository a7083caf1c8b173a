import type { Clock } from '../api/clock.ts'
import { ConnectError } from '../api/errors.ts'
import type { OffsetValue, SourceOffset, SourcePartition } from '../api/record.ts'
import type { LogRecord } from '../broker/broker.ts'
import {
  type CompactedRecord,
  CompactedTopic,
  type CompactedTopicOptions
} from './compacted-topic.ts'
import { isJsonObject, type JsonValue, printExactJson, tryParseJson } from './exact-json.ts'

/** Where one source partition of a connector stands. A null offset means: forget it. */
export interface OffsetEntry {
  readonly partition: SourcePartition
  readonly offset: SourceOffset | null
}

/** A record of the offsets topic, ready to be appended inside a transaction. */
export interface OffsetRecord {
  readonly partition: number
  readonly record: LogRecord
}

interface StoredOffset {
  readonly connector: string
  /** The key as it stands in the topic, which another writer may have spelled in another order. */
  readonly key: string
  /** Other spellings of the same key that the topic holds. */
  readonly stale: ReadonlySet<string>
  readonly partition: SourcePartition
  readonly offset: SourceOffset
  readonly timestamp: number
}

/**
 * Source offsets in Kafka Connect's format: key `["connector",{source partition}]`, value the offset as
 * JSON, a tombstone for a forgotten one (`OffsetStorageWriter`, `OffsetUtils` of Kafka Connect).
 *
 * The Java map that wrote a key decides the order of its fields, so partitions are matched by content;
 * where a key exists it is written again as it was, so that Kafka Connect finds it too.
 */
export class OffsetStore {
  readonly #topic: CompactedTopic
  readonly #clock: Clock
  readonly #entries: Map<string, StoredOffset>

  private constructor(topic: CompactedTopic, clock: Clock, entries: Map<string, StoredOffset>) {
    this.#topic = topic
    this.#clock = clock
    this.#entries = entries
  }

  static async open(
    options: Omit<CompactedTopicOptions, 'onRecord'>,
    signal?: AbortSignal
  ): Promise<OffsetStore> {
    const entries = new Map<string, StoredOffset>()
    const onRecord = (record: CompactedRecord) => take(entries, record)
    const topic = await CompactedTopic.open({ ...options, onRecord }, signal)
    return new OffsetStore(topic, options.clock, entries)
  }

  get topic(): string {
    return this.#topic.name
  }

  /**
   * Reads all that was written since. A task does it after it has fenced its predecessor. On Kafka an
   * open transaction, of whatever task, hides all that comes later in its partition: its end is waited
   * for, because this task's own offset may be behind it.
   */
  refresh(signal?: AbortSignal): Promise<void> {
    return this.#topic.readWritten(signal)
  }

  /** Reads what can be seen by now, without waiting for anybody. */
  look(signal?: AbortSignal): Promise<void> {
    return this.#topic.readToEnd(signal)
  }

  get(connector: string, partition: SourcePartition): SourceOffset | null {
    return this.#entries.get(keyOf(connector, partition))?.offset ?? null
  }

  /** All offsets of a connector, in no particular order. */
  list(connector: string): OffsetEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.connector === connector)
      .map(({ partition, offset }) => ({ partition, offset }))
  }

  /**
   * The records that store these offsets.
   * @throws {ConnectError} BAD_OFFSET when a value is neither text, number, boolean nor null
   */
  records(connector: string, entries: readonly OffsetEntry[]): OffsetRecord[] {
    return entries.flatMap(({ partition, offset }) => {
      const known = this.#entries.get(keyOf(connector, partition))
      const key = known?.key ?? keyOf(connector, partition)
      const value = offset === null ? null : printExactJson(checked(connector, offset))
      const stale = offset === null ? [...(known?.stale ?? [])] : []
      return [this.#record(key, value), ...stale.map((other) => this.#record(other, null))]
    })
  }

  #record(key: string, value: string | null): OffsetRecord {
    const record = { key, value, headers: [], timestamp: this.#clock.wallTime() }
    return { partition: this.#topic.partitionOf(key), record }
  }

  /** Stores offsets outside a transaction of records; durable, and known here, when it resolves. */
  async write(connector: string, entries: readonly OffsetEntry[]): Promise<void> {
    if (entries.length === 0) return
    await this.append(connector, entries)
    await this.refresh()
  }

  /** As {@link write}, without reading it back. */
  async append(connector: string, entries: readonly OffsetEntry[]): Promise<void> {
    const records = this.records(connector, entries)
    await this.#topic.write(
      records.map(({ record }) => ({
        key: String(record.key),
        value: record.value === null ? null : String(record.value)
      }))
    )
  }

  close(): Promise<void> {
    return this.#topic.close()
  }
}

function take(entries: Map<string, StoredOffset>, record: CompactedRecord): void {
  const parsed = parseKey(record.key)
  if (parsed === undefined) return
  const { connector, partition } = parsed
  const id = keyOf(connector, partition)
  const existing = entries.get(id)
  const respelled = existing !== undefined && existing.key !== record.key
  // Two spellings of one partition may lie in different topic partitions: the later one counts.
  if (respelled && (record.value === null || existing.timestamp > record.timestamp)) {
    const stale = new Set(existing.stale)
    if (record.value === null) stale.delete(record.key)
    else stale.add(record.key)
    entries.set(id, { ...existing, stale })
    return
  }
  const offset = record.value === null ? null : offsetOf(record.value)
  if (offset === null) {
    entries.delete(id)
    return
  }
  const stale = new Set(existing?.stale)
  if (respelled) stale.add(existing.key)
  stale.delete(record.key)
  entries.set(id, {
    connector,
    key: record.key,
    stale,
    partition,
    offset,
    timestamp: record.timestamp
  })
}

function parseKey(key: string): { connector: string; partition: SourcePartition } | undefined {
  const parsed = tryParseJson(key)
  if (!Array.isArray(parsed) || parsed.length !== 2) return undefined
  const [connector, partition] = parsed as readonly JsonValue[]
  if (typeof connector !== 'string' || !isFlat(partition)) return undefined
  return { connector, partition }
}

function offsetOf(text: string): SourceOffset | null {
  const parsed = tryParseJson(text)
  return isFlat(parsed) ? parsed : null
}

function isFlat(value: JsonValue | undefined): value is Readonly<Record<string, OffsetValue>> {
  return (
    isJsonObject(value) && Object.values(value).every((v) => typeof v !== 'object' || v === null)
  )
}

/** The canonical key: equal for equal partitions, whatever the order of their fields. */
function keyOf(connector: string, partition: SourcePartition): string {
  const names = Object.keys(checked(connector, partition)).sort()
  const sorted = Object.fromEntries(names.map((name) => [name, partition[name]]))
  return printExactJson([connector, sorted])
}

function checked<T extends SourcePartition | SourceOffset>(connector: string, value: T): T {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'object' || member === null) continue
    throw new ConnectError(
      'BAD_OFFSET',
      `Connector '${connector}' gave an offset or partition whose '${name}' is not text, a number, a boolean or null`,
      { hint: 'a source partition and a source offset hold plain values only' }
    )
  }
  return value
}

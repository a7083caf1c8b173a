import type { SourceRecord } from '../../runtime/api/record.ts'
import { int64, Struct, string, struct } from '../../runtime/api/schema.ts'

const keySchema = struct(
  { serverName: string() },
  { name: 'io.debezium.connector.common.ServerNameKey', version: 1 }
)
const valueSchema = struct(
  { ts_ms: int64() },
  { name: 'io.debezium.connector.common.Heartbeat', version: 1 }
)

/** Sends a small record now and then, so that consumers see a quiet source that is alive. */
export class Heartbeat {
  readonly #intervalMs: number
  readonly #topic: string
  readonly #key: Struct
  #last: number

  /** @param intervalMs 0 sends none */
  constructor(options: { intervalMs: number; topicPrefix: string; prefix: string; now: number }) {
    this.#intervalMs = options.intervalMs
    this.#topic = `${options.topicPrefix}.${options.prefix}`
    this.#key = new Struct(keySchema, [options.prefix])
    this.#last = options.now
  }

  /** Milliseconds until the next one is due, or null when none is sent. */
  dueIn(now: number): number | null {
    return this.#intervalMs === 0 ? null : Math.max(0, this.#last + this.#intervalMs - now)
  }

  beat(now: number): SourceRecord {
    this.#last = now
    return {
      topic: this.#topic,
      partition: 0,
      keySchema,
      key: this.#key,
      valueSchema,
      value: new Struct(valueSchema, [now]),
      headers: [],
      timestamp: null
    }
  }
}

import type { ConnectRecord } from './record.ts'
import type { Schema } from './schema.ts'

/** A schema and a value of it. A null schema goes with plain JSON. */
export interface SchemaAndValue {
  readonly schema: Schema | null
  readonly value: unknown
}

/**
 * Turns values into the bytes of a topic and back. Text is returned as a string: it is encoded
 * as UTF-8 straight into the batch. Implementations compile per schema and cache by identity.
 */
export interface Converter {
  /** @throws {DataError} when the value is not one of the schema */
  fromConnect(topic: string, schema: Schema | null, value: unknown): string | Uint8Array | null
  /** @throws {DataError} when the bytes are not what the converter writes */
  toConnect(topic: string, bytes: Uint8Array | null): SchemaAndValue
}

export interface HeaderConverter {
  fromConnect(
    topic: string,
    key: string,
    schema: Schema | null,
    value: unknown
  ): string | Uint8Array | null
  toConnect(topic: string, key: string, bytes: Uint8Array | null): SchemaAndValue
}

/** A single message transform: pure, no I/O. Returns the record to pass on, or null to drop it. */
export interface Transform {
  apply<R extends ConnectRecord>(record: R): R | null
}

export interface Predicate {
  test(record: ConnectRecord): boolean
}

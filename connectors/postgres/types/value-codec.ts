import type { Schema } from '../../../runtime/api/schema.ts'
import type { ValueOptions } from './value-options.ts'

/** How the values of one type, with its modifier, are written. */
export interface ValueCodec {
  /** Neither optional nor with a default. */
  readonly schema: Schema
  /**
   * From PostgreSQL's text.
   * @throws {UnconvertibleValue} when the schema has no way to say it
   */
  decode(text: string): unknown
  /** Stands in where a NOT NULL column has no value: in the `before` of a delete. */
  readonly zero: unknown
  /** Stands for an out-of-line value that PostgreSQL did not send. */
  readonly unchanged: unknown
  /** The constant of a DEFAULT clause; undefined when defaults of this type are not shown. */
  constant?(text: string): unknown
  /** Shown as the default of a column whose DEFAULT is a function; undefined shows none. */
  readonly functionDefault?: unknown
}

/** What the codec of a type may depend on. */
export interface TypeUse {
  /** -1 when there is none. */
  readonly typmod: number
  readonly options: ValueOptions
}

/** A codec for values that are text on both sides. */
export function textCodec(schema: Schema, use: TypeUse, zero = ''): ValueCodec {
  return { schema, decode: (text) => text, zero, unchanged: use.options.placeholder }
}

/** Adds that constant defaults are shown, and what stands for a function. */
export function withDefaults(codec: ValueCodec, functionDefault?: unknown): ValueCodec {
  const constant = codec.constant ?? codec.decode
  return functionDefault === undefined
    ? { ...codec, constant }
    : { ...codec, constant, functionDefault }
}

/** The type names of Kafka Connect's `Schema.Type`, in lower case as JsonConverter writes them. */
export type SchemaType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct'

/** What a schema may say besides its type. Every member may be left out. */
export interface SchemaOptions {
  readonly optional?: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: Readonly<Record<string, string>>
  /** The default value, as a value of the schema's type. `undefined` means that there is none. */
  readonly default?: unknown
}

export interface Field {
  readonly name: string
  readonly index: number
  readonly schema: Schema
}

/**
 * An immutable schema, shared by all records that have it: converters and transforms compile once per
 * schema and cache by identity, so build one object per table version, never one per record.
 *
 * Values by type: int8, int16, int32 `number`; int64 `number` when safe, else `bigint`; float32,
 * float64 `number`; boolean; string; bytes `Uint8Array`; array `readonly unknown[]`; map `Map`;
 * struct {@link Struct}; any of them null where the schema is optional.
 * Logical types by `name`: Kafka Connect's Decimal is an exact decimal `string` such as `'-12.50'`
 * with as many fraction digits as its `scale` parameter; Date, Time and Timestamp are their integers.
 */
export class Schema {
  readonly type: SchemaType
  readonly optional: boolean
  readonly name: string | undefined
  readonly version: number | undefined
  readonly doc: string | undefined
  readonly parameters: Readonly<Record<string, string>> | undefined
  readonly default: unknown
  /** The fields of a struct, in order; empty for every other type. */
  readonly fields: readonly Field[]
  /** The element schema of an array, or the value schema of a map. */
  readonly items: Schema | undefined
  /** The key schema of a map. */
  readonly keys: Schema | undefined
  readonly #byName: ReadonlyMap<string, Field>

  constructor(
    type: SchemaType,
    options: SchemaOptions = {},
    parts: { fields?: readonly Field[]; items?: Schema; keys?: Schema } = {}
  ) {
    this.type = type
    this.optional = options.optional ?? false
    this.name = options.name
    this.version = options.version
    this.doc = options.doc
    this.parameters = options.parameters
    this.default = options.default
    this.fields = parts.fields ?? []
    this.items = parts.items
    this.keys = parts.keys
    this.#byName = new Map(this.fields.map((field) => [field.name, field]))
  }

  field(name: string): Field | undefined {
    return this.#byName.get(name)
  }

  /** The same schema with some options changed. */
  with(options: SchemaOptions): Schema {
    const merged: Record<string, unknown> = {}
    for (const key of ['optional', 'name', 'version', 'doc', 'parameters', 'default'] as const) {
      const value = key in options ? options[key] : this[key]
      if (value !== undefined) merged[key] = value
    }
    const parts: { fields?: readonly Field[]; items?: Schema; keys?: Schema } = {
      fields: this.fields
    }
    if (this.items) parts.items = this.items
    if (this.keys) parts.keys = this.keys
    return new Schema(this.type, merged as SchemaOptions, parts)
  }
}

/**
 * A value of a struct schema: one value per field, in the order of `schema.fields`. Where records
 * share one struct, freeze its values: converters then convert it once.
 */
export class Struct {
  readonly schema: Schema
  readonly values: unknown[]

  constructor(schema: Schema, values: unknown[] = new Array(schema.fields.length).fill(null)) {
    this.schema = schema
    this.values = values
  }

  /** @returns the value of the field, or undefined when the schema has no such field. */
  get(name: string): unknown {
    const field = this.schema.field(name)
    return field === undefined ? undefined : this.values[field.index]
  }

  /** @throws {TypeError} when the schema has no such field. */
  set(name: string, value: unknown): this {
    const field = this.schema.field(name)
    if (field === undefined)
      throw new TypeError(`No field '${name}' in struct ${this.schema.name ?? ''}`)
    this.values[field.index] = value
    return this
  }
}

const primitive = (type: SchemaType) => (options?: SchemaOptions) => new Schema(type, options)

export const int8 = primitive('int8')
export const int16 = primitive('int16')
export const int32 = primitive('int32')
export const int64 = primitive('int64')
export const float32 = primitive('float32')
export const float64 = primitive('float64')
export const boolean = primitive('boolean')
export const string = primitive('string')
export const bytes = primitive('bytes')

export function array(items: Schema, options?: SchemaOptions): Schema {
  return new Schema('array', options, { items })
}

export function map(keys: Schema, items: Schema, options?: SchemaOptions): Schema {
  return new Schema('map', options, { keys, items })
}

/** @param fields name to schema, in order */
export function struct(fields: Readonly<Record<string, Schema>>, options?: SchemaOptions): Schema {
  return structOf(Object.entries(fields), options)
}

/** As {@link struct}, for names that an object would reorder (integers) or refuse. */
export function structOf(
  fields: readonly (readonly [name: string, schema: Schema])[],
  options?: SchemaOptions
): Schema {
  return new Schema('struct', options, {
    fields: fields.map(([name, schema], index) => ({ name, index, schema }))
  })
}

/** Name of the Decimal logical type (`org.apache.kafka.connect.data.Decimal`). */
export const DECIMAL = 'org.apache.kafka.connect.data.Decimal'

/** A schema for exact decimals with a fixed number of fraction digits. */
export function decimal(scale: number, options: SchemaOptions = {}): Schema {
  const parameters = { scale: String(scale), ...options.parameters }
  return new Schema('bytes', { version: 1, ...options, name: DECIMAL, parameters })
}

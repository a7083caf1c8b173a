import { boolean, int, oneOf, string } from '../api/config.ts'
import { defineConverter } from '../api/connector.ts'
import type { Converter, SchemaAndValue } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import { listed } from '../api/listing.ts'
import type { Schema } from '../api/schema.ts'
import { converterType } from './converter-type.ts'
import { JsonReader } from './json-reader.ts'
import { schemaText } from './json-schema-text.ts'
import { type DecimalFormat, JsonWriter } from './json-writer.ts'
import { describeMismatch } from './mismatch.ts'
import { plainText } from './plain-json.ts'

export interface JsonConverterOptions {
  /** Whether each value carries its schema: `{"schema":...,"payload":...}`. */
  readonly schemasEnable: boolean
  /** Whether null in a field with a default is written, and read, as the default. */
  readonly replaceNullWithDefault: boolean
  readonly decimalFormat: DecimalFormat
  /** How many schemas to remember when reading. Default 1000. */
  readonly schemaCacheSize?: number
  /** A schema, as JSON text, of values that come without one. Needs `schemasEnable`. */
  readonly schemaContent?: string | null
}

/**
 * Values as JSON text, byte for byte as Kafka Connect's JsonConverter writes them.
 * Without a schema, values are plain JSON: objects, arrays, strings, numbers, and bigint for
 * integers beyond 2^53.
 *
 * @throws {DataError} INVALID_VALUE when writing, INVALID_JSON when reading
 */
export function createJsonConverter(options: JsonConverterOptions): Converter {
  return new JsonConverter(options)
}

class JsonConverter implements Converter {
  readonly #writer: JsonWriter
  readonly #reader: JsonReader
  readonly #schemasEnable: boolean
  readonly #prefixes = new WeakMap<Schema, string>()
  // Records of one schema come in runs: the last one saves both look-ups.
  #lastSchema: Schema | null = null
  #lastPrefix = ''
  #lastWrite: (value: unknown) => string = String

  constructor(options: JsonConverterOptions) {
    this.#schemasEnable = options.schemasEnable
    this.#writer = new JsonWriter(options)
    this.#reader = new JsonReader({
      schemasEnable: options.schemasEnable,
      replaceNullWithDefault: options.replaceNullWithDefault,
      schemaCacheSize: options.schemaCacheSize ?? 1000,
      schemaContent: options.schemaContent ?? null
    })
  }

  fromConnect(topic: string, schema: Schema | null, value: unknown): string | null {
    try {
      if (schema === null) return this.#schemaless(value)
      if (schema !== this.#lastSchema) this.#use(schema)
      const payload = this.#lastWrite(value)
      return this.#schemasEnable ? `${this.#lastPrefix}${payload}}` : payload
    } catch (error) {
      const known = schema === null ? null : describeMismatch(schema, value)
      const reason = known ?? (error instanceof Error ? error.message : String(error))
      throw new DataError(
        'INVALID_VALUE',
        `Cannot write a record of topic ${topic} as JSON: ${reason}`,
        {
          cause: error
        }
      )
    }
  }

  toConnect(topic: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.#reader.read(topic, bytes)
  }

  #schemaless(value: unknown): string | null {
    if (value === null || value === undefined) return null
    const payload = plainText(value, this.#writer)
    return this.#schemasEnable ? `{"schema":null,"payload":${payload}}` : payload
  }

  #use(schema: Schema): void {
    let prefix = this.#prefixes.get(schema)
    if (prefix === undefined) {
      prefix = this.#schemasEnable ? `{"schema":${schemaText(schema, this.#writer)},"payload":` : ''
      this.#prefixes.set(schema, prefix)
    }
    this.#lastWrite = this.#writer.writerOf(schema)
    this.#lastPrefix = prefix
    this.#lastSchema = schema
  }
}

const jsonKeys = listed(
  {
    ...converterType,
    'schemas.enable': boolean({
      doc: 'Wrap each value as `{"schema": ..., "payload": ...}`.',
      default: true,
      importance: 'HIGH'
    }),
    'schemas.cache.size': int({
      doc: 'How many schemas to remember when reading values that carry their schema.',
      default: 1000,
      min: 0,
      importance: 'HIGH'
    }),
    'schema.content': string({
      doc: 'A schema, as the JSON text of the `schema` member, for topics whose values come without one. Needs `schemas.enable`.',
      default: null,
      importance: 'HIGH'
    }),
    'decimal.format': oneOf(['BASE64', 'NUMERIC'], {
      doc: 'Write Decimal values as base64 of their unscaled bytes, or as JSON numbers.',
      default: 'BASE64',
      importance: 'LOW'
    }),
    'replace.null.with.default': boolean({
      doc: 'Write and read null as the default of the field, where its schema has one. Set it to false to keep null as null.',
      default: true,
      importance: 'LOW'
    })
  },
  [
    ['converter.type', null, 'NONE', 'converter.type'],
    ['schemas.enable', 'Schemas', 'MEDIUM', 'Enable Schemas', { order: 0 }],
    ['schemas.cache.size', 'Schemas', 'MEDIUM', 'Schema Cache Size', { order: 1 }],
    ['schema.content', 'Schemas', 'MEDIUM', 'Schema Content', { order: 2 }],
    ['decimal.format', 'Serialization', 'MEDIUM', 'Decimal Format', { order: 0 }],
    [
      'replace.null.with.default',
      'Serialization',
      'MEDIUM',
      'Replace null with default',
      { order: 1 }
    ]
  ]
)

export default defineConverter({
  summary: 'JSON, with or without schemas, byte for byte as the JsonConverter of Kafka Connect.',
  classNames: ['org.apache.kafka.connect.json.JsonConverter'],
  config: jsonKeys,
  create(config) {
    return createJsonConverter({
      schemasEnable: config['schemas.enable'],
      replaceNullWithDefault: config['replace.null.with.default'],
      decimalFormat: config['decimal.format'],
      schemaCacheSize: config['schemas.cache.size'],
      schemaContent: config['schema.content']
    })
  }
})

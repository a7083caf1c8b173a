import { isUtf8 } from 'node:buffer'
import type { SchemaAndValue } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import type { Schema } from '../api/schema.ts'
import { JsonCursor, JsonProblem } from './json-cursor.ts'
import { JsonParser, memberTexts } from './json-parser.ts'
import { parseSchema } from './json-schema-parser.ts'
import { type Read, StructReader } from './json-struct-reader.ts'

export interface JsonReaderOptions {
  readonly schemasEnable: boolean
  readonly replaceNullWithDefault: boolean
  readonly schemaCacheSize: number
  readonly schemaContent: string | null
}

/** What records of one table version have in common: all bytes up to their payload. */
interface Prefix {
  readonly bytes: Buffer
  readonly schema: Schema
  readonly read: Read
}

/** What is remembered of a topic, the prefix used last first. */
interface TopicMemory {
  readonly parser: JsonParser
  readonly prefixes: Prefix[]
}

/** A table seldom has more versions in flight; each costs a comparison of bytes when it is not the first. */
const PREFIXES_PER_TOPIC = 4

const NO_ENVELOPE =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain ' +
  'additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false ' +
  'in your converter configuration.'

/** Reads JSON text into values, with or without the envelope that carries the schema. */
export class JsonReader {
  readonly #options: JsonReaderOptions
  readonly #structs: StructReader
  readonly #cursor = new JsonCursor()
  readonly #schemas = new Map<string, Schema | null>()
  readonly #topics = new Map<string, TopicMemory>()
  readonly #given: Schema | null

  constructor(options: JsonReaderOptions) {
    this.#options = options
    this.#structs = new StructReader(options.replaceNullWithDefault)
    const { schemaContent, schemasEnable } = options
    try {
      this.#given =
        schemaContent && schemasEnable ? parseSchema(schemaContent, this.#structs) : null
    } catch (error) {
      throw new DataError('INVALID_JSON', `The schema in schema.content ${reasonOf(error)}`)
    }
  }

  /** @throws {DataError} INVALID_JSON with the topic and what is wrong */
  read(topic: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: null, value: null }
    const buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    try {
      const memory = this.#memoryOf(topic)
      if (!this.#options.schemasEnable) {
        return { schema: null, value: memory.parser.parse(decode(buffer, 0)) }
      }
      if (this.#given) return this.#payload(this.#given, decode(buffer, 0))
      return this.#enveloped(memory, buffer)
    } catch (error) {
      throw new DataError('INVALID_JSON', `A record of topic ${topic} ${reasonOf(error)}`, {
        cause: error
      })
    }
  }

  #memoryOf(topic: string): TopicMemory {
    let memory = this.#topics.get(topic)
    if (memory === undefined) {
      memory = { parser: new JsonParser(), prefixes: [] }
      this.#topics.set(topic, memory)
    }
    return memory
  }

  #payload(schema: Schema, text: string): SchemaAndValue {
    const cursor = this.#cursor
    cursor.reset(text)
    const value = this.#structs.readerOf(schema)(cursor)
    cursor.end()
    return { schema, value }
  }

  #enveloped(memory: TopicMemory, buffer: Buffer): SchemaAndValue {
    const { prefixes } = memory
    for (let at = 0; at < prefixes.length; at++) {
      const prefix = prefixes[at] as Prefix
      const { length } = prefix.bytes
      if (buffer.length <= length || buffer.compare(prefix.bytes, 0, length, 0, length) !== 0)
        continue
      if (at > 0) prefixes.unshift(...prefixes.splice(at, 1))
      const cursor = this.#cursor
      cursor.reset(decode(buffer, length))
      const value = prefix.read(cursor)
      if (cursor.peek() !== 0x7d) break // More members after the payload: the long way finds out.
      cursor.at++
      cursor.end()
      return { schema: prefix.schema, value }
    }
    return this.#firstOfItsKind(memory, decode(buffer, 0))
  }

  #firstOfItsKind(memory: TopicMemory, text: string): SchemaAndValue {
    const members = memberTexts(text)
    const schemaAt = members.get('schema')
    const payloadAt = members.get('payload')
    if (!schemaAt || !payloadAt || members.size !== 2)
      throw new JsonProblem(`is refused: ${NO_ENVELOPE}`)
    const schema = this.#schemaOf(text.slice(schemaAt.start, schemaAt.end))
    const payload = text.slice(payloadAt.start, payloadAt.end)
    if (schema === null) return { schema, value: memory.parser.parse(payload) }
    if (schemaAt.start < payloadAt.start) {
      const bytes = Buffer.from(text.slice(0, payloadAt.start))
      memory.prefixes.unshift({ bytes, schema, read: this.#structs.readerOf(schema) })
      memory.prefixes.length = Math.min(memory.prefixes.length, PREFIXES_PER_TOPIC)
    }
    return this.#payload(schema, payload)
  }

  /** The same object for the same text, so that what others compiled for it is used again. */
  #schemaOf(text: string): Schema | null {
    const known = this.#schemas.get(text)
    if (known !== undefined) return known
    const schema = parseSchema(text, this.#structs)
    if (this.#schemas.size >= Math.max(1, this.#options.schemaCacheSize)) {
      const [oldest] = this.#schemas.keys()
      if (oldest !== undefined) this.#schemas.delete(oldest)
    }
    this.#schemas.set(text, schema)
    return schema
  }
}

function decode(buffer: Buffer, from: number): string {
  const text = buffer.toString('utf8', from)
  // The replacement character may be in the data, but it also hides bytes that are no text.
  if (text.includes('\ufffd') && !isUtf8(buffer)) throw new JsonProblem('is not UTF-8')
  return text
}

function reasonOf(error: unknown): string {
  if (!(error instanceof JsonProblem)) return `cannot be read: ${String(error)}`
  return error.path === '' ? error.message : `cannot be read: ${error.path} ${error.message}`
}

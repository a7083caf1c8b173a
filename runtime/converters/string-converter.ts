import { isUtf8 } from 'node:buffer'
import { string } from '../api/config.ts'
import { defineConverter } from '../api/connector.ts'
import type { Converter } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import { type Schema, string as stringSchema } from '../api/schema.ts'
import { converterType } from './converter-type.ts'
import { doubleText, floatText } from './json-text.ts'
import { JsonWriter } from './json-writer.ts'
import { plainText } from './plain-json.ts'

const OPTIONAL_STRING = stringSchema({ optional: true })

export type StringEncoding = 'UTF-8' | 'ISO-8859-1' | 'US-ASCII'

/** Java's names of the encodings, in lower case. */
const ENCODINGS: Readonly<Record<string, StringEncoding>> = {
  'utf-8': 'UTF-8',
  utf8: 'UTF-8',
  'iso-8859-1': 'ISO-8859-1',
  iso8859_1: 'ISO-8859-1',
  latin1: 'ISO-8859-1',
  'us-ascii': 'US-ASCII',
  ascii: 'US-ASCII'
}

function encodingNamed(name: string): StringEncoding | undefined {
  return ENCODINGS[name.trim().toLowerCase()]
}

/**
 * Text as it is; numbers and booleans as Java prints them. Structs, maps, lists and objects are
 * written as JSON, where Kafka Connect's StringConverter writes Java's debugging text.
 *
 * @throws {DataError} INVALID_TEXT when bytes are not text of the encoding, or text cannot be written in it
 */
export function createStringConverter(encoding: StringEncoding = 'UTF-8'): Converter {
  const json = new JsonWriter({ decimalFormat: 'NUMERIC', replaceNullWithDefault: false })
  const encode = encoderOf(encoding)
  return {
    fromConnect(topic, schema, value) {
      if (value === null || value === undefined) return null
      return encode(topic, typeof value === 'string' ? value : textOf(schema, value, json))
    },
    toConnect(topic, bytes) {
      if (bytes === null) return { schema: OPTIONAL_STRING, value: null }
      return { schema: OPTIONAL_STRING, value: decode(topic, bytes, encoding) }
    }
  }
}

/** A value as text, as {@link createStringConverter} writes it. */
function textOf(schema: Schema | null, value: unknown, json: JsonWriter): string {
  if (typeof value === 'number' && schema?.type === 'float32')
    return floatText(value).replaceAll('"', '')
  if (typeof value === 'number' && (schema?.type === 'float64' || !Number.isSafeInteger(value))) {
    return doubleText(value).replaceAll('"', '')
  }
  return plainText(value, json)
}

function encoderOf(encoding: StringEncoding): (topic: string, text: string) => string | Uint8Array {
  if (encoding === 'UTF-8') return (_topic, text) => text
  const last = encoding === 'US-ASCII' ? 0x7f : 0xff
  return (topic, text) => {
    for (let at = 0; at < text.length; at++) {
      if (text.charCodeAt(at) <= last) continue
      throw new DataError(
        'INVALID_TEXT',
        `Cannot write a record of topic ${topic}: character ${at + 1} does not exist in ${encoding}`
      )
    }
    return Buffer.from(text, 'latin1')
  }
}

function decode(topic: string, bytes: Uint8Array, encoding: StringEncoding): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (encoding === 'ISO-8859-1') return buffer.toString('latin1')
  const text = buffer.toString('utf8')
  const broken = text.includes('\ufffd') && !isUtf8(buffer)
  if (broken || (encoding === 'US-ASCII' && buffer.some((byte) => byte > 0x7f))) {
    throw new DataError('INVALID_TEXT', `A record of topic ${topic} is not ${encoding} text`)
  }
  return text
}

export default defineConverter({
  summary: 'Plain text; numbers and booleans as text.',
  classNames: ['org.apache.kafka.connect.storage.StringConverter'],
  config: {
    ...converterType,
    'converter.encoding': string({
      doc: 'The encoding of the text: UTF-8, ISO-8859-1 or US-ASCII.',
      default: 'UTF-8',
      importance: 'HIGH',
      validator: (name) =>
        encodingNamed(name) === undefined
          ? `must be one of ${[...new Set(Object.values(ENCODINGS))].join(', ')}, not '${name}'`
          : undefined,
      listing: { width: 'MEDIUM', displayName: 'Encoding' }
    })
  },
  create: (config) => createStringConverter(encodingNamed(config['converter.encoding']))
})

import { defineConverter } from '../api/connector.ts'
import type { Converter } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import { bytes } from '../api/schema.ts'
import { converterType } from './converter-type.ts'

const OPTIONAL_BYTES = bytes({ optional: true })

/**
 * Bytes as they are, in and out.
 *
 * @throws {DataError} INVALID_VALUE when the value to write is neither bytes nor null
 */
export function createByteArrayConverter(): Converter {
  return {
    fromConnect(topic, schema, value) {
      if (value === null || value === undefined) return null
      if (value instanceof Uint8Array && (schema === null || schema.type === 'bytes')) return value
      const type = schema?.type ?? typeof value
      throw new DataError(
        'INVALID_VALUE',
        `Cannot write a record of topic ${topic} as bytes: the value is of type ${type}`,
        { hint: 'Use a converter for that type, such as json or string.' }
      )
    },
    toConnect(_topic, value) {
      return { schema: OPTIONAL_BYTES, value }
    }
  }
}

export default defineConverter({
  summary: 'Bytes passed through as they are.',
  classNames: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
  config: converterType,
  create: () => createByteArrayConverter()
})

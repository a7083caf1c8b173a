import { createHash } from 'node:crypto'
import { array } from '../../../runtime/api/schema.ts'
import { readArray } from './array-text.ts'
import type { TypeUse, ValueCodec } from './value-codec.ts'

/** An array of elements that may be null; one list, whatever the number of dimensions. */
export function arrayCodec(element: ValueCodec, use: TypeUse): ValueCodec {
  const { decode } = element
  return {
    schema: array(element.schema.with({ optional: true })),
    decode: (text) => (text === '{}' ? [] : readArray(text, decode)),
    zero: [],
    unchanged: unchangedElements(element, use.options.placeholder)
  }
}

/** Stands for an array that was not sent: numbers are the bytes of the placeholder. */
function unchangedElements(element: ValueCodec, placeholder: string): unknown[] {
  const bytes = [...Buffer.from(placeholder)]
  switch (element.schema.type) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
      return bytes
    case 'boolean':
      return bytes.flatMap((byte) =>
        [...byte.toString(2).padStart(8, '0')].map((bit) => bit === '1')
      )
    default:
      return [
        element.schema.name === 'io.debezium.data.Uuid' ? namedUuid(placeholder) : element.unchanged
      ]
  }
}

/** As Java's `UUID.nameUUIDFromBytes`: version 3 without a name space. */
export function namedUuid(name: string): string {
  const hash = createHash('md5').update(name).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x30
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

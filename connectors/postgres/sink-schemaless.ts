import { decimalOfBytes } from '../../runtime/api/decimal.ts'
import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import type { TargetColumn } from './sink-tables.ts'
import { dateText, isoText, timestampText, timeText } from './sink-temporal.ts'
import { quoteElement } from './sink-text.ts'

/** A value that is not null, as text for its column. */
type ToText = (value: unknown) => string

/**
 * How values without a schema become a column's text. What a number or a text means is told by the
 * type of the column, as Debezium would have written it for a column of that type: days for a date,
 * milliseconds for times with up to three fraction digits and else microseconds, base64 for bytes.
 */
export function schemalessText(
  column: Pick<TargetColumn, 'type' | 'typmod' | 'scale' | 'element'>,
  options: { decimalsAsBase64: boolean }
): ToText {
  const { element } = column
  if (element) return arrayText(schemalessText(element, options))
  const unit = column.typmod >= 0 && column.typmod <= 3 ? 1000n : 1n
  switch (column.type) {
    case 'date':
      return numberOr((value) => dateText(Number(value)))
    case 'time':
      return numberOr((value) => timeText(value * unit))
    case 'timestamp':
      return numberOr((value) => timestampText(value * unit))
    case 'timestamptz':
      return numberOr((value) => `${timestampText(value * unit)}+00`)
    case 'interval':
      return numberOr((value) => `${value} microseconds`)
    case 'bytea':
      return byteaText
    case 'bit':
    case 'varbit':
      return bitText(column)
    case 'json':
    case 'jsonb':
      return (value) => (typeof value === 'string' ? value : toJson(value))
    case 'numeric':
      return numericText(column.scale, options.decimalsAsBase64)
    case 'point':
      return pointText
    default:
      return plainText
  }
}

function plainText(value: unknown): string {
  return typeof value === 'object' ? toJson(value) : String(value)
}

function numberOr(convert: (value: bigint) => string): ToText {
  return (value) => {
    if (typeof value === 'bigint') return convert(value)
    if (typeof value === 'number' && Number.isSafeInteger(value)) return convert(BigInt(value))
    return typeof value === 'string' ? isoText(value) : plainText(value)
  }
}

function base64(value: string): Buffer {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.toString('base64') !== value) {
    throw new DataError('INVALID_VALUE', 'text for bytes must be base64')
  }
  return bytes
}

function byteaText(value: unknown): string {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (typeof value !== 'string')
    throw new DataError('INVALID_VALUE', `a ${typeof value} is not bytes`)
  return `\\x${base64(value).toString('hex')}`
}

/** Debezium writes `bit(1)` as a boolean and longer ones as little-endian bytes. */
function bitText(column: Pick<TargetColumn, 'type' | 'typmod'>): ToText {
  const length = column.type === 'bit' && column.typmod > 0 ? column.typmod : 1
  return (value) => {
    if (typeof value === 'boolean') return value ? '1' : '0'
    if (typeof value !== 'string' || /^[01]+$/.test(value)) return plainText(value)
    let digits = ''
    for (const byte of base64(value)) digits = byte.toString(2).padStart(8, '0') + digits
    return (digits.replace(/^0+(?=.)/, '') || '0').padStart(length, '0')
  }
}

function numericText(scale: number | null, asBase64: boolean): ToText {
  return (value) => {
    if (typeof value === 'object' && value !== null && 'scale' in value && 'value' in value) {
      return decimalOfBytes(base64(String(value.value)), Number(value.scale))
    }
    if (asBase64 && typeof value === 'string') {
      if (scale === null) {
        throw new DataError(
          'INVALID_VALUE',
          'base64 for a numeric column without a scale has no meaning'
        )
      }
      return decimalOfBytes(base64(value), scale)
    }
    return plainText(value)
  }
}

function pointText(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'x' in value && 'y' in value) {
    return `(${Number(value.x)},${Number(value.y)})`
  }
  return plainText(value)
}

function arrayText(item: ToText): ToText {
  const text: ToText = (value) => {
    if (!Array.isArray(value)) return plainText(value)
    const parts = value.map((element: unknown) => {
      if (element === null || element === undefined) return 'NULL'
      return Array.isArray(element) ? text(element) : quoteElement(item(element))
    })
    return `{${parts.join(',')}}`
  }
  return text
}

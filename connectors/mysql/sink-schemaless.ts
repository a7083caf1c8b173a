import { decimalOfBytes } from '../../runtime/api/decimal.ts'
import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import { geometryBytes } from './sink-geometry.ts'
import {
  bitsOfInteger,
  invalid,
  type Meaning,
  texts,
  wholeDays,
  wholeNumber
} from './sink-meaning.ts'
import type { TargetColumn } from './sink-table.ts'
import { readInstant } from './sink-temporal.ts'

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * How values without a schema are read. What a number or a text means is told by the type of the column, as
 * Debezium would have written it for a column of that type: days for a date, microseconds for a time,
 * milliseconds for a datetime with up to three fraction digits and else microseconds, base64 for bytes.
 */
export function schemalessMeaning(
  column: Pick<TargetColumn, 'type' | 'digits' | 'scale' | 'length'>,
  options: { readonly decimalsAsBase64: boolean }
): Meaning {
  const unit = column.digits <= 3 ? 1000n : 1n
  const instant = (value: unknown) =>
    isWhole(value) ? BigInt(value) * unit : readInstant(plain(value))
  return {
    text: plain,
    integer: whole,
    decimal: (value) => decimalText(value, column.scale, options.decimalsAsBase64),
    float: (value) => (typeof value === 'number' ? value : read(texts.float, value)),
    bytes: (value) => bytesFor(value, column),
    date: (value) => (isWhole(value) ? Number(value) : wholeDays(readInstant(plain(value)))),
    time: (value) => (isWhole(value) ? BigInt(value) : read(texts.time, value)),
    instant,
    bits: bitsFor,
    geometry: geometryBytes
  }
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' ? toJson(value) : String(value)
}

function read<T>(from: ((value: unknown) => T) | undefined, value: unknown): T {
  return from && typeof value === 'string' ? from(value) : invalid('a value for the column', value)
}

function whole(value: unknown): number | bigint {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'string' ? read(texts.integer, value) : wholeNumber(value)
}

function decimalText(value: unknown, scale: number | null, asBase64: boolean): string {
  if (typeof value === 'object' && value !== null && 'scale' in value && 'value' in value) {
    return decimalOfBytes(base64(String(value.value)), Number(value.scale))
  }
  if (asBase64 && typeof value === 'string') return decimalOfBytes(base64(value), scale ?? 0)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return typeof value === 'boolean' ? String(Number(value)) : read(texts.decimal, value)
}

function base64(value: string): Buffer {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.toString('base64') === value) return bytes
  throw new DataError('INVALID_VALUE', 'text for bytes must be base64')
}

function bytesFor(value: unknown, column: Pick<TargetColumn, 'type' | 'length'>): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'string') return invalid('bytes', value)
  if (column.type === 'binary' && column.length === 16 && UUID.test(value)) {
    return Buffer.from(value.replaceAll('-', ''), 'hex')
  }
  return base64(value)
}

/** Debezium writes `bit(1)` as a boolean and longer ones as base64, the least significant byte first. */
function bitsFor(value: unknown): Buffer {
  if (typeof value === 'boolean') return Buffer.from([Number(value)])
  if (isWhole(value)) return bitsOfInteger(BigInt(value))
  if (typeof value !== 'string') return invalid('bits', value)
  if (/^[01]+$/.test(value)) return bitsOfInteger(BigInt(`0b${value}`))
  return Buffer.from(base64(value)).reverse()
}

import { scaled, unscaled } from '../../../runtime/api/decimal.ts'
import type { ColumnModel } from '../schema/table-model.ts'

/** What the DEFAULT clause of a column is. */
export type ColumnDefault =
  /** Nothing that a schema could show: no clause, NULL, or an expression. */
  | { readonly kind: 'none' }
  /** A text or a number. */
  | { readonly kind: 'text'; readonly text: string }
  /** `b'101'`, `x'4d'`. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** CURRENT_TIMESTAMP and its other names. */
  | { readonly kind: 'now' }

const NONE: ColumnDefault = { kind: 'none' }

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const BITS = /^(?:b'([01]*)'|0b([01]+))$/i
const HEX = /^(?:x'([0-9a-f]*)'|0x([0-9a-f]+))$/i
const INTRODUCED = /^_\w+\s*'((?:[^']|'')*)'$/
const NOW = /^(?:current_timestamp|now|localtime|localtimestamp)(?:\s*\(\s*\d*\s*\))?$/i

export function parseDefault(column: ColumnModel): ColumnDefault {
  const given = column.defaultExpression
  if (!column.hasDefault || given === null || column.generated) return NONE
  if (column.defaultIsLiteral) return { kind: 'text', text: given }
  const expression = given.trim()
  if (NUMBER.test(expression)) return { kind: 'text', text: expression }
  if (/^(?:true|false)$/i.test(expression)) {
    return { kind: 'text', text: /^t/i.test(expression) ? '1' : '0' }
  }
  const bits = BITS.exec(expression)
  if (bits) return { kind: 'bytes', bytes: bytesOfBits(bits[1] ?? bits[2] ?? '') }
  const hex = HEX.exec(expression)
  if (hex) return { kind: 'bytes', bytes: bytesOfHex(hex[1] ?? hex[2] ?? '') }
  const introduced = INTRODUCED.exec(expression)?.[1]
  if (introduced !== undefined) return { kind: 'text', text: introduced.replaceAll("''", "'") }
  return NOW.test(expression) ? { kind: 'now' } : NONE
}

/** The default as a plain decimal number, as far as it is one. */
export function numericDefault(column: ColumnModel): string | undefined {
  const given = parseDefault(column)
  if (given.kind === 'bytes') return BigInt(`0x${given.bytes.toString('hex') || '0'}`).toString()
  if (given.kind !== 'text') return undefined
  const text = given.text.trim()
  return NUMBER.test(text) ? plainNumber(text) : undefined
}

/** Without an exponent and without a plus. */
function plainNumber(text: string): string {
  const [digits = '', exponent] = text.replace(/^\+/, '').toLowerCase().split('e')
  if (exponent === undefined) return digits
  const fraction = digits.split('.')[1] ?? ''
  const scale = Math.max(0, fraction.length - Number(exponent))
  return scaled(BigInt(unscaled(text, scale)), scale)
}

function bytesOfBits(bits: string): Buffer {
  const length = Math.ceil(bits.length / 8)
  const padded = bits.padStart(length * 8, '0')
  return Buffer.from(
    Array.from({ length }, (_, i) => Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2))
  )
}

function bytesOfHex(digits: string): Buffer {
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

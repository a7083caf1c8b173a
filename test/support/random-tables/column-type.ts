import type { Random } from '../random.ts'

/** A type of a column with its attributes, and how values of it are made and looked at. */
export interface ColumnType {
  /** As in a declaration: `varchar(20) character set latin1`. */
  readonly sql: string
  /** How a key names the column after its name: empty, or a prefix such as `(20)`; null for no key. */
  readonly keyPart: string | null
  /** A value as SQL, never null. */
  literal(random: Random): string
  /** A value as a default is declared; as {@link ColumnType.literal} when it is left out. */
  fallback?(random: Random): string
  /** An expression for the bits of a value, given the quoted column. */
  bits(column: string): string
}

/** The value as bytes: text in the column's own character set, numbers and times as exact text. */
export const asBytes = (column: string) => `hex(cast(${column} as binary))`

const HEX = '0123456789abcdef'

/** @returns that many random bytes, as hexadecimal digits */
export function hexBytes(random: Random, count: number): string {
  return Array.from({ length: 2 * count }, () => HEX[random.below(16)]).join('')
}

/** @returns that many random decimal digits, the first may be 0 */
export function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => String(random.below(10))).join('')
}

/** A random whole number of up to 64 bits between two bounds, both included. */
export function between(random: Random, low: bigint, high: bigint): bigint {
  const wide = BigInt(`0x${hexBytes(random, 12)}`)
  return low + (wide % (high - low + 1n))
}

/** Text as people write it, which is what a default is shown as. */
export function quotedText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'`
}

/** Text as a literal of utf8mb4, whatever the session and `sql_mode` make of quotes. */
export function textLiteral(text: string): string {
  return text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`
}

import { scaled } from '../../runtime/api/decimal.ts'

/** Digits of a number that are always below 2^53. */
export const SAFE_DIGITS = 15

/** A whole number: `number` when that is exact, else `bigint`. */
export function readInt64(text: string): number | bigint {
  return text.length <= SAFE_DIGITS ? +text : exactInteger(BigInt(text))
}

/** As a `number` where that is exact. */
export function exactInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The plain decimal with exactly `scale` fraction digits, rounded half away from zero. */
export function rescale(text: string, scale: number): string {
  const point = text.indexOf('.')
  const digits = point < 0 ? 0 : text.length - point - 1
  if (digits === scale) return text
  if (digits < scale) return `${text}${point < 0 ? '.' : ''}${'0'.repeat(scale - digits)}`
  const kept = text.slice(0, point + 1 + scale)
  const value = BigInt(kept.replace('.', ''))
  const isUp = text.charCodeAt(point + 1 + scale) >= 0x35
  if (!isUp) return scaled(value, scale)
  return scaled(text.startsWith('-') ? value - 1n : value + 1n, scale)
}

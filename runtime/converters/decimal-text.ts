import { scaled, unscaled } from '../api/decimal.ts'

/** A plain decimal as Java's `BigDecimal.toString` prints it at a scale: `1E-10` for very small ones. */
export function bigDecimalText(text: string, scale: number): string {
  const value = BigInt(unscaled(text, scale))
  const digits = (value < 0n ? -value : value).toString()
  const exponent = digits.length - 1 - scale
  if (scale >= 0 && exponent >= -6) return scaled(value, scale)
  const sign = value < 0n ? '-' : ''
  const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits
  return exponent === 0
    ? sign + mantissa
    : `${sign}${mantissa}E${exponent < 0 ? '' : '+'}${exponent}`
}

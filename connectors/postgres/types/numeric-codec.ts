import { scaled, toTwosComplement } from '../../../runtime/api/decimal.ts'
import {
  boolean,
  bytes,
  decimal,
  float32,
  float64,
  int16,
  int32,
  int64,
  Struct,
  string,
  struct
} from '../../../runtime/api/schema.ts'
import { readInt64, rescale, SAFE_DIGITS } from '../../relational/exact-number.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { type TypeUse, type ValueCodec, withDefaults } from './value-codec.ts'

const DIGIT_NINE = 0x39

const smallInteger = (schema: ReturnType<typeof int32>): ValueCodec =>
  withDefaults({ schema, decode: (text) => +text, zero: 0, unchanged: 0 }, 0)

export const int2Codec = (): ValueCodec => smallInteger(int16())
export const int4Codec = (): ValueCodec => smallInteger(int32())
export const int8Codec = (): ValueCodec =>
  withDefaults({ schema: int64(), decode: readInt64, zero: 0, unchanged: 0 }, 0)
export const oidCodec = (): ValueCodec => ({
  schema: int64(),
  decode: (text) => +text,
  zero: 0,
  unchanged: 0
})
export const float4Codec = (): ValueCodec =>
  withDefaults({ schema: float32(), decode: (text) => +text, zero: 0, unchanged: 0 }, 0)
export const float8Codec = (): ValueCodec =>
  withDefaults({ schema: float64(), decode: (text) => +text, zero: 0, unchanged: 0 }, 0)

export const boolCodec = (): ValueCodec =>
  withDefaults(
    {
      schema: boolean(),
      decode: (text) => text === 't',
      constant: (text) => text === 'true' || text === 't',
      zero: false,
      unchanged: false
    },
    false
  )

/** `numeric`, with or without precision and scale. */
export function numericCodec(use: TypeUse): ValueCodec {
  if (use.options.decimal === 'double') return doubleDecimalCodec(use)
  if (use.typmod < 4)
    return use.options.decimal === 'string' ? stringCodec(use) : variableScale(use)
  const precision = ((use.typmod - 4) >> 16) & 0xffff
  // Eleven bits with a sign, which Debezium takes for a number from 0 to 2047: numeric(6,-2) has
  // scale 2046, with as many zeros after the point.
  const scale = (use.typmod - 4) & 0x7ff
  if (use.options.decimal === 'string') return stringCodec(use, scale >= 1024 ? 0 : scale)
  return fixedScale(use, scale, precision)
}

function doubleDecimalCodec(use: TypeUse): ValueCodec {
  const unchanged = Number(placeholderInteger(use))
  return withDefaults({ schema: float64(), decode: (text) => +text, zero: 0, unchanged }, 0)
}

function stringCodec(use: TypeUse, scale = 0): ValueCodec {
  const zero = scaled(0n, scale)
  return withDefaults(
    {
      schema: string(),
      decode: (text) => SPECIAL_TEXT[text] ?? text,
      constant: (text) => SPECIAL_TEXT[text] ?? (use.typmod < 4 ? text : rescale(text, scale)),
      zero,
      unchanged: use.options.placeholder
    },
    zero
  )
}

/** Names that Debezium's SpecialValueDecimal gives what is no number. */
const SPECIAL_TEXT: Readonly<Record<string, string>> = {
  NaN: 'NAN',
  Infinity: 'POSITIVE_INFINITY',
  '-Infinity': 'NEGATIVE_INFINITY'
}

function fixedScale(use: TypeUse, scale: number, precision: number): ValueCodec {
  const parameters = { 'connect.decimal.precision': String(precision) }
  const zero = scaled(0n, scale)
  const isNegativeScale = scale >= 1024
  return withDefaults(
    {
      schema: decimal(scale, { parameters }),
      decode: isNegativeScale
        ? (text) => rescale(checkFinite(text), scale)
        : // PostgreSQL prints as many fraction digits as the scale says.
          checkFinite,
      constant: (text) => rescale(checkFinite(text), scale),
      zero,
      unchanged: scaled(placeholderInteger(use), scale)
    },
    zero
  )
}

function checkFinite(text: string): string {
  if (text.charCodeAt(text.length - 1) > DIGIT_NINE) {
    throw new UnconvertibleValue(
      `${text} is no decimal number; decimal.handling.mode string or double can say it`
    )
  }
  return text
}

const variableScaleSchema = struct(
  { scale: int32(), value: bytes() },
  { name: 'io.debezium.data.VariableScaleDecimal', version: 1, doc: 'Variable scaled decimal' }
)

function variableScale(use: TypeUse): ValueCodec {
  const of = (scale: number, value: number | bigint) =>
    new Struct(variableScaleSchema, [scale, toTwosComplement(value)])
  return {
    schema: variableScaleSchema,
    decode(given) {
      const text = checkFinite(given)
      const point = text.indexOf('.')
      if (point < 0) return of(0, wholeNumber(text))
      let end = text.length
      while (text.charCodeAt(end - 1) === 0x30) end--
      const scale = Math.max(0, end - point - 1)
      return of(scale, wholeNumber(text.slice(0, point) + text.slice(point + 1, end)))
    },
    zero: of(0, 0),
    unchanged: of(0, placeholderInteger(use))
  }
}

function wholeNumber(digits: string): number | bigint {
  return digits.length <= SAFE_DIGITS ? +digits : BigInt(digits)
}

/** The bytes of the placeholder as a number: no decimal that anybody stores. */
function placeholderInteger(use: TypeUse): bigint {
  const hex = Buffer.from(use.options.placeholder).toString('hex')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}

/**
 * `money`, printed with lc_monetary C: `-$1,234.50`.
 * It always has two digits there, whatever `money.fraction.digits` says.
 */
export function moneyCodec(use: TypeUse): ValueCodec {
  const scale = use.options.moneyFractionDigits
  const plain = (text: string) => text.replaceAll(/[^0-9.-]/g, '')
  const unchanged = use.options.placeholder
  if (use.options.decimal === 'double') {
    return { schema: float64(), decode: (text) => +plain(text), zero: 0, unchanged: 0 }
  }
  const decode = (text: string) => rescale(plain(text), scale)
  const zero = scaled(0n, scale)
  if (use.options.decimal === 'string') return { schema: string(), decode, zero, unchanged }
  return { schema: decimal(scale), decode, zero, unchanged: zero }
}

import { int64, string } from '../../../runtime/api/schema.ts'
import { exactInteger } from '../../relational/exact-number.ts'
import { type Interval, readInterval } from './temporal-text.ts'
import { type TypeUse, type ValueCodec, withDefaults } from './value-codec.ts'

/** Debezium's average month: a twelfth of 365.25 days. */
const MICROS_PER_MONTH = 2_629_800_000_000n
const MICROS_PER_DAY = 86_400_000_000n
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

export function intervalCodec(use: TypeUse): ValueCodec {
  const unchanged = use.options.placeholder
  if (use.options.interval === 'string') {
    const codec = {
      schema: string({ name: 'io.debezium.time.Interval', version: 1 }),
      decode: (text: string) => isoInterval(readInterval(text)),
      zero: 'P0Y0M0DT0H0M0S',
      unchanged
    }
    return withDefaults(codec, codec.zero)
  }
  const codec = {
    schema: int64({ name: 'io.debezium.time.MicroDuration', version: 1 }),
    decode: (text: string) => microsOf(readInterval(text)),
    zero: 0,
    unchanged: 0
  }
  return withDefaults(codec, 0)
}

function microsOf(interval: Interval): number | bigint {
  const months = BigInt(interval.years) * 12n + BigInt(interval.months)
  const time = BigInt(interval.seconds) * 1_000_000n + BigInt(interval.micros)
  const micros = months * MICROS_PER_MONTH + BigInt(interval.days) * MICROS_PER_DAY + time
  if (micros > INT64_MAX) return INT64_MAX
  return micros < INT64_MIN ? INT64_MIN : exactInteger(micros)
}

/** ISO 8601 with every part, each with its own sign: `P-1Y0M-2DT0H0M-0.5S`. */
function isoInterval({ years, months, days, seconds, micros }: Interval): string {
  const isNegative = seconds < 0 || micros < 0
  const clock = Math.abs(seconds)
  const sign = (value: number) => (isNegative && value !== 0 ? `-${value}` : `${value}`)
  const hours = sign(Math.floor(clock / 3600))
  const minutes = sign(Math.floor(clock / 60) % 60)
  const fraction = String(Math.abs(micros)).padStart(6, '0').replace(/0+$/, '')
  const whole = clock % 60
  const second = fraction === '' ? sign(whole) : `${isNegative ? '-' : ''}${whole}.${fraction}`
  return `P${years}Y${months}M${days}DT${hours}H${minutes}M${second}S`
}

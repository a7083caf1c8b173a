import type { Schema } from '../../runtime/api/schema.ts'
import { daysOf, isoDate, isoTime } from './calendar.ts'
import {
  type ColumnConverter,
  type ConverterOptions,
  type ConvertibleColumn,
  selector
} from './column-conversion.ts'

/** A moment of UTC, to the second. */
interface Moment {
  readonly days: number
  readonly seconds: number
}

const FORMS = {
  date: /^(\d{4,})-(\d\d)-(\d\d)$/,
  datetime: /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/,
  timestamp: /^(\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(?:Z|([+-])(\d\d):(\d\d))$/
} as const

type Kind = keyof typeof FORMS

const EXAMPLES: Readonly<Record<Kind, string>> = {
  date: '1970-01-01',
  datetime: '1970-01-01 00:00:00',
  timestamp: '1970-01-01T00:00:00Z'
}

/**
 * ZeroDateFallbackConverter: `0000-00-00` becomes null, or a date of the configuration. The schema stays that of
 * the column (its precision too), but for being optional where null is the replacement; its default becomes the
 * replacement.
 */
export function zeroDateConverter(options: ConverterOptions): ColumnConverter {
  const selects = selector(options['selector'], true)
  const targets = (options['target.types'] ?? 'DATE,DATETIME,TIMESTAMP')
    .split(',')
    .map((type) => type.trim().toUpperCase())
  return {
    conversionOf(column, own) {
      if (!targets.includes(column.typeName) || !selects(column)) return null
      const kind = column.typeName.toLowerCase()
      if (!isKind(kind)) return null
      const replacement = written(momentOf(kind, replacementOf(options, column, kind)), own)
      return {
        schema: own,
        optional: column.optional || replacement === null,
        convert: (value) => value ?? replacement,
        shownDefault: (shown) => (shown === undefined ? undefined : (replacement ?? undefined))
      }
    }
  }
}

/** Replacements that cannot be read: option and what is wrong, worded to follow the key's name. */
export function zeroDateProblems(options: ConverterOptions): [option: string, problem: string][] {
  return Object.entries(options).flatMap(([option, value]) => {
    const kind = /^fallback\.(date|datetime|timestamp)$/.exec(option)?.[1] ?? ''
    if (!isKind(kind) || isNull(value) || FORMS[kind].test(value.trim())) return []
    return [[option, `must be NULL or such as ${EXAMPLES[kind]}, not '${value}'`]]
  })
}

function isKind(text: string): text is Kind {
  return text in FORMS
}

function isNull(value: string | undefined): boolean {
  return value === undefined || /^\s*(null\s*)?$/i.test(value)
}

function replacementOf(
  options: ConverterOptions,
  { table, name }: ConvertibleColumn,
  kind: Kind
): string | undefined {
  return options[`column.${table}.${name}.fallback`] ?? options[`fallback.${kind}`]
}

function momentOf(kind: Kind, value: string | undefined): Moment | null {
  if (value === undefined || isNull(value)) return null
  const found = FORMS[kind].exec(value.trim())
  if (found === null) return null
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const days = daysOf(year ?? 0, month ?? 1, day ?? 1)
  const offset =
    (found[7] === '-' ? -60 : 60) * (Number(found[8] ?? 0) * 60 + Number(found[9] ?? 0))
  const total = days * 86_400 + (hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0) - offset
  return { days: Math.floor(total / 86_400), seconds: total - Math.floor(total / 86_400) * 86_400 }
}

/** A moment as values of a schema are written. */
function written(moment: Moment | null, schema: Schema): unknown {
  if (moment === null) return null
  const { days, seconds } = moment
  const total = days * 86_400 + seconds
  switch (schema.name) {
    case 'io.debezium.time.Date':
    case 'org.apache.kafka.connect.data.Date':
      return days
    case 'io.debezium.time.MicroTimestamp': {
      const micros = total * 1_000_000
      return Number.isSafeInteger(micros) ? micros : BigInt(total) * 1_000_000n
    }
    case 'io.debezium.time.NanoTimestamp':
      return BigInt(total) * 1_000_000_000n
    case 'io.debezium.time.IsoDate':
      return `${isoDate(days)}Z`
    case 'io.debezium.time.IsoTimestamp':
    case 'io.debezium.time.ZonedTimestamp':
      return `${isoDate(days)}T${isoTime(seconds)}Z`
    default:
      return total * 1000
  }
}

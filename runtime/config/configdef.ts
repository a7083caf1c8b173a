import type { ConfigType } from '../api/config.ts'

// What Kafka's ConfigDef makes of the text of a value, and how it says that it cannot: clients show
// and compare these texts. (org.apache.kafka.common.config.ConfigDef.parseType, 4.3)

/** Null is JSON's null: a key without a value. */
export type ConfigDefValue = string | number | boolean | readonly string[] | null

/** The value of a text, or what is wrong with it. */
export type Parsed = { readonly value: ConfigDefValue } | { readonly problem: string }

const WHOLE: Readonly<Partial<Record<ConfigType, bigint>>> = {
  SHORT: 2n ** 15n,
  INT: 2n ** 31n,
  LONG: 2n ** 63n
}

export function parseType(type: ConfigType, text: string): Parsed {
  const trimmed = text.trim()
  switch (type) {
    case 'BOOLEAN':
      if (/^(true|false)$/i.test(trimmed)) return { value: trimmed.toLowerCase() === 'true' }
      return { problem: 'Expected value to be either true or false' }
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return wholeNumber(trimmed, WHOLE[type] ?? 0n) ?? { problem: `Not a number of type ${type}` }
    case 'DOUBLE':
      if (trimmed === '' || Number.isNaN(Number(trimmed))) {
        return { problem: 'Not a number of type DOUBLE' }
      }
      return { value: Number(trimmed) }
    case 'LIST':
      return { value: trimmed === '' ? [] : trimmed.split(/\s*,\s*/) }
    default:
      return { value: trimmed }
  }
}

function wholeNumber(text: string, limit: bigint): Parsed | null {
  if (!/^[+-]?\d+$/.test(text)) return null
  const value = BigInt(text.replace('+', ''))
  return value < -limit || value >= limit ? null : { value: Number(value) }
}

/** A value as answers show it, and defaults. */
export function valueText(type: ConfigType, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.join(',')
  if (type === 'DOUBLE' && Number.isInteger(value)) return Number(value).toFixed(1)
  return type === 'PASSWORD' ? HIDDEN : String(value)
}

/** As Kafka's `Password` prints itself. */
export const HIDDEN = '[hidden]'

/** A value as Java prints it inside of a text. */
export function javaText(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}

/** As Kafka's ConfigException words it. */
export function invalidValue(name: string, value: string, reason: string): string {
  return `Invalid value ${value} for configuration ${name}: ${reason}`
}

export function missingValue(name: string): string {
  return `Missing required configuration "${name}" which has no default value.`
}

import type { ConfigKey } from '../api/config.ts'
import type { ReportEntry } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import {
  type ConfigDefValue,
  invalidValue,
  javaText,
  missingValue,
  parseType,
  valueText
} from './configdef.ts'
import type { ListedKey } from './key-info.ts'

/**
 * Checks the value of one key as Kafka's ConfigDef does, and in its words: first its type, then its
 * range, its words, or whatever the declaration's own validator says.
 *
 * @param said the names that the two kinds of texts use: some without the prefix of an alias or a
 * converter
 */
export function checkValue(
  { name, key, info }: ListedKey,
  config: ConfigView,
  said: { readonly parsed: string; readonly validated: string } = { parsed: name, validated: name }
): ReportEntry {
  const errors: string[] = []
  const given = config.has(name)
  const text = config.value(name)
  const resolved = config.isResolved(name)
  let value: ConfigDefValue = null
  if (!given) {
    if (info.required) errors.push(missingValue(said.parsed))
  } else if (text !== null) {
    const parsed = parseType(info.type, text)
    if ('problem' in parsed) {
      errors.push(invalidValue(said.parsed, config.quoted(name), parsed.problem))
    } else {
      value = parsed.value
    }
  }
  const shown = given ? config.display(name, valueText(info.type, value)) : info.default_value
  const refusal = given && resolved ? refusalOf(key, value, text) : null
  if (refusal !== null) {
    const quoted = Array.isArray(value) ? javaText(value) : String(shown)
    errors.push(invalidValue(said.validated, quoted, refusal))
  }
  return {
    name,
    definition: info,
    value: shown,
    recommended: key.options.listing?.recommended ?? [],
    visible: key.options.listing?.visible ?? true,
    errors
  }
}

function refusalOf(key: ConfigKey, value: ConfigDefValue, text: string | null): string | null {
  const { min, max } = key.bounds
  if (value === null || text === null) {
    if (key.options.listing?.nonNull) return 'Value must be non-null'
    return key.oneOf && text === null && key.options.default !== null ? wordsOf(key) : null
  }
  if (typeof value === 'number' && min !== undefined && value < min) {
    return `Value must be at least ${min}`
  }
  if (typeof value === 'number' && max !== undefined && value > max) {
    return `Value must be no more than ${max}`
  }
  // A refused key has a reason of its own.
  if (key.support.kind === 'refused' && key.oneOf === undefined) return null
  try {
    key.parse(text)
    return null
  } catch (error) {
    const theirs = key.options.listing?.refusal?.(text.trim())
    if (theirs !== undefined) return theirs
    if (key.oneOf) return wordsOf(key)
    return error instanceof Error ? error.message : String(error)
  }
}

function wordsOf(key: ConfigKey): string {
  const words = key.oneOf ?? []
  return key.exact
    ? `String must be one of: ${words.join(', ')}`
    : `String must be one of (case insensitive): ${words.map((word) => word.toUpperCase()).join(', ')}`
}

import type { ConfigKey, ConfigSpec, RawConfig } from '../api/config.ts'
import { isSecretKey } from './redact.ts'
import { escapeRegex } from './regex-text.ts'
import { guess } from './spelling.ts'
import { suggestValue } from './suggest-value.ts'

/** A finding about one key, without a place: see {@link Problem} for the one with file and line. */
export interface ConfigProblem {
  readonly kind:
    | 'unknown'
    | 'missing'
    | 'invalid'
    | 'duplicate'
    | 'exclusive'
    | 'ignored'
    | 'refused'
  readonly severity: 'error' | 'warning'
  readonly key: string
  /** A sentence that starts with the key's name. */
  readonly message: string
  /** What to write instead, as an instruction. */
  readonly suggestion: string | null
}

export interface ParseOptions {
  /**
   * What a key that no declaration names is. By default an error when it looks like a misspelled
   * known key, else a warning, because Kafka Connect accepts any key.
   */
  readonly unknownKeys?: 'error' | 'warn' | 'ignore'
  /** Keys that somebody else checks, such as `transforms.` and those of converters. */
  readonly otherKeys?: (name: string) => boolean
}

export interface ParsedConfig {
  /** Every declared key with its value or default; keys of patterns under their real names. */
  readonly config: Record<string, unknown>
  readonly problems: ConfigProblem[]
}

/**
 * Parses a configuration by its declaration and finds every problem at once. A key with a problem
 * has its default (or nothing) in `config`. Values must have their references resolved.
 */
export function parseConfig(
  spec: ConfigSpec,
  raw: RawConfig,
  options: ParseOptions = {}
): ParsedConfig {
  const index = indexOf(spec)
  const problems: ConfigProblem[] = []
  const config: Record<string, unknown> = {}
  for (const [name, key] of index.exact) {
    if (!key.required) config[name] = key.options.default
  }
  const givenAs = new Map<string, string>()
  const guessed = new Set<string>()
  for (const [given, value] of Object.entries(raw)) {
    const found = find(index, given)
    if (found === null) {
      if (options.otherKeys?.(given)) continue
      const problem = unknownKey(given, value, { index, options, guessed, raw })
      if (problem) problems.push(problem)
      continue
    }
    const earlier = givenAs.get(found.name)
    if (earlier !== undefined && raw[earlier] !== value) {
      problems.push(givenTwice(given, earlier, found.name))
      continue
    }
    givenAs.set(found.name, given)
    const { problem, parsed } = readValue(found.key, given, value)
    if (problem) problems.push(problem)
    if (parsed !== undefined) config[found.name] = parsed
  }
  const isGiven = (name: string) => (raw[givenAs.get(name) ?? '']?.trim() ?? '') !== ''
  for (const [name, key] of index.exact) {
    const { excludes } = key.options
    if (excludes !== undefined && isGiven(name) && isGiven(excludes)) {
      problems.push(bothGiven(givenAs.get(name) ?? name, givenAs.get(excludes) ?? excludes))
    }
    if (!key.required || key.support.kind !== 'supported') continue
    if (!givenAs.has(name) && !guessed.has(name)) problems.push(missingKey(name, key))
  }
  return { config, problems }
}

function bothGiven(given: string, other: string): ConfigProblem {
  return {
    kind: 'exclusive',
    severity: 'error',
    key: given,
    message: `${given} and ${other} exclude each other: give one of them`,
    suggestion: `remove ${given} or ${other}`
  }
}

interface SpecIndex {
  readonly exact: ReadonlyMap<string, ConfigKey>
  /** Other spelling to name. */
  readonly aliases: ReadonlyMap<string, string>
  readonly patterns: readonly { readonly regex: RegExp; readonly key: ConfigKey }[]
}

const indexes = new WeakMap<ConfigSpec, SpecIndex>()

function indexOf(spec: ConfigSpec): SpecIndex {
  const cached = indexes.get(spec)
  if (cached) return cached
  const exact = new Map<string, ConfigKey>()
  const aliases = new Map<string, string>()
  const patterns: { regex: RegExp; key: ConfigKey }[] = []
  for (const [name, key] of Object.entries(spec)) {
    if (isPattern(name)) patterns.push({ regex: patternRegex(name), key })
    else exact.set(name, key)
    for (const alias of key.options.aliases ?? []) aliases.set(alias, name)
  }
  const index = { exact, aliases, patterns }
  indexes.set(spec, index)
  return index
}

/** Whether a spec declares a key, by its name, another spelling or a pattern. */
export function declares(spec: ConfigSpec, name: string): boolean {
  return find(indexOf(spec), name) !== null
}

/** Whether a declared name stands for many, such as `column.truncate.to.<n>.chars`. */
export function isPattern(name: string): boolean {
  return /<[^>]+>/.test(name)
}

/** `<n>` stands for digits; any other placeholder for any text, dots included. */
export function patternRegex(name: string): RegExp {
  const parts = name.split(/(<[^>]+>)/).map((part) => {
    if (part === '<n>') return '\\d+'
    return part.startsWith('<') ? '.+?' : escapeRegex(part)
  })
  return new RegExp(`^${parts.join('')}$`)
}

function find(index: SpecIndex, given: string): { name: string; key: ConfigKey } | null {
  const name = index.aliases.get(given) ?? given
  const key = index.exact.get(name)
  if (key) return { name, key }
  const pattern = index.patterns.find(({ regex }) => regex.test(given))
  return pattern ? { name: given, key: pattern.key } : null
}

function readValue(
  key: ConfigKey,
  given: string,
  value: string
): { problem?: ConfigProblem; parsed?: unknown } {
  const { support } = key
  if (support.kind === 'refused' && !isHarmless(key, value)) {
    const allowed = support.allow ?? []
    const instead = allowed.length > 0 ? `write ${given}: ${allowed.join(' or ')}, or ` : ''
    return {
      problem: {
        kind: 'refused',
        severity: 'error',
        key: given,
        message: `${given} is not supported: ${support.reason}`,
        suggestion: `${instead}remove the key`
      }
    }
  }
  try {
    const parsed = key.parse(value)
    return support.kind === 'ignored' && parsed !== key.options.default
      ? { parsed, problem: ignoredKey(given, support.reason) }
      : { parsed }
  } catch (error) {
    // A value that has no effect cannot be wrong either.
    if (support.kind === 'ignored') return { problem: ignoredKey(given, support.reason) }
    return { problem: invalidValue(key, given, value, error) }
  }
}

/** Refused keys may be given with values that change nothing: the default, and those allowed. */
function isHarmless(key: ConfigKey, value: string): boolean {
  const text = value.trim().toLowerCase()
  if (key.support.kind === 'refused') {
    if (key.support.allow?.some((allowed) => allowed.toLowerCase() === text)) return true
  }
  const fallback = key.options.default
  if (fallback === undefined || fallback === null) return text === ''
  return String(fallback).toLowerCase() === text
}

function ignoredKey(key: string, reason: string): ConfigProblem {
  return {
    kind: 'ignored',
    severity: 'warning',
    key,
    message: `${key} has no effect: ${reason}`,
    suggestion: 'remove the key'
  }
}

function invalidValue(key: ConfigKey, given: string, value: string, error: unknown): ConfigProblem {
  const reason = error instanceof Error ? error.message : String(error)
  const shown = key.options.secret && value !== '' ? reason.replaceAll(value, '********') : reason
  const instead = key.options.secret ? null : suggestValue(key, given, value)
  return {
    kind: 'invalid',
    severity: 'error',
    key: given,
    message: `${given} ${shown}`,
    suggestion: instead === null ? expected(key, given) : `write ${given}: ${instead}`
  }
}

function expected(key: ConfigKey, given: string): string | null {
  const example = key.options.examples?.[0]
  if (example !== undefined) return `write for example ${given}: ${example}`
  const fallback = key.options.default
  if (fallback === undefined || fallback === null || fallback === '') return null
  return `write for example ${given}: ${fallback} (the default)`
}

function missingKey(name: string, key: ConfigKey): ConfigProblem {
  const example = key.options.examples?.[0]
  const value = example ?? (key.oneOf ? key.oneOf.join(' | ') : `<${key.type.toLowerCase()}>`)
  return {
    kind: 'missing',
    severity: 'error',
    key: name,
    message: `${name} is required: ${key.options.doc}`,
    suggestion: `add ${name}: ${value}`
  }
}

function givenTwice(given: string, earlier: string, name: string): ConfigProblem {
  return {
    kind: 'duplicate',
    severity: 'error',
    key: given,
    message: `${given} and ${earlier} mean the same and have different values`,
    suggestion: `keep ${name} only`
  }
}

function unknownKey(
  given: string,
  value: string,
  context: { index: SpecIndex; options: ParseOptions; guessed: Set<string>; raw: RawConfig }
): ConfigProblem | null {
  const { index, options, guessed, raw } = context
  if (options.unknownKeys === 'ignore') return null
  const free = [...index.exact.keys(), ...index.aliases.keys()].filter((name) => !(name in raw))
  const meant = guess(given, free)
  const error = options.unknownKeys ? options.unknownKeys === 'error' : meant?.likely === true
  // A required key that was probably meant here is not reported as missing as well.
  if (error && meant) guessed.add(index.aliases.get(meant.name) ?? meant.name)
  const shown = /[\n]/.test(value) || value.length > 40 ? '' : value
  const secret = isSecretKey(given) || (meant && find(index, meant.name)?.key.options.secret)
  return {
    kind: 'unknown',
    severity: error ? 'error' : 'warning',
    key: given,
    message: error
      ? `${given} is not a known key`
      : `${given} is not a known key: it has no effect`,
    suggestion: meant
      ? `write ${meant.name}${shown === '' || secret ? '' : `: ${shown}`}`
      : 'remove it, or see the list of keys with: millrace plugins describe'
  }
}

/** How much a key matters, as in Kafka's ConfigDef. */
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW'

/** The type of a config key, as Kafka's ConfigDef names it. */
export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD'

/** How wide a form shows a key, as in Kafka's ConfigDef. */
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG'

/**
 * How the REST API lists a key, where clients expect something else than its declaration says: what
 * Kafka Connect's plugin of the same class name lists.
 */
export interface Listing {
  /** Left out of lists, because Kafka Connect's plugin has no such key. */
  readonly hidden?: boolean
  /** Spelling of a pattern, such as `column.mask.with.(d+).chars`. */
  readonly name?: string
  readonly type?: ConfigType
  readonly required?: boolean
  readonly default?: string | null
  readonly importance?: Importance
  readonly group?: string | null
  /** Place in the group; by default as declared, from 1, and -1 without a group. */
  readonly order?: number
  readonly width?: Width
  /** By default the name of the key. */
  readonly displayName?: string
  readonly recommended?: readonly string[]
  /** False: never shown by forms. */
  readonly visible?: boolean
  /** Refused when it is not given, though the declaration has a default. */
  readonly mandatory?: boolean
  /** A value that is no number is refused twice: as such, and as null (ConfigDef's Range does so). */
  readonly nonNull?: boolean
  /** @returns what clients expect to be told about a value that `validator` refuses */
  refusal?(given: string): string
}

/** Everything there is to say about a key: validation, REST answers, JSON Schema and docs come from it. */
export interface KeyOptions<T> {
  /** One or two sentences. */
  readonly doc: string
  /** A key without default is required. Use `null` for "optional, no value". */
  readonly default?: T | null
  readonly importance?: Importance
  /** Never shown in a log, an answer or an error. Implied by `password`. */
  readonly secret?: boolean
  /** @returns what is wrong with the value, or undefined; worded to follow the key's name */
  validator?(value: T): string | undefined
  /** Keys whose meaning depends on this one. */
  readonly dependents?: readonly string[]
  /** Heading in the docs, as ConfigDef's group. */
  readonly group?: string
  /** Values to suggest, shown in docs and editors. */
  readonly examples?: readonly string[]
  /** Older or other spellings that mean the same. */
  readonly aliases?: readonly string[]
  /** Another key that cannot be given together with this one. */
  readonly excludes?: string
  readonly listing?: Listing
}

/** Whether a key does anything: a known key that does nothing says so, with a reason. */
export type Support =
  | { readonly kind: 'supported' }
  /** Accepted, has no effect, and a warning says why. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** An error: running without its effect would surprise. `allow` lists values that are harmless. */
  | { readonly kind: 'refused'; readonly reason: string; readonly allow?: readonly string[] }

/** One declared config key. Built by the functions below, never by hand. */
export interface ConfigKey<T = unknown> {
  readonly type: ConfigType
  readonly options: KeyOptions<T>
  readonly required: boolean
  readonly support: Support
  /** The allowed values, when they are a fixed set. */
  readonly oneOf: readonly string[] | undefined
  /** Whether upper and lower case differ in those values. */
  readonly exact: boolean
  readonly bounds: Bounds
  /**
   * Text (or a YAML scalar or list) to a value.
   * @throws {Error} whose message says what is wrong, worded to follow the key's name, such as
   * `must be a whole number, not 'ten'`
   */
  parse(raw: unknown): T
}

/** Key name to declaration. A name with `<...>` in it, such as `column.truncate.to.<n>.chars`, is a pattern. */
export type ConfigSpec = Readonly<Record<string, ConfigKey<unknown>>>

/** The parsed form of a spec: `config['database.port']` is a number. Patterns arrive under their real names. */
export type ConfigOf<S extends ConfigSpec> = {
  readonly [K in keyof S]: S[K] extends ConfigKey<infer T> ? T : never
}

/** All given keys as text, for keys that no declaration names. */
export type RawConfig = Readonly<Record<string, string>>

type Present<T> = KeyOptions<T> & { readonly default?: T }
type Nullable<T> = KeyOptions<T> & { readonly default: null }

function key<T>(
  type: ConfigType,
  options: KeyOptions<T>,
  parse: (raw: unknown) => T,
  facts: Partial<Pick<ConfigKey, 'oneOf' | 'exact' | 'bounds'>> = {}
): ConfigKey<T> {
  const checked = (raw: unknown): T => {
    const value = parse(raw)
    const problem = options.validator?.(value)
    if (problem !== undefined) throw new Error(problem)
    return value
  }
  return {
    type,
    options,
    required: options.default === undefined,
    support: { kind: 'supported' },
    oneOf: facts.oneOf,
    exact: facts.exact ?? false,
    bounds: facts.bounds ?? {},
    parse: checked
  }
}

function show(raw: unknown): string {
  return typeof raw === 'string' ? `'${raw}'` : JSON.stringify(raw)
}

function text(raw: unknown): string {
  if (typeof raw === 'string') return raw
  if (typeof raw === 'number' || typeof raw === 'boolean' || typeof raw === 'bigint') {
    return String(raw)
  }
  throw new Error(`must be text, not ${show(raw)}`)
}

export function string(options: Nullable<string>): ConfigKey<string | null>
export function string(options: Present<string>): ConfigKey<string>
export function string(options: KeyOptions<string>): ConfigKey<string | null> {
  return key<string | null>('STRING', options as KeyOptions<string | null>, text)
}

/** A class or plugin name: Java class name, short name, package name or file. */
export function className(options: Nullable<string>): ConfigKey<string | null>
export function className(options: Present<string>): ConfigKey<string>
export function className(options: KeyOptions<string>): ConfigKey<string | null> {
  return key<string | null>('CLASS', options as KeyOptions<string | null>, text)
}

export function password(options: Nullable<string>): ConfigKey<string | null>
export function password(options: Present<string>): ConfigKey<string>
export function password(options: KeyOptions<string>): ConfigKey<string | null> {
  const secret = { ...options, secret: true } as KeyOptions<string | null>
  return key<string | null>('PASSWORD', secret, text)
}

/** Bounds of a number, both inclusive. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}

type Numeric = 'INT' | 'SHORT' | 'LONG' | 'DOUBLE'

function numberKey(type: Numeric, options: KeyOptions<number> & Bounds): ConfigKey<number | null> {
  const { min, max, ...others } = options
  const bounds = {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max })
  }
  const nullable = others as KeyOptions<number | null>
  return key<number | null>(type, nullable, numeric(type, bounds), { bounds })
}

function numeric(type: Numeric, bounds: Bounds) {
  return (raw: unknown): number => {
    const given = text(raw).trim()
    const value = given === '' ? Number.NaN : Number(given)
    const whole = type !== 'DOUBLE'
    if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
      throw new Error(`must be a ${whole ? 'whole number' : 'number'}, not ${show(raw)}`)
    }
    if (bounds.min !== undefined && value < bounds.min) {
      throw new Error(`must be at least ${bounds.min}, not ${given}`)
    }
    if (bounds.max !== undefined && value > bounds.max) {
      throw new Error(`must be at most ${bounds.max}, not ${given}`)
    }
    return value
  }
}

export function int(options: Nullable<number> & Bounds): ConfigKey<number | null>
export function int(options: Present<number> & Bounds): ConfigKey<number>
export function int(options: KeyOptions<number> & Bounds): ConfigKey<number | null> {
  return numberKey('INT', options)
}

export function short(options: Present<number> & Bounds): ConfigKey<number> {
  const { min = -32_768, max = 32_767 } = options
  return numberKey('SHORT', { ...options, min, max }) as ConfigKey<number>
}

export function long(options: Nullable<number> & Bounds): ConfigKey<number | null>
export function long(options: Present<number> & Bounds): ConfigKey<number>
export function long(options: KeyOptions<number> & Bounds): ConfigKey<number | null> {
  return numberKey('LONG', options)
}

export function double(options: Nullable<number> & Bounds): ConfigKey<number | null>
export function double(options: Present<number> & Bounds): ConfigKey<number>
export function double(options: KeyOptions<number> & Bounds): ConfigKey<number | null> {
  return numberKey('DOUBLE', options)
}

export function boolean(options: Present<boolean>): ConfigKey<boolean> {
  return key('BOOLEAN', options, (raw) => {
    const given = text(raw).trim().toLowerCase()
    if (given === 'true' || given === 'false') return given === 'true'
    throw new Error(`must be true or false, not ${show(raw)}`)
  })
}

/** A list: a YAML list or text separated by commas. Empty text is an empty list. */
export function list(options: Present<readonly string[]>): ConfigKey<readonly string[]> {
  return key('LIST', options, (raw) => {
    if (Array.isArray(raw)) return raw.map(text)
    const given = text(raw).trim()
    return given === '' ? [] : given.split(',').map((item) => item.trim())
  })
}

/**
 * One of a fixed set of words. Upper and lower case are the same, as in Debezium, but where `exact`
 * says that they differ, as for some keys of Kafka Connect.
 */
export function oneOf<const V extends string>(
  values: readonly V[],
  options: Present<NoInfer<V>> & { readonly exact?: boolean }
): ConfigKey<V> {
  const { exact = false, ...others } = options
  const folded = (word: string) => (exact ? word : word.toLowerCase())
  const parse = (raw: unknown): V => {
    const given = text(raw).trim()
    const found = values.find((value) => folded(value) === folded(given))
    if (found === undefined)
      throw new Error(`must be one of ${values.join(', ')}, not ${show(raw)}`)
    return found
  }
  return key<V>('STRING', others as KeyOptions<V>, parse, { oneOf: values, exact })
}

/** The key is known and accepted but does nothing here; a warning gives the reason. */
export function ignored<T>(declared: ConfigKey<T>, reason: string): ConfigKey<T> {
  return { ...declared, support: { kind: 'ignored', reason } }
}

/** The key is known and refused with a reason, but for values that change nothing. */
export function refused<T>(
  declared: ConfigKey<T>,
  reason: string,
  allow?: readonly string[]
): ConfigKey<T> {
  return { ...declared, support: { kind: 'refused', reason, ...(allow ? { allow } : {}) } }
}

/** One declaration for several names. */
export function sameKeys<const N extends string, T>(
  names: readonly N[],
  key: ConfigKey<T>
): Record<N, ConfigKey<T>> {
  return Object.fromEntries(names.map((name) => [name, key])) as Record<N, ConfigKey<T>>
}

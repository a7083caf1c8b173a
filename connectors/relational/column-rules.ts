import { createHash, getHashes, type Hash } from 'node:crypto'
import { type ConfigKey, list } from '../../runtime/api/config.ts'
import type { KeyProblem } from '../../runtime/api/connector.ts'
import type { Schema } from '../../runtime/api/schema.ts'
import { NameFilter, patternList } from './name-filter.ts'

const columns = (doc: string): ConfigKey<readonly string[]> =>
  list({ doc, default: [], importance: 'MEDIUM', validator: patternList })

/** Keys that change what the events say about single columns. Patterns are of `<table>.<column>`. */
export const columnRuleKeys = {
  'column.mask.with.<n>.chars': columns(
    'Columns of text whose values, null included, become n asterisks.'
  ),
  'column.mask.hash.<algorithm>.with.salt.<salt>': columns(
    "Columns of text whose values become a salted hash, as hexadecimal digits, cut to the column's length. The value is hashed as a serialized Java string; hash.v2 hashes its bytes."
  ),
  'column.mask.hash.v2.<algorithm>.with.salt.<salt>': columns(
    "Columns of text whose values become a salted hash of their UTF-8 bytes, as hexadecimal digits, cut to the column's length."
  ),
  'column.truncate.to.<n>.chars': columns('Columns whose text and bytes are cut to length n.'),
  'column.propagate.source.type': columns(
    'Columns whose type, length, scale and name in the database become parameters of their schema.'
  ),
  'datatype.propagate.source.type': columns(
    'The same by type: patterns of <table>.<type>, such as .+\\.DECIMAL.'
  )
} as const

/** What rules want to know of a column. */
export interface RuledColumn {
  /** As in `table.include.list`: `public.orders`, `shop.orders`. */
  readonly table: string
  readonly name: string
  /** Type in the database, without length: `VARCHAR`, `bigint unsigned`. */
  readonly typeName: string
  /** As Debezium's schema history has it; null when the type has none. */
  readonly length: number | null
  readonly scale: number | null
}

/** A column after its rule. */
export interface RuledValue {
  readonly schema: Schema
  /** Applied to every value, null included; null when values stay as they are. */
  readonly change: ((value: unknown) => unknown) | null
  /**
   * Whether a mask or a hash is asked for that does nothing, because the column holds no text: as in
   * Debezium, but a warning has to name the column.
   */
  readonly isUnmasked: boolean
}

type Change = (value: unknown) => unknown

/** What a rule does, whichever columns it is for. */
interface Action {
  readonly kind: 'mask' | 'truncate' | 'types'
  /** The change of the values, or null when the column is none that the rule can change. */
  change(column: RuledColumn, schema: Schema): Change | null
  parameters(column: RuledColumn): Readonly<Record<string, string>>
}

interface Rule extends Action {
  readonly names: NameFilter
  /** Whether the patterns are of types and not of columns. */
  readonly byType: boolean
}

const HASH_KEY = /^column\.mask\.hash\.(v2\.)?([^.]+)\.with\.salt\.(.+)$/

const FORMS: readonly [form: RegExp, action: (...parts: string[]) => Action][] = [
  [/^column\.mask\.with\.(\d+)\.chars$/, (length) => maskRule(Number(length))],
  [
    HASH_KEY,
    (version, algorithm, salt) => hashRule(version !== undefined, algorithm ?? '', salt ?? '')
  ],
  [/^column\.truncate\.to\.(\d+)\.chars$/, (length) => truncateRule(Number(length))],
  [/^(?:column|datatype)\.propagate\.source\.type$/, propagateRule]
]

/**
 * Masks, hashes, truncation and propagated types. One rule applies to a column, the first that matches:
 * masks, hashes, truncation, then types. (Debezium prefers truncation to masks; text that somebody wants masked
 * would be shown in part.) Compile a column once per version of its table:
 *
 *     const rules = new ColumnRules(config)
 *     const { schema, change } = rules.apply(column, codec.schema)
 *     const read = change === null ? codec.read : (cursor) => change(codec.read(cursor))
 *
 * Keys of records stay as they are, as in Debezium: rows could not be told apart otherwise.
 */
export class ColumnRules {
  readonly #rules: readonly Rule[]

  /** @param config with the keys of {@link columnRuleKeys} under their real names */
  constructor(config: Readonly<Record<string, unknown>>) {
    const keys = Object.keys(config)
    this.#rules = FORMS.flatMap(([form, make]) =>
      keys.flatMap((key) => {
        const parts = form.exec(key)
        const patterns = config[key]
        if (parts === null || !Array.isArray(patterns) || patterns.length === 0) return []
        const names = new NameFilter(patterns as string[])
        return { names, byType: key.startsWith('datatype.'), ...make(...parts.slice(1)) }
      })
    )
  }

  /** Whether no column is changed. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  apply(column: RuledColumn, schema: Schema): RuledValue {
    const matching = this.#rules.filter(({ names, byType }) =>
      names.includes(`${column.table}.${byType ? column.typeName : column.name}`)
    )
    const rule = matching.find((one) => one.change(column, schema) !== null) ?? matching[0]
    if (rule === undefined) return { schema, change: null, isUnmasked: false }
    const added = rule.parameters(column)
    const parameters = { ...schema.parameters, ...added }
    return {
      schema: Object.keys(added).length === 0 ? schema : schema.with({ parameters }),
      change: rule.change(column, schema),
      isUnmasked: !isText(schema) && matching.some(({ kind }) => kind === 'mask')
    }
  }
}

/** What is wrong with the names of the keys: algorithms that do not exist, nothing left of a text. */
export function columnRuleProblems(config: Readonly<Record<string, unknown>>): KeyProblem[] {
  return Object.keys(config).flatMap((key) => {
    if (/^column\.truncate\.to\.0+\.chars$/.test(key)) {
      return {
        key,
        message: `${key}: must keep one character at least; to leave a column out there is column.exclude.list`
      }
    }
    const algorithm = HASH_KEY.exec(key)?.[2]
    if (algorithm === undefined || hashName(algorithm) !== null) return []
    const message = `${key}: there is no hash algorithm '${algorithm}'; use SHA-256 or SHA-512`
    return { key, message }
  })
}

/** Whether values are text, and not times or dates written as text. */
function isText(schema: Schema): boolean {
  return schema.type === 'string' && !(schema.name ?? '').startsWith('io.debezium.time.')
}

function maskRule(length: number): Action {
  const mask = '*'.repeat(length)
  return {
    kind: 'mask',
    change: (_column, schema) => (isText(schema) ? () => mask : null),
    parameters: () => ({ masked: 'true' })
  }
}

function truncateRule(length: number): Action {
  const applies = (column: RuledColumn) => column.length === null || column.length > length
  return {
    kind: 'truncate',
    change: (column, { type }) =>
      applies(column) && (type === 'string' || type === 'bytes')
        ? (value) => truncated(value, length)
        : null,
    parameters: (column) => (applies(column) ? { truncateLength: String(length) } : {})
  }
}

/** Characters are counted as Java does, in UTF-16 units; none is cut in two. */
function truncated(value: unknown, length: number): unknown {
  if (value instanceof Uint8Array) return value.length > length ? value.subarray(0, length) : value
  if (typeof value !== 'string' || value.length <= length) return value
  const isPair = length > 0 && /[\uD800-\uDBFF]$/.test(value.slice(0, length))
  return value.slice(0, isPair ? length - 1 : length)
}

function hashRule(isV2: boolean, algorithm: string, salt: string): Action {
  const salted = createHash(hashName(algorithm) ?? algorithm).update(salt)
  return {
    kind: 'mask',
    change: (column, schema) => (isText(schema) ? hashing(salted, isV2, column.length) : null),
    parameters: () => ({ masked: 'true' })
  }
}

function hashing(salted: Hash, isV2: boolean, length: number | null): Change {
  const end = length !== null && length > 0 ? length : undefined
  return (value) => {
    if (typeof value !== 'string') return value
    const bytes = isV2 ? value : serializedString(value)
    return salted.copy().update(bytes).digest('hex').slice(0, end)
  }
}

/** The name that OpenSSL has for an algorithm of Java's `MessageDigest`; null when there is none. */
function hashName(algorithm: string): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-/_]/g, '')
  const wanted = plain(algorithm) === 'sha' ? 'sha1' : plain(algorithm)
  return getHashes().find((name) => plain(name) === wanted) ?? null
}

/**
 * A string as Java's `ObjectOutputStream` writes it: magic, version, TC_STRING or TC_LONGSTRING, length, and
 * modified UTF-8 (Java Object Serialization Specification, chapter 6; `java.io.DataInput`).
 */
export function serializedString(text: string): Buffer {
  const body = modifiedUtf8(text)
  const isShort = body.length <= 0xffff
  const head = Buffer.alloc(isShort ? 7 : 13)
  head.writeUInt32BE(0xaced_0005)
  head[4] = isShort ? 0x74 : 0x7c
  if (isShort) head.writeUInt16BE(body.length, 5)
  else head.writeBigUInt64BE(BigInt(body.length), 5)
  return Buffer.concat([head, body])
}

/** UTF-8 but for U+0000, which has two bytes, and for characters of two UTF-16 units, which have six. */
function modifiedUtf8(text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the character itself is meant
  if (!/[\u0000\uD800-\uDFFF]/.test(text)) return Buffer.from(text)
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0 && unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}

function propagateRule(): Action {
  return {
    kind: 'types',
    change: () => null,
    parameters: ({ name, typeName, length, scale }) => ({
      '__debezium.source.column.type': typeName.toUpperCase(),
      ...(length === null ? {} : { '__debezium.source.column.length': String(length) }),
      ...(scale === null ? {} : { '__debezium.source.column.scale': String(scale) }),
      '__debezium.source.column.name': name
    })
  }
}

import { createHash } from 'node:crypto'
import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import { type Schema, Struct } from '../../runtime/api/schema.ts'

/** A column of the rows of a plan, and where their values have it. */
export interface PlanColumn {
  readonly name: string
  /** Null for values without schema. */
  readonly schema: Schema | null
  readonly index: number
  readonly isKey: boolean
  /** Its place in the key, which may have another order than the row; 0 outside of the key. */
  readonly keyPlace: number
}

/** One row: the values in the order that its plan knows. */
export type RowValues = readonly unknown[]

/** What rows of one shape have in common: made once for each pair of key and value schema. */
export class RowPlan {
  readonly columns: readonly PlanColumn[]
  /** The key columns, in the order of the key. */
  readonly keys: readonly PlanColumn[]
  /** How many values a row needs to have. */
  readonly width: number
  /** A row of this plan lacks columns that did not change: only an existing row can be updated. */
  readonly partial: boolean
  /** Nothing is to be done where that row is not there: it may be gone since. */
  readonly mayBeGone: boolean
  readonly #placeholder: string
  readonly #hiding: readonly { column: PlanColumn; hides: (value: unknown) => boolean }[]
  readonly #without = new Map<string, RowPlan>()

  constructor(
    columns: readonly PlanColumn[],
    placeholder: string,
    { partial = false, mayBeGone = false }: { partial?: boolean; mayBeGone?: boolean } = {}
  ) {
    this.columns = columns
    this.keys = columns
      .filter((column) => column.isKey)
      .sort((left, right) => left.keyPlace - right.keyPlace)
    this.width = Math.max(0, ...columns.map((column) => column.index + 1))
    this.partial = partial
    this.mayBeGone = mayBeGone
    this.#placeholder = placeholder
    this.#hiding = columns.flatMap((column) => {
      const hides = column.isKey ? null : placeholderTest(column.schema, placeholder)
      return hides ? [{ column, hides }] : []
    })
  }

  /**
   * The row's key, as something that can be compared: equal keys give equal values.
   *
   * @throws {DataError} when a part of the key is null
   */
  keyOf(values: RowValues): unknown {
    const [only] = this.keys
    if (this.keys.length === 1 && only) return keyPart(only, values[only.index])
    return this.keys.map((column) => String(keyPart(column, values[column.index]))).join('\0')
  }

  /** The columns whose value the source did not tell, or null when the row is complete. */
  hidden(values: RowValues): readonly PlanColumn[] | null {
    let hidden: PlanColumn[] | null = null
    for (const { column, hides } of this.#hiding) {
      if (!hides(values[column.index])) continue
      hidden ??= []
      hidden.push(column)
    }
    return hidden
  }

  /**
   * This plan for rows without some of their columns.
   *
   * @param how partial: the columns keep the values that the row in the target has
   */
  without(
    hidden: readonly PlanColumn[],
    how: { readonly partial: boolean; readonly mayBeGone?: boolean }
  ): RowPlan {
    if (hidden.length === 0) return this
    const partial = how.partial || this.partial
    const mayBeGone = how.mayBeGone || this.mayBeGone
    const key = `${partial} ${mayBeGone} ${hidden.map((column) => column.index).join(',')}`
    let plan = this.#without.get(key)
    if (plan === undefined) {
      const left = this.columns.filter((column) => !hidden.includes(column))
      plan = new RowPlan(left, this.#placeholder, { partial, mayBeGone })
      this.#without.set(key, plan)
    }
    return plan
  }
}

function keyPart(column: PlanColumn, value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (value === null || value === undefined) {
    throw new DataError('INVALID_VALUE', `key column ${column.name} is null`)
  }
  if (typeof value === 'bigint' || typeof value === 'boolean') return value
  return value instanceof Uint8Array || value instanceof Struct || typeof value === 'object'
    ? toJson(value)
    : String(value)
}

/**
 * Recognises what Debezium writes for an unchanged TOAST value: the placeholder text, for bytes its
 * bytes, for lists of integers its bytes as numbers, for uuid[] the name-based UUID of it (as
 * Debezium's UnchangedToastedPlaceholder).
 */
function placeholderTest(
  schema: Schema | null,
  placeholder: string
): ((value: unknown) => boolean) | null {
  const bytes = Buffer.from(placeholder)
  const asMap = JSON.stringify({ [placeholder]: placeholder })
  const asBase64 = bytes.toString('base64')
  const uuid = nameUuid(bytes)
  const isText = (value: unknown) => value === placeholder || value === asMap
  const isList = (value: unknown) => {
    if (!Array.isArray(value)) return false
    if (value.length === 1) return value[0] === placeholder || value[0] === uuid
    return value.length === bytes.length && value.every((item: unknown, at) => item === bytes[at])
  }
  switch (schema?.type) {
    case undefined:
      return (value) => isText(value) || value === asBase64 || isList(value)
    case 'string':
      return isText
    case 'bytes':
      return (value) => value instanceof Uint8Array && bytes.equals(value)
    case 'map':
      return (value) => value instanceof Map && value.get(placeholder) === placeholder
    case 'array':
      return isList
    default:
      return null
  }
}

/** Java's `UUID.nameUUIDFromBytes`: MD5, version 3. */
function nameUuid(bytes: Buffer): string {
  const hash = createHash('md5').update(bytes).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x30
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20)
  ].join('-')
}

import type { Header } from '../../runtime/api/record.ts'
import { string } from '../../runtime/api/schema.ts'

/**
 * What a source was not told about a row: the fields of an event whose values only stand in for those of
 * the row. Millrace's own headers say so, on events that have such fields and on no others, because null
 * and zero alone do not.
 */
export interface RowGaps {
  /** Fields of `after` that are not told because they kept the values which the row had. */
  readonly unchanged: readonly string[]
  /** Fields of `after` that are not told, and may have changed. */
  readonly unknown: readonly string[]
  /** Fields of `before` that are not told. */
  readonly unknownBefore: readonly string[]
  /** Whether the row may be gone since: rows were read later than the change was made. */
  readonly mayBeGone?: boolean
}

/** Each but the last has the names of fields, as the text of a JSON list. */
export const GAP_HEADERS = {
  unchanged: '__millrace.unchanged',
  unknown: '__millrace.unknown',
  unknownBefore: '__millrace.before.unknown',
  /** Has the text `true`. */
  mayBeGone: '__millrace.may.be.gone'
} as const

const TEXT = string()

/** The headers for what an event does not tell of its row after. */
export function afterHeaders({ unchanged, unknown, mayBeGone = false }: RowGaps): Header[] {
  const gone = { key: GAP_HEADERS.mayBeGone, schema: TEXT, value: 'true' }
  return [
    ...listHeader(GAP_HEADERS.unchanged, unchanged),
    ...listHeader(GAP_HEADERS.unknown, unknown),
    ...(mayBeGone && unchanged.length > 0 ? [gone] : [])
  ]
}

/** The header for what an event does not tell of its row before. */
export function beforeHeaders({ unknownBefore }: RowGaps): Header[] {
  return listHeader(GAP_HEADERS.unknownBefore, unknownBefore)
}

function listHeader(key: string, names: readonly string[]): Header[] {
  return names.length === 0 ? [] : [{ key, schema: TEXT, value: JSON.stringify(names) }]
}

/**
 * Whether two images of a row can tell that nothing has changed: whatever one of them does not have, the
 * other does not have either, because it kept its value.
 */
export function canCompare({ unchanged, unknown, unknownBefore }: RowGaps): boolean {
  return unknown.length === 0 && unknownBefore.every((name) => unchanged.includes(name))
}

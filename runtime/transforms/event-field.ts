import type { Schema, Struct } from '../api/schema.ts'
import { fieldOf, rowOf } from './change-event.ts'

/** A field of a change event that is to be shown elsewhere. */
export interface EventField {
  /** The part of the event that has it, such as `source`; null for the event itself. */
  readonly part: string | null
  readonly name: string
  /** What it is called where it is shown. */
  readonly shownAs: string
}

/** A field of the events of one schema. */
export interface EventFieldReader {
  readonly shownAs: string
  /** Optional, and without a default: null stays null. */
  readonly schema: Schema
  read(event: Struct): unknown
}

const SYNTAX = /^([^.:]+)(?:\.([^.:]+))?(?::([^:]+))?$/

/** @returns what is wrong with such a list, worded to follow a key's name */
export function eventFieldsProblem(texts: readonly string[]): string | undefined {
  const wrong = texts.find((text) => text !== '' && !SYNTAX.test(text))
  if (wrong === undefined) return undefined
  return `must have names such as op, source.ts_ms or table:shown_as; '${wrong}' is none`
}

/**
 * Reads a list of names such as `op`, `source.ts_ms` and `table:shown_as` as Debezium does
 * (`AbstractExtractNewRecordState.FieldReference`): a plain name is one of the source block, but for the
 * few of the event and of its transaction; without `:`, the prefix and the name as it is written,
 * with an underscore for the dot.
 */
export function parseEventFields(texts: readonly string[], prefix: string): EventField[] {
  return texts.flatMap((text) => {
    const [whole, first = '', second, alias] = SYNTAX.exec(text) ?? []
    if (whole === undefined) return []
    const name = second ?? first
    const part = second === undefined ? partOf(name) : first
    const shown = alias ?? (second === undefined ? name : `${first}_${second}`)
    return [{ part, name, shownAs: prefix + shown }]
  })
}

const OF_EVENT = new Set(['op', 'ts_ms', 'ts_us', 'ts_ns'])
const OF_TRANSACTION = new Set(['id', 'total_order', 'data_collection_order'])

function partOf(name: string): string | null {
  if (OF_EVENT.has(name)) return null
  return OF_TRANSACTION.has(name) ? 'transaction' : 'source'
}

/**
 * Finds a field in events of a schema: in its part, or else, as another transform may have added it,
 * in the event itself. In an event without that part, such as a transaction, it is null.
 *
 * @returns null when events of this schema have no such field
 * @throws {DataError} UNKNOWN_FIELD when they have no such part
 */
export function readerOf(field: EventField, event: Schema): EventFieldReader | null {
  const { name, shownAs } = field
  const part = field.part === null ? null : fieldOf(event, field.part)
  const inPart = part?.schema.field(name)
  const found = inPart ?? event.field(name)
  if (found === undefined) return null
  const schema = found.schema.with({ optional: true, default: undefined })
  const read = (given: Struct): unknown => {
    if (part === null) return given.values[found.index] ?? null
    const struct = rowOf(given, part)
    if (struct === null) return null
    return (inPart === undefined ? given : struct).values[found.index] ?? null
  }
  return { shownAs, schema, read }
}

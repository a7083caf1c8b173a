import type { Transform } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import type { ConnectRecord, Header } from '../api/record.ts'
import { type Field, type Schema, Struct, string } from '../api/schema.ts'
import { changeEventOf, fieldOf, rowOf } from './change-event.ts'
import { DroppedFields, type DropRules } from './dropped-fields.ts'
import { type EventField, type EventFieldReader, readerOf } from './event-field.ts'
import { fieldValues } from './record-part.ts'
import { namedSchemas, oncePerSchema, rebuilt } from './struct-schema.ts'

export type DeleteMode =
  | 'drop'
  | 'tombstone'
  | 'rewrite'
  | 'rewrite-with-tombstone'
  | 'delete-to-tombstone'

export interface NewRecordStateOptions {
  readonly mode: DeleteMode
  /** Name of a field, or empty. */
  readonly routeBy: string
  readonly fields: readonly EventField[]
  readonly headers: readonly EventField[]
  readonly drop: DropRules
  /** Whether rewritten rows have the default for null. */
  readonly replaceNull: boolean
}

/** What is worked out once per schema of events. */
interface EventShape {
  readonly before: Field
  readonly after: Field
  readonly headers: readonly EventFieldReader[]
  readonly fields: readonly EventFieldReader[]
  /** The schema of the row that is sent, by that of the row in the event. */
  readonly sent: (row: Schema) => Schema
}

const DELETED = '__deleted'
const TEXT = string()
const OPTIONAL_TEXT = string({ optional: true })

/**
 * Makes rows of Debezium's change events, as its ExtractNewRecordState does, fault for fault of the order
 * in which that adds and drops fields. Truncations have no row and are dropped.
 */
export class NewRecordState implements Transform {
  readonly #options: NewRecordStateOptions
  readonly #dropped: DroppedFields
  readonly #isRewriting: boolean
  readonly #shapeOf: (event: Schema) => EventShape

  constructor(options: NewRecordStateOptions) {
    this.#options = options
    this.#dropped = new DroppedFields(options.drop)
    this.#isRewriting = options.mode.startsWith('rewrite')
    this.#shapeOf = oncePerSchema((event) => this.#compile(event))
  }

  apply<R extends ConnectRecord>(record: R): R | null {
    if (record.value === null || record.value === undefined) return this.#tombstone(record)
    const event = changeEventOf(record)
    if (event === null) return record
    const shape = this.#shapeOf(event.schema)
    const after = rowOf(event, shape.after)
    const before = after === null ? rowOf(event, shape.before) : null
    if (after !== null) return this.#changed(withHeaders(record, shape, event), after, event)
    if (before === null || this.#options.mode === 'drop') return null
    return this.#deleted(withHeaders(record, shape, event), before, event)
  }

  #tombstone<R extends ConnectRecord>(record: R): R | null {
    if (this.#options.mode !== 'rewrite-with-tombstone') return null
    const ops = this.#options.headers.filter(({ name }) => name === 'op')
    if (ops.length === 0) return record
    const added = ops.map(({ shownAs }) => ({ key: shownAs, schema: TEXT, value: 'd' }))
    return { ...record, headers: [...record.headers, ...added] }
  }

  #changed<R extends ConnectRecord>(record: R, after: Struct, event: Struct): R {
    const names = this.#dropped.namesOf(record)
    const row = this.#sentRow(after, event, 'false')
    // After defaults took the place of null, where they do.
    const sent = { ...record, topic: this.#topic(record, after.schema, row) }
    if (names === null) return { ...sent, valueSchema: row.schema, value: row }
    const shorter = this.#dropped.fromRow(row, names)
    return this.#dropped.fromKey({ ...sent, valueSchema: shorter.schema, value: shorter }, names)
  }

  #deleted<R extends ConnectRecord>(record: R, before: Struct, event: Struct): R {
    const names = this.#dropped.namesOf(record)
    const shape = this.#shapeOf(event.schema)
    const routed = { ...record, topic: this.#topic(record, before.schema, before) }
    const sent = names === null ? routed : this.#dropped.fromKey(routed, names)
    if (!this.#isRewriting) {
      const hasSchema = this.#options.mode === 'tombstone'
      return { ...sent, valueSchema: hasSchema ? shape.after.schema : null, value: null }
    }
    const row = this.#sentRow(before, event, 'true')
    const shorter = names === null ? row : this.#dropped.fromRow(row, names, shape.fields.length)
    return { ...sent, valueSchema: shorter.schema, value: shorter }
  }

  /** The row with `__deleted`, where rows are rewritten, and the fields of the event. */
  #sentRow(row: Struct, event: Struct, deleted: 'true' | 'false'): Struct {
    const { sent, fields } = this.#shapeOf(event.schema)
    const schema = sent(row.schema)
    if (!this.#isRewriting && fields.length === 0) return new Struct(schema, row.values)
    const values = this.#isRewriting
      ? [...fieldValues(row, this.#options.replaceNull), deleted]
      : [...row.values]
    for (const field of fields) values.push(field.read(event))
    return new Struct(schema, values)
  }

  /** @param row has the values of the fields of the schema at their places */
  #topic({ topic }: ConnectRecord, schema: Schema, row: Struct): string {
    const { routeBy } = this.#options
    if (routeBy === '') return topic
    const field = fieldOf(schema, routeBy)
    if (field.schema.type !== 'string') {
      throw new DataError(
        'INVALID_VALUE',
        `'${routeBy}' is ${field.schema.type}, and cannot name a topic`,
        { hint: 'route.by.field has to name a column of text' }
      )
    }
    const value = row.values[field.index]
    return typeof value === 'string' && value.trim() !== '' ? value : topic
  }

  #compile(event: Schema): EventShape {
    const { headers, fields } = this.#options
    const readers = (of: readonly EventField[]) =>
      of.flatMap((field) => readerOf(field, event) ?? [])
    const added = readers(fields)
    const mark = this.#isRewriting ? [[DELETED, OPTIONAL_TEXT] as const] : []
    return {
      before: fieldOf(event, 'before'),
      after: fieldOf(event, 'after'),
      headers: readers(headers),
      fields: added,
      sent: oncePerSchema((row) => {
        const more = added.map(({ shownAs, schema }) => [shownAs, schema] as const)
        return rebuilt(row, [...namedSchemas(row), ...mark, ...more])
      })
    }
  }
}

function withHeaders<R extends ConnectRecord>(record: R, shape: EventShape, event: Struct): R {
  if (shape.headers.length === 0) return record
  const added = shape.headers.map(
    ({ shownAs, schema, read }): Header => ({ key: shownAs, schema, value: read(event) })
  )
  return { ...record, headers: [...record.headers, ...added] }
}

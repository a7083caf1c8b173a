import { DataError } from '../api/errors.ts'
import type { ConnectRecord } from '../api/record.ts'
import { type Field, type Schema, Struct } from '../api/schema.ts'

/**
 * The record's value where it is a change event of Debezium, known by the name of its schema
 * (`Envelope.isEnvelopeSchema`); null for tombstones, heartbeats, messages and everything else.
 *
 * @throws {DataError} NOT_A_STRUCT when the value is not what its schema says
 */
export function changeEventOf({ valueSchema, value }: ConnectRecord): Struct | null {
  if (value === null || value === undefined) return null
  if (!valueSchema?.name?.endsWith('.Envelope')) return null
  if (value instanceof Struct) return value
  throw new DataError('NOT_A_STRUCT', `The change event of ${valueSchema.name} is no struct`)
}

/** @throws {DataError} UNKNOWN_FIELD with the fields that there are */
export function fieldOf(schema: Schema, name: string): Field {
  const field = schema.field(name)
  if (field !== undefined) return field
  const owner = schema.name === undefined ? 'the struct' : schema.name
  throw new DataError('UNKNOWN_FIELD', `There is no field '${name}' in ${owner}`, {
    hint: `the fields are ${schema.fields.map((known) => known.name).join(', ')}`
  })
}

/**
 * The row in a field of an event, such as `after`, or null.
 * @throws {DataError} NOT_A_STRUCT when it is something else, such as the JSON text of a document
 */
export function rowOf(event: Struct, { name, index }: Field): Struct | null {
  const row = event.values[index] ?? null
  if (row === null || row instanceof Struct) return row
  throw new DataError('NOT_A_STRUCT', `'${name}' of the change event is no struct`)
}

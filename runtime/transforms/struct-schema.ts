import { DataError } from '../api/errors.ts'
import { type Schema, structOf } from '../api/schema.ts'

export type NamedSchema = readonly [name: string, schema: Schema]

/** Calls `make` once per schema, found by identity. */
export function oncePerSchema<T>(make: (schema: Schema) => T): (schema: Schema) => T {
  const known = new WeakMap<Schema, { readonly made: T }>()
  return (schema) => {
    let entry = known.get(schema)
    if (entry === undefined) {
      entry = { made: make(schema) }
      known.set(schema, entry)
    }
    return entry.made
  }
}

export function namedSchemas(schema: Schema): NamedSchema[] {
  return schema.fields.map(({ name, schema: type }) => [name, type])
}

/**
 * The schema of a struct that a transform makes of another. As in Kafka Connect it keeps name, version,
 * doc and parameters; it has no default, and is required unless `changes` says otherwise.
 *
 * @throws {DataError} DUPLICATE_FIELD when two fields have one name
 */
export function rebuilt(
  { name, version, doc, parameters }: Schema,
  fields: readonly NamedSchema[],
  changes: { readonly optional?: boolean; readonly name?: string } = {}
): Schema {
  const names = new Set<string>()
  for (const [field] of fields) {
    if (names.has(field)) throw duplicate(field)
    names.add(field)
  }
  return structOf(fields, {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(doc === undefined ? {} : { doc }),
    ...(parameters === undefined ? {} : { parameters }),
    ...changes
  })
}

function duplicate(field: string): DataError {
  return new DataError('DUPLICATE_FIELD', `The struct would have two fields '${field}'`, {
    hint: 'let the transform give the new one another name'
  })
}

/** Some of a struct's fields, perhaps under new names. */
export interface Selection {
  readonly schema: Schema
  /** For each field that is left, where its value was. */
  readonly indexes: readonly number[]
}

/**
 * @param newName of a field at a place, null to leave it out
 * @throws {DataError} DUPLICATE_FIELD when two fields get one name
 */
export function select(
  schema: Schema,
  newName: (name: string, index: number, type: Schema) => string | null
): Selection {
  const left = schema.fields.flatMap(({ name, index, schema: type }) => {
    const renamed = newName(name, index, type)
    return renamed === null ? [] : [{ index, field: [renamed, type] as const }]
  })
  const fields = left.map(({ field }) => field)
  return { schema: rebuilt(schema, fields), indexes: left.map(({ index }) => index) }
}

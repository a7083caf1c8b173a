import { oneOf, string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { DataError } from '../api/errors.ts'
import { type Schema, Struct } from '../api/schema.ts'
import { parseFieldPath } from './field-path.ts'
import { fieldValues, isPlainObject, keyAndValueClasses, nullKeys, partOf } from './record-part.ts'

interface Part {
  readonly schema: Schema | null
  readonly value: unknown
}

/** Replaces a record's key or value by one of its fields. */
export default defineTransform({
  summary: 'Replaces the key or value by one of its fields.',
  classNames: keyAndValueClasses('ExtractField'),
  config: {
    field: string({ doc: 'Name of the field, or with V2 its path, such as a.b.' }),
    'field.syntax.version': oneOf(['V1', 'V2'], {
      doc: 'V1: a plain name. V2: a path with dots; a name with dots stands in backticks.',
      default: 'V1'
    }),
    ...nullKeys
  },
  create(config, raw) {
    const part = partOf(raw)
    const path =
      config['field.syntax.version'] === 'V2' ? parseFieldPath(config.field) : [config.field]
    const replace = config['replace.null.with.default']
    return {
      apply(record) {
        let found: Part = { schema: part.schema(record), value: part.value(record) }
        for (const name of path) {
          found = found.schema === null ? member(found, name) : fieldOf(found, name, replace)
        }
        return part.replace(record, found.schema, found.value)
      }
    }
  }
})

/** Null in, null out; so is a member that is not there, as in Kafka Connect. */
function member({ value }: Part, name: string): Part {
  if (value === null || value === undefined) return { schema: null, value: null }
  if (!isPlainObject(value)) throw notAnObject()
  return { schema: null, value: value[name] ?? null }
}

function fieldOf({ schema, value }: Part, name: string, replace: boolean): Part {
  const field = schema?.field(name)
  if (schema?.type !== 'struct') throw notAnObject()
  if (field === undefined) {
    throw new DataError('UNKNOWN_FIELD', `There is no field '${name}' to extract`, {
      hint: `the fields are ${schema.fields.map((known) => known.name).join(', ')}`
    })
  }
  if (value === null || value === undefined) return { schema: field.schema, value: null }
  if (!(value instanceof Struct)) throw notAnObject()
  return { schema: field.schema, value: fieldValues(value, replace)[field.index] ?? null }
}

function notAnObject(): DataError {
  return new DataError(
    'NOT_A_STRUCT',
    'ExtractField needs a struct or an object to take a field from'
  )
}

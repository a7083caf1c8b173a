import { list } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { DataError } from '../api/errors.ts'
import { Struct } from '../api/schema.ts'
import { fieldValues, isPlainObject, keyAndValueClasses, nullKeys, partOf } from './record-part.ts'
import { oncePerSchema, select } from './struct-schema.ts'

/** Leaves out or renames fields of a record's key or value. */
export default defineTransform({
  summary: 'Leaves out or renames fields.',
  classNames: keyAndValueClasses('ReplaceField'),
  config: {
    exclude: list({ doc: 'Fields to leave out; wins over include.', default: [] }),
    include: list({ doc: 'Fields to keep; none named: all.', default: [] }),
    renames: list({
      doc: 'Fields to rename.',
      default: [],
      examples: ['old:new,other:another'],
      validator: (pairs) => {
        const wrong = pairs.find((pair) => !/^[^:]+:[^:]+$/.test(pair))
        return wrong === undefined ? undefined : `must be pairs old:new; '${wrong}' is not one`
      }
    }),
    ...nullKeys
  },
  create(config, raw) {
    const part = partOf(raw)
    const excluded = new Set(config.exclude)
    const included = new Set(config.include)
    const renames = new Map(config.renames.map((pair) => pair.split(':') as [string, string]))
    const newName = (name: string): string | null => {
      const kept = !excluded.has(name) && (included.size === 0 || included.has(name))
      return kept ? (renames.get(name) ?? name) : null
    }
    const selection = oncePerSchema((schema) => select(schema, newName))
    const replace = config['replace.null.with.default']
    return {
      apply(record) {
        const value = part.value(record)
        const schema = part.schema(record)
        if (value === null || value === undefined) return record
        if (schema === null) {
          if (!isPlainObject(value)) throw notAnObject(part.name)
          const kept = Object.entries(value).flatMap(([name, member]) => {
            const renamed = newName(name)
            return renamed === null ? [] : [[renamed, member] as const]
          })
          return part.replace(record, null, Object.fromEntries(kept))
        }
        if (!(value instanceof Struct)) throw notAnObject(part.name)
        const { schema: shorter, indexes } = selection(schema)
        const given = fieldValues(value, replace)
        const values = indexes.map((index) => given[index])
        return part.replace(record, shorter, new Struct(shorter, values))
      }
    }
  }
})

function notAnObject(part: string): DataError {
  return new DataError('NOT_A_STRUCT', `ReplaceField needs a struct or an object as the ${part}`)
}

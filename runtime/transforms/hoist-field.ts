import { string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { Struct, structOf } from '../api/schema.ts'
import { keyAndValueClasses, partOf } from './record-part.ts'
import { oncePerSchema } from './struct-schema.ts'

/** Wraps a record's key or value, tombstones included, in a struct or an object of one field. */
export default defineTransform({
  summary: 'Wraps the key or value in a struct or object with one field.',
  classNames: keyAndValueClasses('HoistField'),
  config: {
    field: string({ doc: 'Name of the field that holds what was the whole key or value.' })
  },
  create({ field }, raw) {
    const part = partOf(raw)
    const wrapperOf = oncePerSchema((schema) => structOf([[field, schema]]))
    return {
      apply(record) {
        const [schema, value] = [part.schema(record), part.value(record)]
        if (schema === null) return part.replace(record, null, { [field]: value ?? null })
        const wrapper = wrapperOf(schema)
        return part.replace(record, wrapper, new Struct(wrapper, [value]))
      }
    }
  }
})

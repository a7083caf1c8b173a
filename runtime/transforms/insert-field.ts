import { string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { DataError } from '../api/errors.ts'
import type { ConnectRecord, SinkRecord } from '../api/record.ts'
import * as schemas from '../api/schema.ts'
import { type Schema, Struct } from '../api/schema.ts'
import { fieldValues, isPlainObject, keyAndValueClasses, nullKeys, partOf } from './record-part.ts'
import { namedSchemas, oncePerSchema, rebuilt } from './struct-schema.ts'

const TIMESTAMP = 'org.apache.kafka.connect.data.Timestamp'

const field = (doc: string) =>
  string({
    doc: `${doc} A name with ! at its end is required, with ? (as by default) optional.`,
    default: null
  })

interface Insertion {
  readonly name: string
  readonly schema: Schema
  value(record: ConnectRecord): unknown
}

/** Adds facts about a record, or a fixed text, as fields of its key or value. */
export default defineTransform({
  summary: 'Adds the topic, partition, offset, timestamp or a fixed text as a field.',
  classNames: keyAndValueClasses('InsertField'),
  config: {
    'topic.field': field('Field for the topic.'),
    'partition.field': field('Field for the partition.'),
    'offset.field': field('Field for the offset; for sinks.'),
    'timestamp.field': field('Field for the timestamp of the record.'),
    'static.field': field('Field for static.value.'),
    'static.value': string({ doc: 'The text of static.field.', default: null }),
    ...nullKeys
  },
  create(config, raw) {
    const part = partOf(raw)
    const insertions: Insertion[] = []
    const add = (spec: string | null, type: Schema, value: Insertion['value']) => {
      if (spec === null) return
      const name = spec.replace(/[!?]$/, '')
      insertions.push({ name, schema: type.with({ optional: !spec.endsWith('!') }), value })
    }
    add(config['topic.field'], schemas.string(), (record) => record.topic)
    add(config['partition.field'], schemas.int32(), (record) => sinkFact(record, 'partition'))
    add(config['offset.field'], schemas.int64(), (record) => sinkFact(record, 'offset'))
    const timestamp = schemas.int64({ name: TIMESTAMP, version: 1 })
    add(config['timestamp.field'], timestamp, (record) => record.timestamp)
    add(config['static.field'], schemas.string(), () => config['static.value'])
    const extend = extender(insertions)
    const replace = config['replace.null.with.default']
    return {
      apply(record) {
        const value = part.value(record)
        const schema = part.schema(record)
        if (value === null || value === undefined) return record
        if (schema === null) {
          if (!isPlainObject(value)) throw notAnObject(part.name)
          const added = insertions.map(({ name, value: of }) => [name, of(record)] as const)
          return part.replace(record, null, { ...value, ...Object.fromEntries(added) })
        }
        if (!(value instanceof Struct)) throw notAnObject(part.name)
        const added = insertions.map(({ value: of }) => of(record))
        const longer = extend(schema)
        return part.replace(
          record,
          longer,
          new Struct(longer, [...fieldValues(value, replace), ...added])
        )
      }
    }
  }
})

function sinkFact(record: ConnectRecord, fact: 'partition' | 'offset'): unknown {
  const found: Partial<SinkRecord> = record
  return found[fact] ?? null
}

/** The schema with the new fields. */
function extender(insertions: readonly Insertion[]): (schema: Schema) => Schema {
  const added = insertions.map(({ name, schema }) => [name, schema] as const)
  return oncePerSchema((schema) => rebuilt(schema, [...namedSchemas(schema), ...added]))
}

function notAnObject(part: string): DataError {
  return new DataError('NOT_A_STRUCT', `InsertField needs a struct or an object as the ${part}`)
}

import { boolean, type RawConfig } from '../api/config.ts'
import type { ConnectRecord } from '../api/record.ts'
import type { Schema, Struct } from '../api/schema.ts'

/** Which half of a record a transform works on: Kafka Connect has a class for each. */
export interface RecordPart {
  readonly name: 'key' | 'value'
  schema(record: ConnectRecord): Schema | null
  value(record: ConnectRecord): unknown
  replace<R extends ConnectRecord>(record: R, schema: Schema | null, value: unknown): R
}

const KEY: RecordPart = {
  name: 'key',
  schema: (record) => record.keySchema,
  value: (record) => record.key,
  replace: (record, keySchema, key) => ({ ...record, keySchema, key })
}

const VALUE: RecordPart = {
  name: 'value',
  schema: (record) => record.valueSchema,
  value: (record) => record.value,
  replace: (record, valueSchema, value) => ({ ...record, valueSchema, value })
}

/** The half that the class name in `type` says: `...$Key`, or the value. */
export function partOf(raw: RawConfig): RecordPart {
  return raw['type']?.endsWith('$Key') ? KEY : VALUE
}

/** Both class names of a transform that comes as `$Key` and `$Value`. */
export function keyAndValueClasses(name: string): string[] {
  const full = `org.apache.kafka.connect.transforms.${name}`
  return [`${full}$Value`, `${full}$Key`, full]
}

/** The key of transforms that read fields (KIP-1040). */
export const nullKeys = {
  'replace.null.with.default': boolean({
    doc: 'Read null in a field that has a default as the default.',
    default: true
  })
} as const

/** Reads all fields of a struct: null is the default of the field, where it has one and `replace` says so. */
export function fieldValues({ schema, values }: Struct, replace: boolean): readonly unknown[] {
  if (!replace || !values.some((value) => value === null || value === undefined)) return values
  return values.map((value, index) => value ?? schema.fields[index]?.schema.default ?? null)
}

/** Whether a schemaless value is a JSON object. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

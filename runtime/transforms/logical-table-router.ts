import type { Transform } from '../api/converter.ts'
import { DataError } from '../api/errors.ts'
import { type NameAdjustment, nameAdjuster } from '../api/name-adjuster.ts'
import type { ConnectRecord } from '../api/record.ts'
import { type Field, type Schema, Struct, string } from '../api/schema.ts'
import { changeEventOf, fieldOf, rowOf } from './change-event.ts'
import { fieldValues } from './record-part.ts'
import { namedSchemas, oncePerSchema, rebuilt } from './struct-schema.ts'

export interface LogicalTableOptions {
  /** @returns the new topic; null for a topic that stays */
  readonly rename: (topic: string) => string | null
  /** Field to add to keys; null leaves them as they are but for the name of their schema. */
  readonly keyField: string | null
  /** @returns what the field says of a topic; null for its name */
  readonly identify: (topic: string) => string | null
  readonly adjustment: NameAdjustment
}

const TEXT = string()

/** Where the records of one topic go. */
interface Route {
  readonly topic: string
  /** What the added field of the key says. */
  readonly identifier: string
  readonly keySchema: (key: Schema) => Schema
  readonly eventShape: (event: Schema) => EventShape
}

interface EventShape {
  readonly event: Schema
  /** Where rows are, and the schemas that they get. */
  readonly rows: readonly (readonly [field: Field, row: Schema])[]
}

/**
 * Sends the records of topics elsewhere, and names the schemas of keys, rows and events after the new
 * topic, as Debezium's ByLogicalTableRouter does.
 */
export class LogicalTableRouter implements Transform {
  readonly #options: LogicalTableOptions
  readonly #adjust: (name: string) => string
  /** Few topics, many records: each is worked out once. */
  readonly #routes = new Map<string, Route | null>()

  constructor(options: LogicalTableOptions) {
    this.#options = options
    this.#adjust = nameAdjuster(options.adjustment, true) ?? ((name) => name)
  }

  apply<R extends ConnectRecord>(record: R): R {
    let route = this.#routes.get(record.topic)
    if (route === undefined) {
      route = this.#routeOf(record.topic)
      this.#routes.set(record.topic, route)
    }
    if (route === null) return record
    const event = changeEventOf(record)
    const key = this.#key(record, route)
    const routed = { ...record, topic: route.topic, keySchema: key?.schema ?? null, key }
    if (event === null) return routed
    const value = withRows(event, route.eventShape(event.schema))
    return { ...routed, valueSchema: value.schema, value }
  }

  #routeOf(from: string): Route | null {
    const { rename, identify, keyField } = this.#options
    const topic = rename(from)
    if (topic === null || topic === '') return null
    const added = keyField === null ? [] : [[keyField, TEXT] as const]
    return {
      topic,
      identifier: identify(from) ?? from,
      keySchema: oncePerSchema((key) => {
        const name = this.#adjust(`${topic}.Key`)
        return rebuilt(key, [...namedSchemas(key), ...added], { optional: key.optional, name })
      }),
      eventShape: oncePerSchema((event) => this.#eventShape(topic, event))
    }
  }

  #key({ key }: ConnectRecord, { keySchema, identifier }: Route): Struct | null {
    if (key === null || key === undefined) return null
    if (!(key instanceof Struct)) {
      throw new DataError('NOT_A_STRUCT', 'ByLogicalTableRouter needs a struct as the key', {
        hint: 'use it before transforms that change keys, or let a predicate choose the records'
      })
    }
    const added = this.#options.keyField === null ? [] : [identifier]
    return new Struct(keySchema(key.schema), [...key.values, ...added])
  }

  #eventShape(topic: string, event: Schema): EventShape {
    const name = this.#adjust(`${topic}.Value`)
    const rowSchema = oncePerSchema((row) =>
      rebuilt(row, namedSchemas(row), { optional: row.optional, name })
    )
    const rows = ['before', 'after'].map((part) => {
      const field = fieldOf(event, part)
      return [field, rowSchema(field.schema)] as const
    })
    const schemas = new Map(rows.map(([field, row]) => [field.name, row]))
    const fields = namedSchemas(event).map(
      ([field, schema]) => [field, schemas.get(field) ?? schema] as const
    )
    const changes = { optional: event.optional, name: this.#adjust(`${topic}.Envelope`) }
    return { event: rebuilt(event, fields, changes), rows }
  }
}

function withRows(event: Struct, shape: EventShape): Struct {
  const values = [...fieldValues(event, true)]
  for (const [field, schema] of shape.rows) {
    const row = rowOf(event, field)
    if (row !== null) values[field.index] = new Struct(schema, row.values)
  }
  return new Struct(shape.event, values)
}

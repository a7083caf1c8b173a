import { DataError } from '../api/errors.ts'
import type { ConnectRecord } from '../api/record.ts'
import { type Schema, Struct } from '../api/schema.ts'
import { fieldValues } from './record-part.ts'
import { oncePerSchema, type Selection, select } from './struct-schema.ts'

/** Which fields to leave out, by record: a header lists them. */
export interface DropRules {
  readonly header: string | null
  readonly fromKey: boolean
  readonly optionalOnly: boolean
}

/** Lists that a schema is remembered for; each column that changes or not makes another one. */
const LISTS_MAX = 256

/** Leaves fields out of keys and rows. */
export class DroppedFields {
  readonly #rules: DropRules
  readonly #selections = oncePerSchema(() => new Map<string, Selection>())

  constructor(rules: DropRules) {
    this.#rules = rules
  }

  /**
   * @returns the names in the record's header, or null when there are none
   * @throws {DataError} INVALID_VALUE when the header is not a list of names
   */
  namesOf({ headers }: ConnectRecord): readonly string[] | null {
    const { header } = this.#rules
    if (header === null) return null
    const value = headers.find(({ key }) => key === header)?.value ?? null
    if (value === null) return null
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) {
      return value.length === 0 ? null : value
    }
    throw new DataError('INVALID_VALUE', `The header '${header}' is not a list of field names`)
  }

  /** The record with a key that lacks the fields, where the key is to lack them. */
  fromKey<R extends ConnectRecord>(record: R, names: readonly string[]): R {
    const { key } = record
    if (!this.#rules.fromKey || !(key instanceof Struct)) return record
    const shorter = this.fromRow(key, names)
    return shorter === key ? record : { ...record, keySchema: shorter.schema, key: shorter }
  }

  /** @param kept how many fields at the end of the row stay in any case */
  fromRow(row: Struct, names: readonly string[], kept = 0): Struct {
    const { schema, indexes } = this.#selection(row.schema, names, kept)
    if (this.#rules.optionalOnly && indexes.length === row.values.length) return row
    // Kafka Connect's ReplaceField does it there, and reads null as the default.
    const values = fieldValues(row, true)
    return new Struct(
      schema,
      indexes.map((index) => values[index])
    )
  }

  #selection(schema: Schema, names: readonly string[], kept: number): Selection {
    const known = this.#selections(schema)
    const id = JSON.stringify([kept, names])
    let selection = known.get(id)
    if (selection === undefined) {
      const end = schema.fields.length - kept
      const isDropped = (name: string, index: number, { optional }: Schema) =>
        index < end && names.includes(name) && (optional || !this.#rules.optionalOnly)
      selection = select(schema, (name, index, type) =>
        isDropped(name, index, type) ? null : name
      )
      if (known.size >= LISTS_MAX) known.clear()
      known.set(id, selection)
    }
    return selection
  }
}

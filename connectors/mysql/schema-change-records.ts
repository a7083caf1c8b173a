import type { Header, SourceRecord } from '../../runtime/api/record.ts'
import type { SnapshotMark } from '../relational/envelope.ts'
import type { Place } from './place.ts'
import type { MysqlRecords } from './records.ts'
import { changedTables, SchemaChangeEvents } from './schema/schema-events.ts'
import type { SchemaChange } from './schema/table-model.ts'
import { sourceSchema } from './source-block.ts'

/** Publishes statements that change tables, to the topic that is named as `topic.prefix`. */
export class SchemaChangeRecords {
  readonly #records: MysqlRecords
  readonly #events: SchemaChangeEvents
  readonly #topic: string
  readonly #headers: readonly Header[]

  constructor(records: MysqlRecords) {
    const { flavor, prefix, headers } = records.settings
    this.#records = records
    this.#events = new SchemaChangeEvents(flavor, sourceSchema(flavor))
    this.#topic = prefix
    this.#headers = headers
  }

  /** The changes of one statement of the log. */
  append(out: SourceRecord[], changes: readonly SchemaChange[], place: Place): void {
    for (const change of changes) {
      const ofDatabase = changes.filter(({ database }) => database === change.database)
      const isOfTables = !/^\s*\w+\s+(?:DATABASE|SCHEMA)\b/i.test(change.ddl)
      const table = isOfTables ? changedTables(ofDatabase) : null
      out.push(this.#record(change, { ...place, table }, place.lastRow))
    }
  }

  /** The statements that would make the tables that a snapshot finds, one after the other. */
  appendSnapshot(
    out: SourceRecord[],
    changes: readonly SchemaChange[],
    place: Omit<Place, 'lastRow' | 'mark'>,
    lastMark: SnapshotMark
  ): void {
    for (const [i, change] of changes.entries()) {
      const mark = i === changes.length - 1 ? lastMark : 'true'
      const table = change.changes.length > 0 ? changedTables([change]) : null
      out.push(this.#record(change, { ...place, mark, table }, 0))
    }
  }

  #record(
    change: SchemaChange,
    origin: Omit<Place, 'lastRow'> & { readonly table: string | null },
    row: number
  ): SourceRecord {
    const source = this.#records.source({ ...origin, database: change.database }, row)
    const { key, value } = this.#events.event(change, source, Date.now())
    return {
      topic: this.#topic,
      partition: 0,
      keySchema: key.schema,
      key,
      valueSchema: value.schema,
      value,
      headers: this.#headers,
      timestamp: null
    }
  }
}

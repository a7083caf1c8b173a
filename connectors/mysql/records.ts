import { Struct } from '../../runtime/api/schema.ts'
import {
  ChangeRecords,
  type RecordSettings,
  type TransactionBlocks
} from '../relational/change-records.ts'
import type { SnapshotMark } from '../relational/envelope.ts'
import { sourceSchema } from './source-block.ts'
import type { Flavor } from './types/column-codec.ts'

/** Where a record comes from: what the `source` block says beside the row's number. */
export interface Origin {
  readonly database: string
  /** Null for a schema change of no table. */
  readonly table: string | null
  readonly mark: SnapshotMark
  /** Microseconds since 1970. */
  readonly micros: number
  readonly serverId: number
  readonly gtid: string | null
  readonly file: string
  readonly pos: number
  readonly thread: number | null
  readonly query: string | null
}

export interface MysqlRecordSettings extends RecordSettings {
  readonly flavor: Flavor
  readonly prefix: string
  readonly version: string
}

/** Makes change events with the `source` block of MySQL or MariaDB. */
export class MysqlRecords extends ChangeRecords {
  readonly settings: MysqlRecordSettings
  readonly #schema
  /** The time of the event under way, in two more units. */
  #micros = 0
  #millis = 0
  #nanos: bigint = 0n

  constructor(settings: MysqlRecordSettings, blocks?: TransactionBlocks) {
    super(settings, blocks)
    this.settings = settings
    this.#schema = sourceSchema(settings.flavor)
  }

  /** @param row number of the row in its event, from 0 */
  source(origin: Origin, row: number): Struct {
    const { micros } = origin
    if (micros !== this.#micros) {
      this.#micros = micros
      this.#millis = Math.floor(micros / 1000)
      this.#nanos = BigInt(micros) * 1000n
    }
    const { flavor, prefix, version } = this.settings
    return new Struct(this.#schema, [
      version,
      flavor,
      prefix,
      this.#millis,
      // Null stands for the default, which is 'false'.
      origin.mark === 'false' ? null : origin.mark,
      origin.database,
      null,
      micros,
      this.#nanos,
      origin.table,
      origin.serverId,
      origin.gtid,
      origin.file,
      origin.pos,
      row,
      origin.thread,
      origin.query
    ])
  }
}

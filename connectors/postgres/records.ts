import { Struct } from '../../runtime/api/schema.ts'
import { ChangeRecords, type RecordSettings } from '../relational/change-records.ts'
import type { SnapshotMark } from '../relational/envelope.ts'
import type { CapturedTable } from './captured-table.ts'
import type { Lsn } from './lsn.ts'
import { sourceSchema } from './types/source-block.ts'

/** What the records of one transaction, or of one snapshot, have in common. */
export interface Origin {
  readonly xid: number
  /** Commit time, or the time of the snapshot, in microseconds since 1970. */
  readonly micros: number
  readonly mark: SnapshotMark
  /** End of the transaction before, or null when there was none yet. */
  readonly lastCommit: Lsn | null
  /** Replication origin, when the transaction came from elsewhere. */
  readonly origin: string | null
  readonly originLsn: Lsn | null
}

export interface PostgresRecordSettings extends RecordSettings {
  readonly prefix: string
  readonly database: string
  readonly version: string
}

/** Makes change events with the `source` block of PostgreSQL. */
export class RecordFactory extends ChangeRecords {
  readonly #about: PostgresRecordSettings
  /** The time of the transaction under way, in two units. */
  #originMicros = 0
  #originNanos: bigint = 0n

  constructor(settings: PostgresRecordSettings) {
    super(settings)
    this.#about = settings
  }

  /** The `source` block of an event at `lsn`. May be shared by records that have all of it in common. */
  source(table: CapturedTable, origin: Origin, lsn: Lsn): Struct {
    const { prefix, database, version } = this.#about
    const { micros, lastCommit } = origin
    if (micros !== this.#originMicros) {
      this.#originMicros = micros
      this.#originNanos = BigInt(micros) * 1000n
    }
    return new Struct(sourceSchema, [
      version,
      'postgresql',
      prefix,
      Math.floor(micros / 1000),
      // Null stands for the default, which is 'false'.
      origin.mark === 'false' ? null : origin.mark,
      database,
      lastCommit === null ? `[null,"${lsn}"]` : `["${lastCommit}","${lsn}"]`,
      micros,
      this.#originNanos,
      table.schema,
      table.name,
      origin.xid,
      lsn,
      null,
      origin.origin,
      origin.originLsn
    ])
  }
}

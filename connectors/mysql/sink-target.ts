import { type ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { SinkTaskContext } from '../../runtime/api/task.ts'
import type { OffsetClaims } from '../relational/sink-claims.ts'
import { explainRow } from '../relational/sink-failures.ts'
import { RecordReader } from '../relational/sink-reader.ts'
import type { SinkSession, SinkTarget } from '../relational/sink-session.ts'
import type { SinkSettings } from '../relational/sink-settings.ts'
import { contextOf } from './connection.ts'
import { connectSink } from './sink-connection.ts'
import { explainWrite, isPassing, isRowFault } from './sink-errors.ts'
import { noClaims, TargetOffsets } from './sink-offsets.ts'
import type { SinkPlace } from './sink-place.ts'
import { MysqlSession } from './sink-session.ts'

/** A database of MySQL or MariaDB to write to. */
export class MysqlTarget implements SinkTarget {
  readonly #place: SinkPlace
  readonly #settings: SinkSettings
  readonly #reader: RecordReader
  readonly #loads: boolean

  /** @param loads `load.data.enabled` */
  constructor(place: SinkPlace, settings: SinkSettings, loads: boolean) {
    this.#place = place
    this.#settings = settings
    this.#loads = loads
    this.#reader = new RecordReader(settings)
  }

  claims(connector: string): OffsetClaims | null {
    const { exactlyOnce, offsetsTable: table } = this.#settings
    return exactlyOnce ? noClaims({ connector, table }) : null
  }

  async open(
    { connector, signal }: SinkTaskContext,
    claims: OffsetClaims | null
  ): Promise<SinkSession> {
    const connection = await connectSink(this.#place, signal)
    const table = this.#settings.offsetsTable
    return new MysqlSession(connection, {
      settings: this.#settings,
      reader: this.#reader,
      loads: this.#loads,
      offsets: claims && new TargetOffsets(claims, { connector, table })
    })
  }

  isRowFault(error: unknown): boolean {
    return isRowFault(error)
  }

  isPassing(error: unknown): boolean {
    return isPassing(error)
  }

  explainRow(error: unknown, record: SinkRecord, table: string | null): ConnectError {
    return explainRow(error, record, { table, column: '', constraint: '', detail: '' })
  }

  explainWrite(error: unknown, table: string | null): ConnectError {
    const { connection, database } = this.#place
    return explainWrite(error, { ...contextOf(connection), database, table })
  }

  lost(): ConnectError {
    return new RetriableError('MYSQL_CONNECTION_LOST', 'The connection to the target was lost')
  }
}

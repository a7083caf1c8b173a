import { type ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'
import type { SinkTaskContext } from '../../runtime/api/task.ts'
import type { OffsetClaims } from '../relational/sink-claims.ts'
import { explainRow, RowError } from '../relational/sink-failures.ts'
import { RecordReader } from '../relational/sink-reader.ts'
import type { SinkSession, SinkTarget } from '../relational/sink-session.ts'
import type { SinkSettings } from '../relational/sink-settings.ts'
import { type ConnectionSettings, contextOf } from './connection.ts'
import { connectSink } from './sink-connection.ts'
import { explainWrite, isRowFault, isStale, refusedRow } from './sink-errors.ts'
import { noClaims, TargetOffsets } from './sink-offsets.ts'
import { PostgresSession } from './sink-session.ts'

/** A PostgreSQL database to write to. */
export class PostgresTarget implements SinkTarget {
  readonly #connection: ConnectionSettings
  readonly #settings: SinkSettings
  readonly #reader: RecordReader

  constructor(connection: ConnectionSettings, settings: SinkSettings) {
    this.#connection = connection
    this.#settings = settings
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
    const client = await connectSink(this.#connection, signal)
    const table = this.#settings.offsetsTable
    return new PostgresSession(client, {
      settings: this.#settings,
      reader: this.#reader,
      offsets: claims && new TargetOffsets(claims, { connector, table })
    })
  }

  isRowFault(error: unknown): boolean {
    return isRowFault(error)
  }

  isPassing(error: unknown): boolean {
    return isStale(error)
  }

  explainRow(error: unknown, record: SinkRecord, table: string | null): ConnectError {
    const refused = refusedRow(error instanceof RowError ? error.cause : error)
    return explainRow(error, record, { ...refused, table })
  }

  explainWrite(error: unknown, table: string | null): ConnectError {
    const place = table === null ? {} : { table }
    return explainWrite(error, { ...contextOf(this.#connection), ...place })
  }

  lost(): ConnectError {
    return new RetriableError('POSTGRES_CONNECTION_LOST', 'The connection to the target was lost')
  }
}

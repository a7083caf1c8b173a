import type { RowsEvent, TableMap } from '../../connectors/mysql/binlog/binlog-event.ts'
import { connect, type MysqlConnection } from '../../connectors/mysql/connection.ts'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import type { TableModel } from '../../connectors/mysql/schema/table-model.ts'
import type { ValueOptions } from '../../connectors/mysql/types/column-codec.ts'
import {
  type CodecOptions,
  compileTable,
  type TableCodec
} from '../../connectors/mysql/types/table-codec.ts'
import { type Struct, struct } from '../../runtime/api/schema.ts'
import { BinlogReading, endOfLog, settingsOf } from './binlog-reading.ts'
import type { MariadbServer } from './mariadb.ts'

export const VALUES: ValueOptions = {
  decimal: 'precise',
  time: 'adaptive_time_microseconds',
  binary: 'bytes',
  bigintUnsigned: 'long',
  timeAdjuster: true,
  placeholder: '__debezium_unavailable_value',
  flavor: 'mariadb'
}

export type Changes = Partial<Omit<CodecOptions, 'values'>> & {
  readonly values?: Partial<ValueOptions>
}

export function codecOf(table: TableModel, changes: Changes = {}): TableCodec {
  const values = { ...VALUES, ...changes.values }
  return compileTable(table, { topic: 'p.db.t', source: struct({}), ...changes, values })
}

/** No tables yet. */
export function schemaTables(): SchemaTables {
  return new SchemaTables({
    flavor: 'mariadb',
    version: 101119,
    lowerCaseTableNames: 0,
    charset: 'utf8mb4',
    explicitTimestamps: true
  })
}

/** A table from its statement, as if the log had it. */
export function tableFrom(ddl: string, database = 'db', name = 't'): TableModel {
  const tables = schemaTables()
  const { unknown } = tables.apply(ddl, { database })
  const table = tables.get(database, name)
  if (table === undefined || unknown !== null) throw new Error(`${unknown?.reason}: ${ddl}`)
  return table
}

/** A database whose rows are read the way a snapshot reads them, and the way a stream does. */
export class ValueReading {
  readonly #server: MariadbServer
  readonly #session: MysqlConnection
  readonly database: string

  private constructor(server: MariadbServer, session: MysqlConnection, database: string) {
    this.#server = server
    this.#session = session
    this.database = database
  }

  /** @param existing a database to read; without it, a new one */
  static async open(server: MariadbServer, existing?: string): Promise<ValueReading> {
    const database = existing ?? (await server.createDatabase())
    const session = await connect(settingsOf(server))
    await session.query(`USE ${database}`)
    await session.query("SET time_zone = '+00:00', sql_mode = ''")
    await session.query('SET character_set_results = NULL')
    return new ValueReading(server, session, database)
  }

  close(): void {
    this.#session.destroy()
  }

  /** Runs statements in one session, whose time zone is UTC and whose SQL mode lets everything pass. */
  async run(...statements: string[]): Promise<void> {
    for (const statement of statements) await this.#session.query(statement)
  }

  /** A table as SHOW CREATE TABLE tells it. */
  async table(name = 't'): Promise<TableModel> {
    const [row] = await this.#session.query(`SHOW CREATE TABLE ${name}`)
    return tableFrom(row?.[1] ?? '', this.database, name)
  }

  /** The rows as a snapshot reads them, in the order of the first column. */
  async snapshot(codec: TableCodec): Promise<Struct[]> {
    const list = codec.selected.map(({ sql }) => sql).join(', ')
    const rows: Struct[] = []
    const sql = `SELECT ${list} FROM ${codec.table.name} ORDER BY 1`
    for await (const group of this.#session.stream(sql)) {
      for (const row of group) rows.push(codec.readTextRow(row))
    }
    return rows
  }

  /** Runs statements and gives the rows that the log has of them: after images, or before images of deletes. */
  async stream(codec: TableCodec, ...statements: string[]): Promise<Struct[]> {
    const start = await endOfLog(this.#server)
    await this.run(...statements)
    const streamed: RowChange[] = []
    await this.changesSince(start, () => ({ codec, streamed }))
    return streamed.flatMap(({ before, after }) => after ?? before ?? [])
  }

  /** Reads what happened to rows, each into the list of its table, and the statements between. */
  async changesSince(
    start: { readonly file: string; readonly position: number; readonly gtids: string },
    tableOf: (map: TableMap) => StreamedTable | undefined,
    onStatement: (sql: string) => void = () => undefined
  ): Promise<void> {
    await this.run('CREATE TABLE read_to_here (id INT)', 'DROP TABLE read_to_here')
    using reading = await BinlogReading.open(this.#server, start)
    await reading.untilStatement('CREATE TABLE read_to_here')
    for (const { event, rows } of reading.events) {
      if (event.kind === 'query') onStatement(event.sql)
      const known = event.kind === 'rows' ? tableOf(event.table) : undefined
      if (known !== undefined && event.kind === 'rows') readRows(known, event, rows)
    }
  }
}

export interface StreamedTable {
  readonly codec: TableCodec
  readonly streamed: RowChange[]
}

function readRows(
  { codec, streamed }: StreamedTable,
  event: RowsEvent,
  bytes: Buffer | null
): void {
  if (bytes === null) return
  const { table, before, after } = event
  const reader = codec.rowReader(table)
  const cursor = { buffer: bytes, position: 0 }
  while (cursor.position < bytes.length) {
    const old = before === null ? null : reader.read(cursor, before)
    const row = after === null ? null : reader.read(cursor, after, old)
    streamed.push({ codec, before: old, after: row })
  }
}

/** What happened to one row. */
export interface RowChange {
  readonly codec: TableCodec
  readonly before: Struct | null
  readonly after: Struct | null
}

import type {
  ChunkKey,
  ChunkRange,
  ChunkRow,
  ChunkSource,
  ChunkTable
} from '../relational/chunk-source.ts'
import type { CapturedTable, TableCompiler } from './captured-table.ts'
import { quoteName } from './errors.ts'
import type { QuerySession } from './query-session.ts'
import type { BytesRow } from './row-stream.ts'
import type { TableModel } from './schema/table-model.ts'
import type { ServerSchema } from './server-schema.ts'
import { behind, type KeyColumn, keyText, literal, snapshotKey } from './snapshot-select.ts'
import type { TableFilter } from './table-filter.ts'

/** Reads chunks of tables for incremental snapshots, on a connection of its own. */
export class MysqlChunkSource implements ChunkSource {
  readonly #session: QuerySession
  readonly #server: ServerSchema
  readonly #compiler: TableCompiler
  readonly #filter: TableFilter
  readonly #keys = new WeakMap<ChunkTable, readonly KeyColumn[]>()

  /** @param options session: with the settings of a snapshot */
  constructor(options: {
    readonly session: QuerySession
    readonly server: ServerSchema
    readonly compiler: TableCompiler
    readonly filter: TableFilter
  }) {
    this.#session = options.session
    this.#server = options.server
    this.#compiler = options.compiler
    this.#filter = options.filter
  }

  async describe(id: string, surrogateKey: string | null): Promise<ChunkTable | null> {
    const dot = id.indexOf('.')
    const name = { database: id.slice(0, dot), name: id.slice(dot + 1) }
    if (!this.#filter.captures(name.database, name.name)) return null
    const found = await this.#server.readTable(name)
    if (found === null) return null
    const record = this.#compiler.compile(found.table)
    const selected = record.codec.selected.map((column) => column.name)
    // A signal names one column for all of its tables: those without it are read by their own key.
    const surrogate = found.table.columns.find(({ name }) => isSame(name, surrogateKey))
    const own = ownKey(found.table)
    const columns = surrogate === undefined ? own : [surrogate.name]
    const key = snapshotKey(found.table, selected, columns) ?? []
    const table: ChunkTable = {
      record,
      keyColumns: key.map((column) => column.name),
      // Rows may share a key of message.key.columns.
      isUnique: surrogate === undefined && isRecordKey(record, own),
      identity: identityOf(record, key),
      keyText: (given) => given.map((text, i) => shown(key[i], text)).join(',')
    }
    this.#keys.set(table, key)
    return table
  }

  async maximumKey(table: ChunkTable, condition: string | null): Promise<ChunkKey | null> {
    const key = this.#keyOf(table)
    const columns = key.map(({ name }) => quoteName(name))
    const notNull = columns.map((column) => `${column} IS NOT NULL`)
    const where = [...notNull, ...(condition === null ? [] : [`(${condition})`])].join(' AND ')
    const order = columns.map((column) => `${column} DESC`).join(', ')
    const sql = `SELECT ${columns.join(', ')} FROM ${nameOf(table)} WHERE ${where} ORDER BY ${order} LIMIT 1`
    const [row] = await this.#session.rows(sql)
    return row === undefined ? null : key.map((column, i) => textOf(column, row[i] ?? null))
  }

  async chunk(
    table: ChunkTable,
    range: ChunkRange,
    condition: string | null
  ): Promise<readonly ChunkRow[]> {
    const key = this.#keyOf(table)
    const record = table.record as CapturedTable
    const columns = record.codec.selected.map(({ sql }) => sql).join(', ')
    const where = [
      ...(condition === null ? [] : [`(${condition})`]),
      ...(range.kind === 'equal' ? equal(key, range.key) : between(key, range))
    ].join(' AND ')
    const order = key.map(({ name }) => quoteName(name)).join(', ')
    const limit = range.kind === 'between' ? ` LIMIT ${range.limit}` : ''
    const rows = await this.#session.rows(
      `SELECT ${columns} FROM ${nameOf(table)} WHERE ${where} ORDER BY ${order}${limit}`
    )
    return rows.map((values: BytesRow) => ({
      key: key.map((column) => textOf(column, values[column.index] ?? null)),
      row: record.codec.readTextRow(values)
    }))
  }

  #keyOf(table: ChunkTable): readonly KeyColumn[] {
    return this.#keys.get(table) ?? []
  }
}

function nameOf(table: ChunkTable): string {
  const { database, name } = table.record as CapturedTable
  return `${quoteName(database)}.${quoteName(name)}`
}

function isSame(name: string, other: string | null): boolean {
  return name.toLowerCase() === other?.toLowerCase()
}

/** The primary key, or the unique index that stands in for it. */
function ownKey({ primaryKey, uniqueKeys }: TableModel): readonly string[] {
  return primaryKey.length > 0 ? primaryKey : (uniqueKeys[0] ?? [])
}

function isRecordKey({ codec }: CapturedTable, columns: readonly string[]): boolean {
  const fields = codec.keySchema?.fields ?? []
  return fields.length === columns.length && fields.every(({ name }, i) => name === columns[i])
}

function identityOf({ codec }: CapturedTable, key: readonly KeyColumn[]): ChunkTable['identity'] {
  if (codec.keySchema !== null) return (row) => codec.key(row)?.values ?? null
  // The fields of a row are in the order in which they are selected.
  return ({ values }) => key.map(({ index }) => values[index])
}

function textOf(column: KeyColumn, value: Buffer | null): string | null {
  return value === null ? null : keyText(column, value)
}

/** Bytes of text as text, as far as they are ASCII: Debezium shows values, and this is for people. */
function shown(column: KeyColumn | undefined, text: string | null): string {
  if (text === null) return 'null'
  if (column?.form !== 'bytes' || column.column.charset === null) return text
  return Buffer.from(text, 'hex').toString('utf8')
}

function equal(key: readonly KeyColumn[], values: ChunkKey): string[] {
  return key.map((column, i) => {
    const value = values[i] ?? null
    const name = quoteName(column.name)
    return value === null ? `${name} IS NULL` : `${name} = ${literal(column, value)}`
  })
}

function between(
  key: readonly KeyColumn[],
  range: Extract<ChunkRange, { kind: 'between' }>
): string[] {
  const upTo = texts(range.upTo)
  const within = `NOT (${behind(key, upTo)})`
  return range.after === null ? [within] : [`(${behind(key, texts(range.after))})`, within]
}

function texts(key: ChunkKey): string[] {
  return key.map((text) => text ?? '')
}

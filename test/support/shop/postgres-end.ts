import type { PostgresServer } from '../postgres.ts'
import { sinkKeys, sourceKeys } from '../scenario.ts'
import { COLUMNS, type Content, rowText } from './columns.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { PRIMARY_KEY, SHOP_SCHEMA, type ShopSize, shopRows, type Table } from './shop.ts'
import type { ShopEnd } from './shop-end.ts'

const AS_TEXT: Readonly<Record<Content, (column: string) => string>> = {
  text: (column) => `${column}::text`,
  number: (column) => `${column}::text`,
  decimal: (column) => `${column}::text`,
  real: (column) => `${column}::float8::text`,
  boolean: (column) => `${column}::int::text`,
  date: (column) => `to_char(${column}, 'YYYY-MM-DD')`,
  time: (column) => `to_char(${column}, 'HH24:MI:SS.US')`,
  timestamp: (column) => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.US')`,
  bytes: (column) => `encode(${column}, 'hex')`,
  // JSON of MariaDB is text, in its events too.
  json: (column) =>
    `case pg_typeof(${column})::text when 'text' then ${column}::text else to_jsonb(${column})::text end`
}

/** The shop on PostgreSQL. */
export class PostgresEnd implements ShopEnd {
  readonly #server: PostgresServer

  constructor(server: PostgresServer) {
    this.#server = server
  }

  createDatabase(name: string): Promise<string> {
    return this.#server.createDatabase(name)
  }

  async fill(database: string, size: ShopSize): Promise<void> {
    await this.#server.query(SHOP_SCHEMA, undefined, database)
    await this.#server.query(shopRows(size), undefined, database)
  }

  async openWriter(database: string) {
    const client = await this.#server.connect(database)
    return Object.assign(new PostgresWriter(client), {
      [Symbol.asyncDispose]: () => client.end()
    })
  }

  async rows(database: string, table: Table): Promise<Map<string, string>> {
    const texts = Object.entries(COLUMNS[table]).map(([name, content]) => AS_TEXT[content](name))
    const key = PRIMARY_KEY[table].join(", '/', ")
    const text = `select concat(${key}) as key, array[${texts.join(', ')}] as row from ${table}`
    const rows = await this.#server.query<{ key: string; row: (string | null)[] }>(
      text,
      undefined,
      database
    )
    return new Map(rows.map(({ key, row }) => [key, rowText(table, row)]))
  }

  sourceKeys(database: string) {
    return sourceKeys(this.#server, database, { 'schema.include.list': 'public' })
  }

  topic(database: string, table: Table): string {
    return `${database}.public.${table}`
  }

  position(source: Readonly<Record<string, unknown>>): bigint {
    return BigInt(source['lsn'] as number)
  }

  sinkKeys(topicsRegex: string, database: string) {
    return sinkKeys(this.#server, { prefix: '', database }, { 'topics.regex': topicsRegex })
  }
}

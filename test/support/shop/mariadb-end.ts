import type { RowDataPacket } from 'mysql2/promise'
import type { MariadbServer } from '../mariadb.ts'
import { mariadbSinkKeys, mariadbSourceKeys } from '../scenario.ts'
import { COLUMNS, type Content, rowText } from './columns.ts'
import { MARIADB_SCHEMA, mariadbRows } from './mariadb-shop.ts'
import { MariadbWriter } from './mariadb-writer.ts'
import { PRIMARY_KEY, type ShopSize, type Table } from './shop.ts'
import type { ShopEnd } from './shop-end.ts'

const AS_TEXT: Readonly<Record<Content, (column: string) => string>> = {
  text: (column) => `cast(${column} as char)`,
  number: (column) => `cast(${column} as char)`,
  decimal: (column) => `cast(${column} as char)`,
  // A float is shown with six digits, the double of the same value with all.
  real: (column) => `cast(${column} + 0e0 as char)`,
  boolean: (column) => `cast(${column} + 0 as char)`,
  date: (column) => `cast(${column} as char)`,
  time: (column) => `time_format(${column}, '%H:%i:%s.%f')`,
  timestamp: (column) => `date_format(${column}, '%Y-%m-%d %H:%i:%s.%f')`,
  bytes: (column) => `lower(hex(${column}))`,
  json: (column) => `cast(${column} as char)`
}

/** The shop on MariaDB. */
export class MariadbEnd implements ShopEnd {
  readonly #server: MariadbServer

  constructor(server: MariadbServer) {
    this.#server = server
  }

  createDatabase(name: string): Promise<string> {
    return this.#server.createDatabase(name)
  }

  async fill(database: string, size: ShopSize): Promise<void> {
    await this.#server.query(MARIADB_SCHEMA, undefined, database)
    await this.#server.query(mariadbRows(size), undefined, database)
  }

  async openWriter(database: string) {
    const connection = await this.#server.connect(database, { flags: ['-FOUND_ROWS'] })
    return Object.assign(new MariadbWriter(connection), {
      [Symbol.asyncDispose]: () => connection.end()
    })
  }

  async rows(database: string, table: Table): Promise<Map<string, string>> {
    const texts = Object.entries(COLUMNS[table]).map(([name, content]) => AS_TEXT[content](name))
    const key = PRIMARY_KEY[table].join(", '/', ")
    const sql = `select concat(${key}), ${texts.join(', ')} from ${table}`
    const connection = await this.#server.connect(database)
    try {
      const query = { sql, rowsAsArray: true }
      const [rows] = await connection.query<(RowDataPacket & (string | null)[])[]>(query)
      return new Map(rows.map(([at, ...row]) => [at ?? '', rowText(table, row)]))
    } finally {
      await connection.end()
    }
  }

  sourceKeys(database: string) {
    return mariadbSourceKeys(this.#server, database)
  }

  topic(database: string, table: Table): string {
    return `${database}.${database}.${table}`
  }

  /** File, position of the event in it, row of the event. */
  position({ file, pos, row }: Readonly<Record<string, unknown>>): bigint {
    const [number] = /\d+$/.exec(String(file)) ?? ['0']
    return (BigInt(number) << 80n) + (BigInt(pos as number) << 32n) + BigInt(row as number)
  }

  sinkKeys(topicsRegex: string, database: string) {
    return mariadbSinkKeys(this.#server, { database, topicsRegex })
  }
}

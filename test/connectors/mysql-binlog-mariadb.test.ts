import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { RowsEvent, TableMap } from '../../connectors/mysql/binlog/binlog-event.ts'
import { BinlogReading, endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'

/** The bits of both columns; those that belong to none are as they are. */
const imagesOf = ({ before, after }: RowsEvent) =>
  [before, after].map((image) => (image === null ? null : (image[0] ?? 0) & 0b11))

const tablesOf = (reading: BinlogReading) =>
  reading.events.flatMap(({ event }) => (event.kind === 'table_map' ? [event.table] : []))

describe('the binary log of MariaDB', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let database: string
  let start: { file: string; position: number; gtids: string }

  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())
  beforeEach(async () => {
    database = await server.createDatabase()
    start = await endOfLog(server)
  })
  const run = (sql: string) => server.query(sql, [], database)

  it('tells transactions, their statements, tables and rows', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))')
    await run("INSERT INTO t VALUES (1, 'a'), (2, NULL)")
    await run("UPDATE t SET v = 'b' WHERE id = 1")
    await run('DELETE FROM t')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')

    assert.deepEqual(reading.kinds.slice(0, 2), ['rotate', 'format'])
    const change = ['gtid', 'rows_query', 'table_map', 'rows', 'xid']
    const kinds = reading.kinds.slice(reading.kinds.indexOf('gtid'))
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'other'),
      [...['gtid', 'query'], ...[...change, ...change, ...change], ...['gtid', 'query']]
    )
    const [insert, update, remove] = reading.rowsEvents
    assert.deepEqual(insert?.bytes, Buffer.from([0xfc, 1, 0, 0, 0, 1, 97, 0xfe, 2, 0, 0, 0]))
    assert.deepEqual(update?.bytes, Buffer.from('fc010000000161fc010000000162', 'hex'))
    assert.deepEqual(insert && imagesOf(insert), [null, 0b11])
    assert.deepEqual(update && imagesOf(update), [0b11, 0b11])
    assert.deepEqual(remove && imagesOf(remove), [0b11, null])
    assert.equal(remove?.endOfStatement, true)
    const [first, ...others] = tablesOf(reading)
    assert.ok(others.every((table) => table === first))
    assert.ok(reading.rowsEvents.every(({ table }) => table === first))
  })

  it('describes every kind of column with full metadata', async () => {
    await run(`CREATE TABLE t (
      a BIGINT UNSIGNED, b TINYINT, c DECIMAL(30, 10) UNSIGNED, d YEAR, e FLOAT UNSIGNED, f BIT(10),
      g CHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, h VARCHAR(20) CHARACTER SET latin1, i BINARY(3),
      j POINT, k ENUM('x', 'y,z') CHARACTER SET latin1, l SET('q', 'ü'), m UUID, n INET6, o JSON,
      p MEDIUMBLOB, q VARCHAR(300) COMPRESSED, r TEXT COMPRESSED, s DATETIME(3) NOT NULL, t TIME(6), u INT SIGNED,
      v DOUBLE, PRIMARY KEY (s, b, h(5))) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`)
    await run("INSERT INTO t (b, h, s) VALUES (1, '', '2020-01-01')")
    using reading = await BinlogReading.open(server, start)
    await reading.until(({ event }) => event.kind === 'table_map')
    const [table] = tablesOf(reading)
    assert.equal(table?.database, database)
    assert.equal(table?.name, 't')
    assert.deepEqual(table?.primaryKey, [18, 1, 7])
    assert.deepEqual(columnsOf(table), [
      'a 8 0 null unsigned',
      'b 1 0 signed',
      `c 246 ${30 * 256 + 10} null unsigned`,
      'd 13 0 null unsigned',
      'e 4 4 null unsigned',
      'f 16 10 null',
      'g 254 800 null 46',
      'h 15 20 8',
      'i 254 3 null 63',
      'j 255 4 null 63',
      'k 247 1 null 8 x|y,z',
      'l 248 1 null 45 q|ü',
      'm 254 16 null 63',
      'n 254 16 null 63',
      'o 252 4 null 46',
      'p 252 3 null 63',
      'q 141 1201 null 45',
      'r 140 2 null 45',
      's 18 3',
      't 19 6 null',
      'u 3 0 null signed',
      'v 5 8 null signed'
    ])
  })
})

/** Name, type, meta, and what is known of: null, sign, collation, values. */
function columnsOf(table: TableMap | undefined): string[] {
  return (table?.columns ?? []).map((column) =>
    [
      column.name,
      column.type,
      column.meta,
      ...(column.nullable ? ['null'] : []),
      ...(column.unsigned === null ? [] : [column.unsigned ? 'unsigned' : 'signed']),
      ...(column.collation === null ? [] : [column.collation]),
      ...(column.values === null ? [] : [column.values.map((value) => value.toString()).join('|')])
    ].join(' ')
  )
}

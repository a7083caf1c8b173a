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

  it('tells nothing that the log does not have: metadata and keys of tables without FULL', async () => {
    await run('CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, v VARCHAR(5) CHARACTER SET latin1)')
    await run('SET GLOBAL binlog_row_metadata = MINIMAL; INSERT INTO t VALUES (1, NULL)')
    await run('SET GLOBAL binlog_row_metadata = NO_LOG; INSERT INTO t VALUES (2, NULL)')
    await run('SET GLOBAL binlog_row_metadata = FULL; CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')
    const [minimal, none] = tablesOf(reading)
    const described = ({ columns, primaryKey }: TableMap) => [
      primaryKey,
      ...columns.map(({ name, unsigned, collation }) => [name, unsigned, collation])
    ]
    assert.deepEqual(minimal && described(minimal), [null, [null, true, null], [null, null, 8]])
    assert.deepEqual(none && described(none), [null, [null, null, null], [null, null, null]])
  })

  it('reads images that leave columns out', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY, v INT, b BLOB)')
    await run('INSERT INTO t VALUES (1, 2, 3)')
    await run('SET binlog_row_image = MINIMAL; UPDATE t SET v = 5; SET binlog_row_image = FULL')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')
    const update = reading.rowsEvents.find(({ change }) => change === 'update')
    assert.deepEqual(update && imagesOf(update), [0b01, 0b10])
    assert.deepEqual(update?.bytes, Buffer.from('fe01000000fe05000000', 'hex'))
  })

  it('uncompresses statements and rows', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)')
    await run("INSERT INTO t VALUES (1, REPEAT('a', 5000)), (2, REPEAT('b', 100))")
    await run("UPDATE t SET v = REPEAT('c', 1000)")
    await run('DELETE FROM t')
    await run(`CREATE TABLE done (id INT COMMENT '${'x'.repeat(1000)}')`)
    const plain = await endOfLog(server)
    using expected = await BinlogReading.open(server, start)
    await expected.untilStatement('TABLE done')

    await run('DROP TABLE t, done; SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10')
    const from = await endOfLog(server)
    await run('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)')
    await run("INSERT INTO t VALUES (1, REPEAT('a', 5000)), (2, REPEAT('b', 100))")
    await run("UPDATE t SET v = REPEAT('c', 1000)")
    await run('DELETE FROM t')
    await run(`CREATE TABLE done (id INT COMMENT '${'x'.repeat(1000)}')`)
    await run('SET GLOBAL log_bin_compress = OFF')
    assert.ok((await endOfLog(server)).position - from.position < plain.position - start.position)
    using reading = await BinlogReading.open(server, from)
    await reading.untilStatement('TABLE done')
    const codes = new Set(reading.events.map(({ header }) => header.code))
    for (const code of [165, 166, 167, 168]) assert.ok(codes.has(code), `no event ${code}`)
    const facts = ({ rowsEvents, events }: BinlogReading) => [
      rowsEvents.map(({ change, bytes }) => [change, bytes.toString('hex')]),
      events.flatMap(({ event }) => (event.kind === 'query' ? [event.sql] : []))
    ]
    assert.deepEqual(facts(reading), facts(expected))
  })

  it('puts events together that are larger than a packet', async () => {
    const size = 20 << 20
    await run('SET GLOBAL max_allowed_packet = 268435456')
    const writer = await server.connect(database)
    await writer.query('CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)')
    await writer.query(`INSERT INTO t VALUES (1, REPEAT('0123456789abcdef', ${size / 16}))`)
    await writer.query('CREATE TABLE done (id INT)')
    await writer.end()
    using reading = await BinlogReading.open(server, start, { maxBytes: 1 << 16 })
    await reading.untilStatement('TABLE done')
    const [insert] = reading.rowsEvents
    assert.equal(insert?.bytes.length, 1 + 4 + 4 + size)
    assert.ok(insert.bytes.subarray(9).equals(Buffer.alloc(size, '0123456789abcdef')))
  })

  it('follows from one file to the next, with positions that can be started from', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY)')
    await run('INSERT INTO t VALUES (1)')
    await run('FLUSH BINARY LOGS')
    await run('INSERT INTO t VALUES (2)')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')
    const end = await endOfLog(server)
    const shown = await server.query<{ Pos: number; End_log_pos: number }>(
      `SHOW BINLOG EVENTS IN '${end.file}'`
    )
    const inFile = reading.events.filter(
      ({ header, event, file }) =>
        file === end.file && event.kind !== 'rotate' && header.position !== header.nextPosition
    )
    assert.notEqual(end.file, start.file)
    assert.deepEqual(
      inFile.map(({ header }) => [header.position, header.nextPosition]),
      shown.slice(0, inFile.length).map((row) => [row.Pos, row.End_log_pos])
    )

    for (const { header, event, file } of reading.events) {
      if (event.kind !== 'gtid') continue
      using again = await BinlogReading.open(server, { file, position: header.position })
      const same = await again.until((read) => read.event.kind === 'gtid')
      assert.deepEqual([same.event, same.header, same.file], [event, header, file])
    }
  })

  it('reads files without checksums beside files with them', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY)')
    await run('SET GLOBAL binlog_checksum = NONE')
    await run('INSERT INTO t VALUES (1)')
    await run('SET GLOBAL binlog_checksum = CRC32')
    await run('INSERT INTO t VALUES (2)')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')
    assert.deepEqual(
      reading.rowsEvents.map(({ bytes }) => bytes.toString('hex')),
      ['fe01000000', 'fe02000000']
    )
    const files = reading.events.flatMap(({ event }) =>
      event.kind === 'rotate' ? [event.file] : []
    )
    assert.equal(new Set(files).size, 3)
  })

  it('tells XA transactions, DDL, savepoints and tables without transactions apart', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE m (id INT) ENGINE MyISAM')
    await run("XA START 'x'; INSERT INTO t VALUES (1); XA END 'x'; XA PREPARE 'x'")
    await run("XA COMMIT 'x'")
    await run("XA START 'y'; INSERT INTO t VALUES (2); XA END 'y'; XA COMMIT 'y' ONE PHASE")
    await run('INSERT INTO m VALUES (1)')
    await run('BEGIN; INSERT INTO t VALUES (3); SAVEPOINT s; INSERT INTO t VALUES (4); COMMIT')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('TABLE done')
    const told = reading.events.flatMap(({ event }) => {
      if (event.kind === 'gtid') {
        const { standalone, ddl, preparesXa, completesXa } = event
        return [Object.entries({ standalone, ddl, preparesXa, completesXa })]
          .map((flags) => flags.flatMap(([name, set]) => (set ? [name] : [])).join(' '))
          .map((flags) => `gtid ${flags}`.trim())
      }
      if (event.kind === 'query') return [event.sql.replaceAll(/x'[0-9a-f]*'/gi, '?')]
      return ['xid', 'xa_prepare', 'rows'].includes(event.kind) ? [event.kind] : []
    })
    assert.deepEqual(told, [
      ...['gtid standalone ddl', 'CREATE TABLE t (id INT PRIMARY KEY)'],
      ...['gtid standalone ddl', 'CREATE TABLE m (id INT) ENGINE MyISAM'],
      ...['gtid preparesXa', 'rows', 'XA END ?,?,1', 'xa_prepare'],
      ...['gtid standalone completesXa', 'XA COMMIT ?,?,1'],
      ...['gtid', 'rows', 'xid'],
      ...['gtid', 'rows', 'COMMIT'],
      ...['gtid', 'rows', 'SAVEPOINT `s`', 'rows', 'xid'],
      ...['gtid standalone ddl', 'CREATE TABLE done (id INT)']
    ])
  })

  it('gives statements in the words, the mode and the character set of their session', async () => {
    const session = await server.connect(database, { charset: 'LATIN1_SWEDISH_CI' })
    await session.query("SET sql_mode = 'ANSI_QUOTES'")
    await session.query('CREATE TABLE "té" ("éü" INT)')
    await session.end()
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    const last = await reading.untilStatement('TABLE done')
    assert.ok(last.event.kind === 'query' && last.event.sqlMode !== 4)
    const [first] = reading.events.flatMap(({ event }) => (event.kind === 'query' ? [event] : []))
    assert.equal(first?.sqlMode, 4)
    assert.equal(first?.database, database)
    assert.equal(first?.sql, 'CREATE TABLE "té" ("éü" INT)')
  })

  it('gives rows that a session logged as statements as the statements', async () => {
    await run('CREATE TABLE t (id INT PRIMARY KEY)')
    await run('SET binlog_format = STATEMENT; INSERT INTO t VALUES (1); SET binlog_format = ROW')
    await run('CREATE TABLE done (id INT)')
    using reading = await BinlogReading.open(server, start)
    await reading.untilStatement('INSERT INTO t')
    await reading.untilStatement('TABLE done')
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

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RowsEvent } from '../../connectors/mysql/binlog/binlog-event.ts'
import { TableMismatch } from '../../connectors/mysql/types/table-mismatch.ts'
import { type ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import { BinlogReading, endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { codecOf, tableFrom, ValueReading } from '../support/mysql-values.ts'
import { Random } from '../support/random.ts'

const PLACEHOLDER = '__debezium_unavailable_value'

describe('rows of MariaDB', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let reading: ValueReading

  before(async () => {
    server = await startMariadb()
    reading = await ValueReading.open(server)
  })
  after(async () => {
    reading.close()
    await server.stop()
  })

  const create = (columns: string) =>
    reading.run('DROP TABLE IF EXISTS t', `CREATE TABLE t (${columns})`)

  /** The rows events of statements, with their bytes. */
  async function rowsEvents(...statements: string[]): Promise<(RowsEvent & { bytes: Buffer })[]> {
    const start = await endOfLog(server)
    await reading.run(...statements, 'CREATE TABLE done (id INT)', 'DROP TABLE done')
    using log = await BinlogReading.open(server, start)
    await log.untilStatement('CREATE TABLE done')
    return log.rowsEvents
  }

  const values = (row: Struct | undefined) =>
    row?.values.map((value) => (Buffer.isBuffer(value) ? value.toString() : value))

  it('have the placeholder where a row image leaves something out', async () => {
    await create(
      'id INT PRIMARY KEY, a INT, n INT NOT NULL, t TEXT, b BLOB, d DATE NOT NULL, u UUID'
    )
    const insert = "INSERT INTO t VALUES (1, 2, 3, 'text', 'blob', '2024-02-29', UUID())"
    const update = 'UPDATE t SET a = 5'
    const codec = codecOf(await reading.table())
    for (const [image, before, after] of [
      [
        'MINIMAL',
        [1, null, 0, PLACEHOLDER, PLACEHOLDER, 0, PLACEHOLDER],
        [1, 5, 0, PLACEHOLDER, PLACEHOLDER, 0, PLACEHOLDER]
      ],
      [
        'NOBLOB',
        [1, 2, 3, PLACEHOLDER, PLACEHOLDER, 19782, 'uuid'],
        [1, 5, 3, PLACEHOLDER, PLACEHOLDER, 19782, 'uuid']
      ]
    ] as const) {
      await reading.run('DELETE FROM t', insert)
      const [event] = await rowsEvents(
        `SET binlog_row_image = ${image}`,
        update,
        'SET binlog_row_image = FULL'
      )
      assert.ok(event?.before && event.after)
      const reader = codec.rowReader(event.table)
      const cursor = { buffer: event.bytes, position: 0 }
      const old = reader.read(cursor, event.before)
      const row = reader.read(cursor, event.after, old)
      assert.equal(cursor.position, event.bytes.length)
      const shown = (one: Struct) =>
        values(one)?.map((value) => (/^[\da-f]{8}-/.test(String(value)) ? 'uuid' : value))
      assert.deepEqual(shown(old), before, image)
      assert.deepEqual(shown(row), after, image)
      const isMinimal = image === 'MINIMAL'
      assert.deepEqual(reader.gaps({ ...event, isReplaced: false }), {
        unchanged: isMinimal ? ['n', 't', 'b', 'd', 'u'] : ['t', 'b'],
        unknown: [],
        unknownBefore: isMinimal ? ['a', 'n', 't', 'b', 'd', 'u'] : ['t', 'b']
      })
    }
  })

  it('leave out columns, but keep those of the key', async () => {
    await create(
      'a INT, id INT NOT NULL, b VARCHAR(9), c DATETIME(3), d DECIMAL(9,2), e BIT(9), f JSON, PRIMARY KEY (id, b)'
    )
    const codec = codecOf(await reading.table(), {
      includes: (name) => name === 'a' || name === 'f'
    })
    const rows = await reading.stream(
      codec,
      `INSERT INTO t VALUES (1, 2, 'k', NOW(), 3.5, 1, '[1]')`
    )
    assert.deepEqual(
      codec.valueSchema.fields.map(({ name }) => name),
      ['a', 'f']
    )
    assert.deepEqual(values(rows[0])?.slice(0, 2), [1, '[1]'])
    assert.deepEqual(
      rows.map((row) => codec.key(row)?.values),
      [[2, 'k']]
    )
    const snapshot = await reading.snapshot(codec)
    assert.deepEqual(
      snapshot.map((row) => codec.key(row)?.values),
      [[2, 'k']]
    )
    assert.deepEqual(
      codec.selected.map(({ name }) => name),
      ['a', 'f', 'id', 'b']
    )
  })

  it('are keyed by the first unique index that has no nulls, or by message.key.columns', async () => {
    await create('a INT UNIQUE, b INT NOT NULL UNIQUE, c INT NOT NULL UNIQUE')
    const table = await reading.table()
    const names = (columns: string[] | null) =>
      codecOf(table, { keyColumns: columns }).keySchema?.fields.map(({ name }) => name)
    assert.deepEqual(names(null), ['b'])
    assert.deepEqual(names(['C', 'a']), ['c', 'a'])
    assert.equal(codecOf(tableFrom('CREATE TABLE t (a INT UNIQUE)')).keySchema, null)
  })

  it('that do not fit their table are an error, and no values', async () => {
    await create("id INT PRIMARY KEY, a INT, e ENUM('x', 'y')")
    const [event] = await rowsEvents("INSERT INTO t VALUES (1, NULL, 'y')")
    assert.ok(event?.after)
    const { table: map, bytes, after: present } = event
    const fails = (columns: string, pattern: RegExp) => {
      const codec = codecOf(tableFrom(`CREATE TABLE t (${columns})`))
      const read = () => codec.rowReader(map).read({ buffer: bytes, position: 0 }, present)
      assert.throws(read, (error: ConnectError) => {
        assert.ok(error instanceof TableMismatch)
        assert.match(error.message, pattern)
        return error.code === 'MYSQL_TABLE_MISMATCH' && /binlog_row_metadata/.test(error.hint ?? '')
      })
    }
    fails('id INT PRIMARY KEY, a INT', /has 2 columns, and 3 there/)
    fails("id INT PRIMARY KEY, b INT, e ENUM('x', 'y')", /column 2 of db\.t is b, and a there/)
    fails(
      "id INT PRIMARY KEY, a BIGINT, e ENUM('x', 'y')",
      /column a is BIGINT, and has type code 3/
    )
    fails(
      "id INT PRIMARY KEY, a INT UNSIGNED, e ENUM('x', 'y')",
      /a is INT UNSIGNED, and signed there/
    )
    fails("id INT PRIMARY KEY, a INT NOT NULL, e ENUM('x', 'y')", /a is NOT NULL, and null there/)
    fails("id INT PRIMARY KEY, a INT, e ENUM('x')", /e has 1 members, and 2 there/)
    fails('id INT PRIMARY KEY, a INT, e SET("x", "y")', /e is SET, and has type code 247/)
  })

  it('of garbled bytes end in an error that is typed, and nowhere else', async () => {
    await create(
      "id INT PRIMARY KEY, a BIGINT, b DECIMAL(20,5), c VARCHAR(300), d DATETIME(6), e ENUM('x','y'), f SET('p','q'), g BLOB COMPRESSED, h GEOMETRY, i POINT, j TIME(3), k UUID, l BIT(20), m TEXT CHARACTER SET ujis"
    )
    const codec = codecOf(await reading.table(), { onUnconvertible: () => undefined })
    const [event] = await rowsEvents(
      "INSERT INTO t VALUES (1, 2, 3.5, 'four', NOW(), 'y', 'p,q', REPEAT('g', 400), POINT(1, 2), POINT(3, 4), '1:2:3', UUID(), 12, '日')"
    )
    assert.ok(event?.after)
    const reader = codec.rowReader(event.table)
    const random = new Random(11)
    let refused = 0
    for (let round = 0; round < 4000; round++) {
      const bytes = Buffer.from(
        event.bytes.subarray(0, random.next() < 0.3 ? random.below(event.bytes.length) : undefined)
      )
      for (let i = random.below(4); i >= 0 && bytes.length > 0; i--)
        bytes[random.below(bytes.length)] = random.below(256)
      try {
        const cursor = { buffer: bytes, position: 0 }
        reader.read(cursor, event.after)
        assert.ok(cursor.position <= bytes.length)
      } catch (error) {
        if (!(error instanceof TableMismatch) && !(error instanceof DataError)) throw error
        refused++
      }
    }
    assert.ok(refused > 1000, `${refused}`)
  })

  it('have addresses as the server prints them', async () => {
    await create('id INT PRIMARY KEY, a INET6')
    const codec = codecOf(await reading.table())
    const random = new Random(6)
    const addresses = Array.from({ length: 400 }, (_, id) => {
      const words = Array.from({ length: 8 }, () =>
        random.pick(['0000', '0000', 'ffff', '0a1b', '000c'])
      )
      return `(${id}, X'${words.join('')}')`
    })
    const streamed = await reading.stream(codec, `INSERT INTO t VALUES ${addresses}`)
    assert.deepEqual(streamed.map(values), (await reading.snapshot(codec)).map(values))
  })

  it('have compressed columns in all forms that the server has for them', async () => {
    await create('id INT PRIMARY KEY, a TEXT COMPRESSED, b VARBINARY(500) COMPRESSED')
    const codec = codecOf(await reading.table())
    const streamed = await reading.stream(
      codec,
      'SET GLOBAL column_compression_zlib_wrap = ON',
      "INSERT INTO t VALUES (1, REPEAT('é', 200), REPEAT('b', 400))",
      'SET GLOBAL column_compression_zlib_wrap = OFF, GLOBAL column_compression_threshold = 0',
      "INSERT INTO t VALUES (2, REPEAT('é', 30000), 'x'), (3, '', '')"
    )
    const lengths = streamed.map(({ values: [, a, b] }) => [String(a).length, (b as Buffer).length])
    assert.deepEqual(lengths, [
      [200, 400],
      [30_000, 1],
      [0, 0]
    ])
    assert.deepEqual(streamed.map(values), (await reading.snapshot(codec)).map(values))
  })

  it('of a day that does not exist are null with a warning, or an error', async () => {
    await create('id INT PRIMARY KEY, d DATE, t DATETIME')
    const told: string[] = []
    const codec = codecOf(await reading.table(), {
      onUnconvertible: ({ column, reason }) => told.push(`${column} ${reason}`)
    })
    const streamed = await reading.stream(
      codec,
      "SET sql_mode = 'ALLOW_INVALID_DATES'",
      "INSERT INTO t VALUES (1, '2023-02-29', '2024-04-31 01:02:03')",
      "SET sql_mode = ''"
    )
    assert.deepEqual(streamed.map(values), [[1, null, null]])
    assert.deepEqual((await reading.snapshot(codec)).map(values), [[1, null, null]])
    assert.match(told.join(), /\.t\.d 2023-2-29 is no day of the calendar.*\.t\.t 2024-4-31/)
    const strict = codecOf(await reading.table())
    await assert.rejects(reading.snapshot(strict), {
      code: 'INVALID_VALUE',
      message: /Column d of .*\.t: 2023-2-29/
    })
  })
})

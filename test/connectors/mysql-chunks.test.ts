import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MysqlChunkSource } from '../../connectors/mysql/chunk-source.ts'
import { connect, type MysqlConnection } from '../../connectors/mysql/connection.ts'
import type { BytesRow } from '../../connectors/mysql/row-stream.ts'
import type { ChunkKey, ChunkRow } from '../../connectors/relational/chunk-source.ts'
import { settingsOf } from '../support/binlog-reading.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { codecOf, tableFrom } from '../support/mysql-values.ts'
import { Random } from '../support/random.ts'

/** Columns of a primary key, and values that are hard to order. */
const KEYS: readonly (readonly [
  types: readonly string[],
  values: readonly (readonly string[])[]
])[] = [
  [['INT'], [['-3', '0', '7', '2147483647', '-2147483648']]],
  [['BIGINT UNSIGNED'], [['0', '18446744073709551615', '9223372036854775808', '5']]],
  [['DECIMAL(10,3)'], [['-1.5', '0', '10.001', '9.999', '-1000000.001']]],
  [
    ['VARCHAR(20) CHARACTER SET latin1'],
    [["'a'", "'Z'", "'é'", "'z'", "''", "'it''s'", "'back\\\\slash'"]]
  ],
  [
    ['VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'],
    [["'a'", "'A'", "'日本'", "'😀'", "'%_'"]]
  ],
  [['CHAR(5) CHARACTER SET ucs2'], [["'a'", "'b '", "'é'", "'日'"]]],
  [['VARBINARY(6)'], [["x''", "x'00'", "x'0000'", "x'ff'", "x'27'", "x'5c'"]]],
  [['BINARY(4)'], [["x'00000000'", "x'61'", "x'ff00'", "x'00ff'"]]],
  [['DATE'], [["'0001-01-01'", "'2024-02-29'", "'1969-12-31'", "'9999-12-31'"]]],
  [['DATETIME(6)'], [["'2024-02-29 01:02:03.000001'", "'2024-02-29 01:02:03'", "'1000-01-01'"]]],
  [['TIMESTAMP(3)'], [["'2024-02-29 01:02:03.001'", "'2024-02-29 01:02:03'", "'1999-01-01'"]]],
  [['TIME(2)'], [["'-838:59:59'", "'00:00:00'", "'00:00:00.01'", "'838:59:59'"]]],
  [
    ['UUID'],
    [
      [
        "'00000000-0000-0000-0000-000000000000'",
        "'123e4567-e89b-12d3-a456-426655440000'",
        "'ffffffff-e89b-12d3-a456-426655440000'"
      ]
    ]
  ],
  [
    ['INT', 'VARCHAR(5)'],
    [
      ['1', '2', '-1'],
      ["'a'", "'b'", "''", "'Ä'"]
    ]
  ],
  [
    ['DATE', 'INT UNSIGNED', 'VARBINARY(3)'],
    [
      ["'2024-01-01'", "'2023-01-01'"],
      ['0', '4294967295'],
      ["x'00'", "x'ff'", "x''"]
    ]
  ]
]

describe('chunks of tables of MariaDB', () => {
  let server: MariadbServer
  let session: MysqlConnection
  let database: string
  before(async () => {
    server = await startMariadb()
    database = await server.createDatabase()
    session = await connect(settingsOf(server))
    await session.query(`USE ${database}`)
    await session.query("SET time_zone = '+00:00', sql_mode = '', character_set_results = NULL")
  })
  after(async () => {
    session?.destroy()
    await server?.stop()
  })

  const rows = async (select: string): Promise<BytesRow[]> => {
    const all: BytesRow[] = []
    for await (const group of session.stream(select)) all.push(...group)
    return all
  }

  async function chunksOf(
    table: string,
    options: { surrogate?: string; keyColumns?: readonly string[] } = {}
  ) {
    const [row] = await session.query(`SHOW CREATE TABLE ${table}`)
    const model = tableFrom(row?.[1] ?? '', database, table)
    const { keyColumns = null } = options
    const id = `${database}.${table}`
    const captured = {
      database,
      name: table,
      id,
      topic: 't',
      codec: codecOf(model, { keyColumns })
    }
    const source = new MysqlChunkSource({
      session: { rows },
      server: { readTable: async () => ({ table: model }) },
      compiler: { compile: () => captured },
      filter: { captures: () => true }
    } as unknown as ConstructorParameters<typeof MysqlChunkSource>[0])
    const described = await source.describe(id, options.surrogate ?? null)
    assert.ok(described)
    return { source, described }
  }

  /** Reads a table from its beginning to its largest key. */
  async function readAll(
    table: string,
    limit: number,
    condition: string | null = null
  ): Promise<ChunkRow[]> {
    const { source, described } = await chunksOf(table)
    const upTo = await source.maximumKey(described, condition)
    if (upTo === null) return []
    const rows: ChunkRow[] = []
    for (let after: ChunkKey | null = null; ; ) {
      const range = { kind: 'between', after, upTo, limit } as const
      const chunk = await source.chunk(described, range, condition)
      if (chunk.length === 0) return rows
      rows.push(...chunk)
      after = chunk.at(-1)?.key ?? null
    }
  }

  for (const [i, [types, values]] of KEYS.entries()) {
    test(`by a key of ${types.join(', ')}`, async () => {
      const table = `k${i}`
      const names = types.map((_, at) => `c${at}`)
      const columns = types.map((type, at) => `c${at} ${type} NOT NULL`).join(', ')
      await session.query(
        `CREATE TABLE ${table} (${columns}, n INT, PRIMARY KEY (${names.join()}))`
      )
      const random = new Random(i + 1)
      const every = values.reduce<string[][]>(
        (rows, more) => rows.flatMap((row) => more.map((value) => [...row, value])),
        [[]]
      )
      for (const [n, row] of every.sort(() => random.next() - 0.5).entries()) {
        await session.query(`INSERT IGNORE INTO ${table} VALUES (${row.join()}, ${n})`)
      }
      const expected = await session.query(`SELECT n FROM ${table} ORDER BY ${names.join()}`)
      for (const limit of [1, 2, 100]) {
        const rows = await readAll(table, limit)
        const got = rows.map(({ row }) => String(row.values.at(types.length)))
        assert.deepEqual(
          got,
          expected.map(([n]) => n),
          `by ${limit}`
        )
      }
      const { source, described } = await chunksOf(table)
      for (const { key, row } of await readAll(table, 100)) {
        const same = await source.chunk(described, { kind: 'equal', key }, null)
        assert.deepEqual(
          same.map((one) => one.row.values),
          [row.values]
        )
      }
    })
  }

  test('an additional condition holds for all of it, whatever it is made of', async () => {
    await session.query('CREATE TABLE cond (id INT PRIMARY KEY, v INT)')
    await session.query('INSERT INTO cond VALUES (1, 1), (2, 5), (3, 1), (4, NULL), (5, 5)')
    const rows = await readAll('cond', 1, 'v = 1 OR id = 4')
    assert.deepEqual(
      rows.map(({ key }) => key[0]),
      ['1', '3', '4']
    )
    assert.deepEqual(await readAll('cond', 1, 'v > 99'), [])
    await assert.rejects(readAll('cond', 1, 'nonsense ='), { code: 'MYSQL_ERROR' })
  })

  test('a surrogate key may repeat and be null', async () => {
    await session.query('CREATE TABLE plain (v VARCHAR(5), n INT)')
    await session.query(
      "INSERT INTO plain VALUES ('a', 1), (NULL, 2), ('a', 3), ('b', 4), (NULL, 5)"
    )
    const { source, described } = await chunksOf('plain', { surrogate: 'V' })
    assert.deepEqual([described.keyColumns, described.isUnique], [['v'], false])
    const upTo = await source.maximumKey(described, null)
    assert.ok(upTo)
    assert.equal(described.keyText?.(upTo), 'b')
    const values = async (range: Parameters<typeof source.chunk>[1]) =>
      (await source.chunk(described, range, null)).map(({ row }) => row.values[1])
    assert.deepEqual((await values({ kind: 'equal', key: [null] })).sort(), [2, 5])
    assert.deepEqual(await values({ kind: 'between', after: null, upTo, limit: 9 }), [1, 3, 4])
    const [row] = await source.chunk(described, { kind: 'equal', key: upTo }, null)
    assert.deepEqual(row && described.identity(row.row), ['b'])
    assert.deepEqual((await chunksOf('plain', { surrogate: 'absent' })).described.keyColumns, [])
    assert.deepEqual((await chunksOf('plain')).described.keyColumns, [])
  })

  test('a table is read by its own key where it has no such column, and by a unique index', async () => {
    await session.query('CREATE TABLE own (id INT PRIMARY KEY, v INT)')
    await session.query('CREATE TABLE indexed (id INT NOT NULL, v INT, UNIQUE KEY (id))')
    for (const table of ['own', 'indexed']) {
      const { described } = await chunksOf(table, { surrogate: 'absent' })
      assert.deepEqual([described.keyColumns, described.isUnique], [['id'], true])
    }
  })

  test('rows that share a key of message.key.columns are not taken for one', async () => {
    const { described } = await chunksOf('own', { keyColumns: ['v'] })
    assert.deepEqual([described.keyColumns, described.isUnique], [['id'], false])
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { selectExpression } from '../../connectors/mysql/types/select-expression.ts'
import { Struct } from '../../runtime/api/schema.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { codecOf, ValueReading } from '../support/mysql-values.ts'
import { Random } from '../support/random.ts'
import { COLUMNS, type ColumnCase, OLD_TEMPORALS } from '../support/value-cases.ts'

/** Columns of a table, beside its key. */
const WIDTH = 24
const ROWS = 60

describe('values of MariaDB, from text and from the log', requireEngine('mariadb'), () => {
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

  /** Fills a table with random values, and compares what is read both ways with what was meant. */
  async function check(cases: readonly ColumnCase[], seed: number): Promise<void> {
    const random = new Random(seed)
    const columns = cases.map(({ ddl }, i) => `c${i} ${ddl}`)
    await reading.run('DROP TABLE IF EXISTS t', `CREATE TABLE t (id INT PRIMARY KEY, ${columns})`)
    const table = await reading.table()
    const codec = codecOf(table)
    const rows = Array.from({ length: ROWS }, () =>
      cases.map((one) => (random.next() < 0.1 ? null : one.value(random)))
    )
    const texts = rows.map((row, id) => `(${[id, ...row.map((value) => value?.sql ?? 'NULL')]})`)
    const streamed = await reading.stream(codec, `INSERT INTO t VALUES ${texts.join(', ')}`)
    const snapshot = await reading.snapshot(codec)
    const read = (structs: readonly Struct[]) => structs.map(({ values }) => values.map(plain))
    for (const [i, row] of rows.entries()) {
      const expected = [i, ...row.map((value) => (value === null ? null : plain(value.expected)))]
      const about = (at: number) => `${cases[at - 1]?.ddl}: ${row[at - 1]?.sql}, seed ${seed}`
      for (const [at, value] of expected.entries()) {
        assert.deepEqual(read(streamed)[i]?.[at], value, `log: ${about(at)}`)
        assert.deepEqual(read(snapshot)[i]?.[at], value, `text: ${about(at)}`)
      }
    }
  }

  for (let start = 0; start < COLUMNS.length; start += WIDTH) {
    const cases = COLUMNS.slice(start, start + WIDTH)
    it(`are what was written, from ${cases[0]?.ddl} on`, () => check(cases, 1 + start))
  }

  it('are what was written in the layouts of before MySQL 5.6', async () => {
    await server.query('SET GLOBAL mysql56_temporal_format = OFF')
    try {
      await check(OLD_TEMPORALS, 7)
    } finally {
      await server.query('SET GLOBAL mysql56_temporal_format = ON')
    }
  })

  it('of FLOAT need a select of their own, without which they are rounded', async () => {
    await reading.run('DROP TABLE IF EXISTS t', 'CREATE TABLE t (id INT PRIMARY KEY, f FLOAT)')
    const [, column] = (await reading.table()).columns
    assert.equal(column && selectExpression(column, 'f'), 'f + 0e0')
    await reading.run('INSERT INTO t VALUES (1, 16777216)')
    const [row] = await server.query<{ f: string }>(
      'SELECT CONCAT(f) AS f FROM t',
      [],
      reading.database
    )
    assert.equal(row?.f, '16777200')
  })
})

function plain(value: unknown): unknown {
  if (value instanceof Struct) return value.values.map(plain)
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
}

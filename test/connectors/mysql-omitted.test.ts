import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { omittedValue, UNKNOWN } from '../../connectors/mysql/types/omitted-value.ts'
import { columnCodec } from '../../connectors/mysql/types/type-mapping.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import { BinlogReading, endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { codecOf, tableFrom, VALUES, ValueReading } from '../support/mysql-values.ts'

/** Defaults that the log leaves out of the image of an insert, and that have to be known from the table. */
const CONSTANTS = [
  'TINYINT DEFAULT -5',
  "SMALLINT UNSIGNED DEFAULT '65535'",
  'MEDIUMINT DEFAULT 1.6',
  'INT ZEROFILL DEFAULT 42',
  'BIGINT DEFAULT -9223372036854775808',
  'BIGINT UNSIGNED DEFAULT 18446744073709551615',
  'BOOLEAN DEFAULT TRUE',
  'DECIMAL(20,5) DEFAULT 1.5',
  'DECIMAL(10) DEFAULT 1e3',
  'FLOAT DEFAULT 0.1',
  'FLOAT(7,3) DEFAULT 1.235',
  'DOUBLE DEFAULT -1e-10',
  'DOUBLE(10,2) DEFAULT 2.5',
  'YEAR DEFAULT 2024',
  "YEAR DEFAULT '69'",
  'YEAR DEFAULT 0',
  'BIT(1) DEFAULT 1',
  "BIT(20) DEFAULT b'101010101010'",
  "CHAR(9) DEFAULT 'pad  '",
  "VARCHAR(30) DEFAULT 'it''s é 日'",
  'VARCHAR(30) DEFAULT 12',
  "VARCHAR(30) CHARACTER SET latin1 DEFAULT 'é'",
  "ENUM('x','large, wide') DEFAULT 'large, wide'",
  "ENUM('x','y') DEFAULT 'Y'",
  "SET('p','q','r') DEFAULT 'r,p'",
  "SET('p','q') DEFAULT ''",
  "BINARY(4) DEFAULT 'ab'",
  "VARBINARY(9) DEFAULT 'ab'",
  "VARBINARY(9) DEFAULT x'6162'",
  "DATE DEFAULT '2024-02-29'",
  "DATE DEFAULT '0000-00-00'",
  "DATE NOT NULL DEFAULT '0000-00-00'",
  "TIME(3) DEFAULT '-838:59:58.9996'",
  "TIME DEFAULT '12:30'",
  "DATETIME DEFAULT '2024-02-29 01:02:03'",
  "DATETIME(3) DEFAULT '2024-02-29 01:02:03.9999'",
  "DATETIME(6) DEFAULT '9999-12-31 23:59:59.999999'",
  "DATETIME DEFAULT '0000-00-00 00:00:00'",
  "TIMESTAMP NULL DEFAULT '0000-00-00 00:00:00'",
  "UUID DEFAULT 'A6BB7AB0-C1E3-4D15-8bda-9dfe88226023'",
  "INET4 DEFAULT '10.0.0.255'",
  'INT',
  'VARCHAR(9) DEFAULT NULL',
  'GEOMETRY',
  'UUID',
  'INT NOT NULL',
  'BIGINT UNSIGNED NOT NULL',
  'DECIMAL(9,2) NOT NULL',
  'FLOAT NOT NULL',
  'YEAR NOT NULL',
  'BIT(12) NOT NULL',
  'BIT(1) NOT NULL',
  'CHAR(5) NOT NULL',
  'VARCHAR(5) NOT NULL',
  'TEXT NOT NULL',
  'BLOB NOT NULL',
  'BINARY(3) NOT NULL',
  'VARBINARY(3) NOT NULL',
  "ENUM('first','second') NOT NULL",
  "SET('p','q') NOT NULL",
  'DATE NOT NULL',
  'TIME NOT NULL',
  'DATETIME(6) NOT NULL',
  'TIMESTAMP NOT NULL',
  'UUID NOT NULL',
  'INET6 NOT NULL'
]

/** What the server works out itself is in the image. */
const WORKED_OUT = [
  'INT DEFAULT (1 + 1)',
  'DATETIME DEFAULT CURRENT_TIMESTAMP',
  'TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)',
  'VARCHAR(40) DEFAULT (UUID())',
  "TEXT DEFAULT 'text'",
  "BLOB DEFAULT 'blob'",
  "JSON DEFAULT '[1]'",
  'INT AS (LENGTH(given)) STORED'
]

/** What nobody knows but the server. */
const UNKNOWABLE = [
  'INT AS (LENGTH(given)) VIRTUAL',
  "TIMESTAMP NULL DEFAULT '2024-01-01 00:00:00'"
]

describe('columns that the image of an insert leaves out', requireEngine('mariadb'), () => {
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

  const values = (row: Struct | undefined) =>
    row?.values.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : value))

  for (const fromStatement of [false, true]) {
    it(`have their defaults, of a table as ${fromStatement ? 'its statement' : 'the server'} tells it`, async () => {
      const types = [...CONSTANTS, ...WORKED_OUT, ...UNKNOWABLE]
      const columns = types.map((type, i) => `c${i} ${type}`)
      const ddl = `CREATE TABLE t (id INT PRIMARY KEY, given VARCHAR(9), ${columns.join(', ')})`
      await reading.run('DROP TABLE IF EXISTS t', ddl)
      const start = await endOfLog(server)
      await reading.run(
        'SET binlog_row_image = MINIMAL',
        "INSERT INTO t (id, given) VALUES (1, 'x')",
        'SET binlog_row_image = FULL',
        'CREATE TABLE done (id INT)',
        'DROP TABLE done'
      )
      using log = await BinlogReading.open(server, start)
      await log.untilStatement('CREATE TABLE done')
      const [event] = log.rowsEvents
      assert.ok(event)
      const codec = codecOf(fromStatement ? tableFrom(ddl) : await reading.table())
      const reader = codec.rowReader(event.table)
      const streamed = reader.readInserted({ buffer: event.bytes, position: 0 }, event.after)
      const [snapshot] = await reading.snapshot(codec)
      const known = 2 + CONSTANTS.length + WORKED_OUT.length
      const shown = (row: Struct | undefined) =>
        values(row)
          ?.slice(0, known)
          .map((value, i) => `${types[i - 2]} = ${inspect(value)}`)
      assert.deepEqual(shown(streamed), shown(snapshot))
      assert.deepEqual(reader.gaps({ before: null, after: event.after, isReplaced: false }), {
        unchanged: [],
        unknown: UNKNOWABLE.map((_, i) => `c${known - 2 + i}`),
        unknownBefore: []
      })
    })
  }

  it('are not known where the default could be read in two ways', () => {
    for (const type of [
      "BIT(20) DEFAULT '1'",
      'VARCHAR(9) DEFAULT 1e3',
      'FLOAT(7,3) DEFAULT 1.2345',
      'FLOAT DEFAULT 16777200',
      "BINARY(9) DEFAULT 'é'",
      "VARBINARY(9) DEFAULT '?'",
      "VARCHAR(9) DEFAULT 'why?'",
      'ENUM("1", "2") DEFAULT 1',
      'DATETIME DEFAULT (NOW() + INTERVAL 1 DAY)',
      "INET6 DEFAULT '0::1'"
    ]) {
      const [column] = tableFrom(`CREATE TABLE t (a ${type})`).columns
      const codec = column ? columnCodec(column, VALUES) : null
      assert.ok(column && codec)
      assert.equal(omittedValue(column, codec), UNKNOWN, type)
    }
  })
})

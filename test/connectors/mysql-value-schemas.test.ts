import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BinlogColumn } from '../../connectors/mysql/binlog/binlog-event.ts'
import { columnCodec } from '../../connectors/mysql/types/type-mapping.ts'
import { type Schema, string } from '../../runtime/api/schema.ts'
import { type Changes, codecOf, tableFrom, VALUES } from '../support/mysql-values.ts'

/** The schema of one column. */
function schemaOf(column: string, changes: Changes = {}): Schema {
  const table = tableFrom(`CREATE TABLE t (c ${column})`)
  const field = codecOf(table, changes).valueSchema.field('c')
  assert.ok(field, column)
  return field.schema
}

const shownDefault = (column: string, changes?: Changes) => {
  const shown = schemaOf(column, changes).default
  return Buffer.isBuffer(shown) ? shown.toString('hex') : shown
}

const found = (type: number, meta: number, more: Partial<BinlogColumn> = {}): BinlogColumn => ({
  type,
  meta,
  nullable: true,
  unsigned: null,
  collation: null,
  name: null,
  values: null,
  visible: true,
  ...more
})

/** Reads one value that stands alone. */
function read(column: string, described: BinlogColumn, bytes: Buffer | string): unknown {
  const [model] = tableFrom(`CREATE TABLE t (c ${column})`).columns
  assert.ok(model)
  const codec = columnCodec(model, VALUES)
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes
  return codec?.reader(described)({ buffer, position: 0 })
}

describe('the schemas of MySQL columns', () => {
  it('follow from every word that there is for a type', () => {
    const types: Readonly<Record<string, string>> = {
      'TINYINT(1)': 'int16',
      BOOLEAN: 'boolean',
      BOOL: 'boolean',
      INT1: 'int16',
      MIDDLEINT: 'int32',
      INTEGER: 'int32',
      'INT8 UNSIGNED': 'int64',
      'SMALLINT UNSIGNED': 'int32',
      'INT(7) ZEROFILL': 'int64',
      SERIAL: 'int64',
      'FLOAT(24)': 'float32',
      'FLOAT(25)': 'float64',
      'FLOAT(7,3)': 'float64',
      'DOUBLE PRECISION': 'float64',
      REAL: 'float64',
      'NATIONAL VARCHAR(9)': 'string',
      'NCHAR(9)': 'string',
      'CHARACTER VARYING(9)': 'string',
      'LONG VARCHAR': 'string',
      'CHAR(9) BYTE': 'bytes',
      'VARCHAR(9) CHARACTER SET binary': 'bytes',
      'LONG VARBINARY': 'bytes',
      'BIT(1)': 'boolean',
      BIT: 'boolean',
      INET4: 'string'
    }
    for (const [column, type] of Object.entries(types)) {
      assert.equal(schemaOf(column).type, type, column)
    }
    const numeric = schemaOf('NUMERIC')
    assert.deepEqual(numeric.parameters, { scale: '0', 'connect.decimal.precision': '10' })
    assert.deepEqual(schemaOf('FIXED(6,1)').parameters, {
      scale: '1',
      'connect.decimal.precision': '6'
    })
    assert.equal(schemaOf('VECTOR(3)').name, 'io.debezium.data.FloatVector')
    assert.equal(schemaOf("SET('a','b') NOT NULL").parameters?.['allowed'], 'a,b')
    assert.equal(schemaOf('GEOMETRY NOT NULL').optional, true)
    assert.equal(schemaOf('POINT NOT NULL').optional, false)
  })

  it('leave out what they do not know, and tell it', () => {
    const codec = codecOf(tableFrom('CREATE TABLE t (a INT, x XMLTYPE)'))
    assert.deepEqual(codec.unsupported, [{ column: 'x', type: 'XMLTYPE' }])
    assert.deepEqual(
      codec.valueSchema.fields.map(({ name }) => name),
      ['a']
    )
  })

  it('show defaults as values of their columns', () => {
    const defaults: Readonly<Record<string, unknown>> = {
      'INT DEFAULT 7': 7,
      "INT DEFAULT '7'": 7,
      'INT DEFAULT -5': -5,
      'INT DEFAULT 1e2': 100,
      'INT DEFAULT TRUE': 1,
      'INT DEFAULT (2 + 3)': undefined,
      'INT DEFAULT NULL': undefined,
      INT: undefined,
      'BIGINT DEFAULT 9007199254740993': 9007199254740993n,
      'BIGINT UNSIGNED DEFAULT 18446744073709551615': -1,
      'BOOLEAN DEFAULT TRUE': true,
      "BIT(10) DEFAULT b'101000010'": '4201',
      'BIT(1) DEFAULT 1': true,
      'DECIMAL(5,2) DEFAULT 1.005': '1.01',
      'DECIMAL(5,2) DEFAULT -2': '-2.00',
      'DOUBLE DEFAULT 2.5e-3': 0.0025,
      'YEAR DEFAULT 2024': 2024,
      'YEAR DEFAULT 0': 0,
      "YEAR DEFAULT '0'": 2000,
      'YEAR DEFAULT 70': 1970,
      "CHAR(4) DEFAULT 'ab  '": 'ab',
      "VARCHAR(9) DEFAULT 'va''l'": "va'l",
      "VARCHAR(9) DEFAULT _utf8mb4'ü'": 'ü',
      "VARCHAR(9) DEFAULT X'4d79'": 'My',
      "BINARY(4) DEFAULT X'0102'": '01020000',
      "VARBINARY(4) DEFAULT X'cafe'": 'cafe',
      "BLOB DEFAULT X'0102'": undefined,
      "ENUM('x','Y') DEFAULT 'y'": 'Y',
      "SET('p','q') DEFAULT 'q,p'": 'p,q',
      "JSON DEFAULT '{}'": undefined,
      'UUID DEFAULT UUID()': undefined,
      "DATE DEFAULT '2024-02-29'": 19782,
      "DATE DEFAULT '0000-00-00'": undefined,
      "DATE NOT NULL DEFAULT '0000-00-00'": 0,
      'DATE DEFAULT 20240229': 19782,
      'DATE DEFAULT (CURDATE())': undefined,
      "TIME DEFAULT '-01:00:00'": -3600000000,
      "TIME(3) DEFAULT '01:02:03.456'": 3723456000,
      "DATETIME DEFAULT '2024-2-29 1:02:03'": 1709168523000,
      "DATETIME(6) DEFAULT '2024-02-29 01:02:03.456789'": 1709168523456789,
      'DATETIME DEFAULT CURRENT_TIMESTAMP': 0,
      'DATETIME(3) NOT NULL DEFAULT NOW(3) ON UPDATE NOW(3)': 0,
      "TIMESTAMP(3) NULL DEFAULT '2024-02-29 01:02:03.4'": '2024-02-29T01:02:03.400Z',
      'TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP': undefined,
      'TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)': '1970-01-01T00:00:00Z'
    }
    for (const [column, shown] of Object.entries(defaults)) {
      assert.deepEqual(shownDefault(column), shown, column)
    }
  })

  it('show defaults of times as the server keeps them', () => {
    const column = "TIME(2) DEFAULT '17:51:04.777'"
    assert.equal(shownDefault(column), 64264770000)
    assert.equal(shownDefault(column, { values: { flavor: 'mysql' } }), 64264780000)
    const isostring = { values: { time: 'isostring' } } as const
    assert.equal(shownDefault("TIME DEFAULT '25:00:00'", isostring), undefined)
    assert.equal(shownDefault('DATETIME DEFAULT NOW()', isostring), '1970-01-01T00:00:00Z')
  })

  it('show comments when asked, and what converters and masks make of columns', () => {
    const table = tableFrom(
      "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'the ''key''', secret VARCHAR(9) DEFAULT 'x')"
    )
    const mask = (own: Schema) => ({
      schema: own,
      optional: true,
      change: () => '***',
      shownDefault: () => undefined
    })
    const plain = {
      schema: string(),
      optional: true,
      change: null,
      shownDefault: (own: unknown) => own
    }
    const codec = codecOf(table, {
      comments: true,
      keyColumns: ['secret'],
      changes: ({ name }, own) => (name === 'secret' ? { value: mask(own), key: plain } : null)
    })
    assert.equal(codec.valueSchema.field('id')?.schema.doc, "the 'key'")
    assert.equal(codec.valueSchema.field('secret')?.schema.default, undefined)
    assert.equal(codec.keySchema?.field('secret')?.schema.default, 'x')
    const row = codec.readTextRow([Buffer.from('1'), Buffer.from('open')])
    assert.deepEqual(row.values.slice(0, 2), [1, '***'])
    assert.deepEqual(codec.key(row)?.values, ['open'])
  })
})

describe('values of the log that MariaDB 10.11 does not write', () => {
  // https://dev.mysql.com/doc/refman/9.0/en/vector.html, and type code 242 in field_types.h.
  it('of VECTOR are floats, in the form of MySQL 9 and of MariaDB 11.7', () => {
    const floats = '0000803f000000c0cdcccc3d'
    const expected = [1, -2, Math.fround(0.1)]
    assert.deepEqual(read('VECTOR(3)', found(242, 4), `0c000000${floats}`), expected)
    assert.deepEqual(read('VECTOR(3)', found(15, 12), `0c${floats}`), expected)
  })

  // https://dev.mysql.com/doc/refman/8.4/en/gis-data-formats.html: coordinates of either byte order.
  it('of POINT may be big-endian', () => {
    const wkb = '00000000013ff00000000000004000000000000000'
    const value = read('POINT', found(255, 4), `19000000e6100000${wkb}`) as { values: unknown[] }
    assert.deepEqual(value.values, [1, 2, Buffer.from(wkb, 'hex'), 4326])
  })

  // The collation in the table map has the last word: `binlog_row_metadata`, COLUMN_CHARSET.
  it('of text are in the character set that the table map names', () => {
    const bytes = '02e9e8'
    assert.equal(read('VARCHAR(9)', found(15, 36, { collation: 8 }), bytes), 'éè')
    assert.equal(read('VARCHAR(9)', found(15, 36, { collation: 51 }), bytes), 'йи')
    assert.equal(read('VARCHAR(9) CHARACTER SET latin1', found(15, 9), bytes), 'éè')
    assert.throws(() => read('VARCHAR(9)', found(15, 36, { collation: 63 }), bytes), {
      code: 'MYSQL_TABLE_MISMATCH'
    })
  })

  it('of ENUM and SET have the members that the table map names', () => {
    const values = [Buffer.from('e9', 'hex'), Buffer.from('x')]
    const column = "ENUM('é','x') CHARACTER SET latin1"
    assert.equal(read(column, found(247, 1, { values }), '01'), 'é')
    assert.equal(read("SET('é','x') CHARACTER SET latin1", found(248, 1, { values }), '03'), 'é,x')
    assert.throws(() => read(column, found(247, 1), '09'), { code: 'MYSQL_TABLE_MISMATCH' })
  })
})

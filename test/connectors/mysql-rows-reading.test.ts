import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BinlogColumn, RowsEvent } from '../../connectors/mysql/binlog/binlog-event.ts'
import { ColumnType } from '../../connectors/mysql/binlog/table-map.ts'
import { TableCompiler } from '../../connectors/mysql/captured-table.ts'
import { LaterView } from '../../connectors/mysql/later-view.ts'
import { MysqlRecords, type Origin } from '../../connectors/mysql/records.ts'
import { RowsReading } from '../../connectors/mysql/rows-reading.ts'
import mysql from '../../connectors/mysql/source.ts'
import type { SourceConfig } from '../../connectors/mysql/source-config.ts'
import { replacesIn } from '../../connectors/mysql/statement-kind.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { diff, documentOf, int16, object } from '../support/mysql-json.ts'
import { tableFrom } from '../support/mysql-values.ts'
import { brief } from './source-harness.ts'

const column = (name: string, type: number, meta: number): BinlogColumn => ({
  name,
  type,
  meta,
  nullable: name !== 'id',
  unsigned: false,
  collation: null,
  values: null,
  visible: true
})
const MAP = {
  database: 'db',
  name: 't',
  columns: [column('id', ColumnType.LONG, 0), column('doc', ColumnType.JSON, 4)],
  primaryKey: [0]
}
const ORIGIN: Origin = {
  database: 'db',
  table: 't',
  mark: 'false',
  micros: 0,
  serverId: 1,
  gtid: null,
  file: 'binlog.000001',
  pos: 4,
  thread: null,
  query: null
}

/** The records of an event. */
function recordsOf(event: Partial<RowsEvent> & { readonly buffer: Buffer }): SourceRecord[] {
  const { config } = parseConfig(mysql.config, { 'topic.prefix': 'p', 'database.user': 'u' })
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const known = config as unknown as SourceConfig
  const compiler = new TableCompiler({ flavor: 'mysql', config: known, logger })
  const model = tableFrom('CREATE TABLE t (id INT PRIMARY KEY, doc JSON)')
  const whole: RowsEvent = {
    kind: 'rows',
    change: 'update',
    table: MAP,
    before: Uint8Array.of(0b11),
    after: Uint8Array.of(0b11),
    partial: false,
    start: 0,
    end: event.buffer.length,
    endOfStatement: true,
    ...event
  }
  const about = { statement: null, laterView: new LaterView('mysql') }
  const reading = new RowsReading(whole, compiler.rowsOf(model, MAP, true), ORIGIN, about)
  const settings = { flavor: 'mysql', prefix: 'p', version: '1', headers: [], tombstones: true }
  const records = new MysqlRecords({ ...settings, flavor: 'mysql', skipped: new Set() })
  const out: SourceRecord[] = []
  assert.equal(reading.read(out, 10, { records, onRow: null }, 0), true)
  return out
}

const long = (bytes: Buffer) => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length)
  return Buffer.concat([size, bytes])
}
const id = (value: number) => Buffer.of(value, 0, 0, 0)
const document = long(documentOf(object({ k: int16(1) })))
const changes = long(diff('replace', '$.k', int16(2)))

// PARTIAL_UPDATE_ROWS, made by hand: https://dev.mysql.com/doc/dev/mysql-server/latest/rows__event_8h.html
describe('rows of MySQL with partial updates of JSON', () => {
  it('have whole documents in their events', () => {
    const before = (key: number) => Buffer.concat([Buffer.of(0), id(key), document])
    const after = (key: number) => Buffer.concat([Buffer.of(1, 0b1, 0), id(key), changes])
    const buffer = Buffer.concat([before(1), after(1), before(2), after(2)])
    assert.deepEqual(recordsOf({ buffer, partial: true }).map(brief), [
      'u db.t {"id":1} {"id":1,"doc":"{\\"k\\":2}"}',
      'u db.t {"id":2} {"id":2,"doc":"{\\"k\\":2}"}'
    ])
  })

  it('have them with NOBLOB, where the image after has nothing but the changes', () => {
    const before = Buffer.concat([Buffer.of(0), id(1), document])
    const after = Buffer.concat([Buffer.of(1, 0b1, 0), changes])
    const buffer = Buffer.concat([before, after])
    const records = recordsOf({ buffer, partial: true, after: Uint8Array.of(0b10) })
    assert.deepEqual(records.map(brief), ['u db.t {"id":1} {"id":1,"doc":"{\\"k\\":2}"}'])
    assert.deepEqual(records[0]?.headers, [])
  })

  it('are an error with MINIMAL, where nobody knows the document', () => {
    const before = Buffer.concat([Buffer.of(0), id(1)])
    const after = Buffer.concat([Buffer.of(1, 0b1, 0), changes])
    const images = { before: Uint8Array.of(0b01), after: Uint8Array.of(0b10) }
    const buffer = Buffer.concat([before, after])
    assert.throws(() => recordsOf({ buffer, partial: true, ...images }), {
      code: 'MYSQL_ROW_IMAGE'
    })
  })
})

describe('a statement that replaces rows', () => {
  it('is known by its words and its table', () => {
    for (const sql of [
      'REPLACE INTO t VALUES (1)',
      'replace t set a = 1',
      '/* why */ replace low_priority into `db`.`t` (a) select 1',
      'replace into db . T values (1)',
      "load data infile 'x' replace into table t",
      "LOAD DATA CONCURRENT LOCAL INFILE 'x' REPLACE INTO TABLE db.t (a)"
    ])
      assert.equal(replacesIn(sql, 't'), true, sql)
    for (const sql of [
      'insert into t values (1)',
      'replace into other values (1)',
      "update t set a = replace(a, 'x', 'y')",
      'replace into t2 select * from t',
      "load data infile 'x' ignore into table t",
      "insert into t values ('replace into t')"
    ])
      assert.equal(replacesIn(sql, 't'), false, sql)
    assert.equal(replacesIn('replace into `a``b` values (1)', 'a`b'), true)
  })
})

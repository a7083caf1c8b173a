import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BinlogClient, EventHandler } from '../../connectors/mysql/binlog/binlog-client.ts'
import type {
  BinlogEvent,
  EventHeader,
  GtidEvent,
  TableMap
} from '../../connectors/mysql/binlog/binlog-event.ts'
import { TableCompiler } from '../../connectors/mysql/captured-table.ts'
import { ChangeStream } from '../../connectors/mysql/change-stream.ts'
import { LaterView } from '../../connectors/mysql/later-view.ts'
import { LogTracker } from '../../connectors/mysql/log-tracker.ts'
import { type Position, parseOffset, streamOffset } from '../../connectors/mysql/offset.ts'
import { PreparedTransactions } from '../../connectors/mysql/prepared-transactions.ts'
import { MysqlRecords } from '../../connectors/mysql/records.ts'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import mysql from '../../connectors/mysql/source.ts'
import type { SourceConfig } from '../../connectors/mysql/source-config.ts'
import { statementKind, xidOf } from '../../connectors/mysql/statement-kind.ts'
import { TransactionFilter } from '../../connectors/mysql/transaction-filter.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { brief, sourceField } from './source-harness.ts'

// No MySQL server is at hand: the order of events is that of
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const FACTS = {
  flavor: 'mysql',
  version: 80036,
  lowerCaseTableNames: 0,
  charset: 'utf8mb4',
  explicitTimestamps: true
} as const

const MAP: TableMap = {
  database: 'shop',
  name: 't',
  columns: [
    {
      type: 3,
      meta: 0,
      nullable: false,
      unsigned: false,
      collation: null,
      name: 'id',
      values: null,
      visible: true
    }
  ],
  primaryKey: [0]
}

type Told = readonly [event: BinlogEvent, size: number]

/** Hands over events as a client does, each behind the other in the log. */
class Log {
  readonly #events: Told[]
  #position: number

  constructor(start: number, events: readonly Told[]) {
    this.#events = [...events]
    this.#position = start
  }

  drain(handler: EventHandler): void {
    for (;;) {
      const next = this.#events.shift()
      if (next === undefined) return
      const [event, size] = next
      const position = this.#position
      this.#position += size
      const header: EventHeader = {
        timestamp: 1_700_000_000,
        code: 0,
        serverId: 7,
        size,
        position,
        nextPosition: this.#position,
        flags: 0
      }
      if (!handler(event, header)) return
    }
  }
}

const gtid = (number: number | null, commitMicros: number | null = null): Told => {
  const event: GtidEvent = {
    kind: 'gtid',
    gtid: number === null ? null : `${UUID}:${number}`,
    standalone: false,
    ddl: false,
    completesXa: false,
    preparesXa: false,
    commitMicros,
    originalCommitMicros: null
  }
  return [event, 79]
}
const query = (sql: string): Told => [
  { kind: 'query', threadId: 12, database: 'shop', sql, sqlMode: 0, errorCode: 0 },
  100
]
const map: Told = [{ kind: 'table_map', table: MAP }, 50]
const xid: Told = [{ kind: 'xid' }, 31]

/** Inserted rows: a bitmap of nulls and an INT each. */
function rows(...ids: readonly number[]): Told {
  const buffer = Buffer.concat(
    ids.map((id) => {
      const row = Buffer.alloc(5)
      row.writeInt32LE(id, 1)
      return row
    })
  )
  const common = {
    kind: 'rows',
    change: 'insert',
    table: MAP,
    before: null,
    partial: false
  } as const
  const after = new Uint8Array([1])
  return [{ ...common, after, buffer, start: 0, end: buffer.length, endOfStatement: true }, 40]
}

const START: Position = {
  file: 'binlog.000003',
  pos: 1000,
  gtids: `${UUID}:1-5`,
  events: 0,
  rows: 0,
  serverId: null,
  seconds: null
}

/** Runs events through a stream, with at most so many records at a time. */
async function stream(events: readonly Told[], start: Position, size = 100) {
  const { config } = parseConfig(mysql.config, { 'topic.prefix': 'p', 'database.user': 'u' })
  const known = config as unknown as SourceConfig
  const records = new MysqlRecords({
    flavor: 'mysql',
    prefix: 'p',
    version: '1',
    headers: [],
    tombstones: true,
    skipped: new Set()
  })
  const tables = new SchemaTables(FACTS)
  tables.apply('create table shop.t (id int primary key)', { database: 'shop' })
  const compiler = new TableCompiler({ flavor: 'mysql', config: known, logger: silent })
  const model = tables.get('shop', 't')
  assert.ok(model)
  const statements: string[] = []
  const changes = new ChangeStream({
    client: new Log(start.pos, events) as unknown as BinlogClient,
    tracker: new LogTracker(start, 'mysql'),
    records,
    transactions: null,
    laterView: new LaterView('mysql'),
    onDemand: null,
    ports: {
      resolve: async (found) => compiler.rowsOf(model, found, true),
      onStatement: async ({ sql }, { after }) => {
        statements.push(`${sql} ${after.pos} ${after.gtids}`)
      },
      onLoggedStatement: ({ sql }) => void statements.push(sql)
    },
    filter: new TransactionFilter(known, 'mysql'),
    prepared: new PreparedTransactions('mysql', null, start),
    start,
    includeQuery: false,
    countsQueries: { first: true, later: true }
  })
  const all: SourceRecord[] = []
  const positions: Position[] = []
  for (let idle = 0; idle < 3; ) {
    const out: SourceRecord[] = []
    await changes.drain(out, size)
    idle = out.length === 0 ? idle + 1 : 0
    all.push(...out)
    if (out.length > 0) positions.push(changes.position)
  }
  return { records: all, positions, statements, end: changes.position }
}

const short = (record: SourceRecord) => brief(record).replace('shop.', '')
const inserted = (...ids: readonly number[]) => ids.map((id) => `c t {"id":${id}} {"id":${id}}`)

describe('the log of MySQL', () => {
  it('begins a transaction with BEGIN behind its GTID, and ends it with XID', async () => {
    const events = [gtid(6, 1_700_000_000_123_456), query('BEGIN'), map, rows(1, 2), xid]
    const { records, end } = await stream(events, START)
    assert.deepEqual(records.map(short), inserted(1, 2))
    const [first] = records
    assert.ok(first)
    assert.equal(sourceField(first, 'gtid'), `${UUID}:6`)
    assert.equal(sourceField(first, 'ts_us'), 1_700_000_000_123_456)
    assert.equal(sourceField(first, 'thread'), 12)
    assert.equal(sourceField(first, 'pos'), 1000 + 79 + 100 + 50)
    assert.deepEqual(streamOffset(end, {}), {
      ts_sec: 1_700_000_000,
      file: 'binlog.000003',
      pos: 1300,
      gtids: `${UUID}:1-6`,
      server_id: 7
    })
  })

  it('counts events from BEGIN on, as the offsets of Debezium do, and skips as many', async () => {
    const events = [gtid(6), query('BEGIN'), map, rows(1, 2), map, rows(3, 4, 5), xid]
    const { positions } = await stream(events, START, 2)
    assert.deepEqual(
      positions
        .map((position) => streamOffset(position, {}))
        .map(({ pos, event, row }) => [pos, event, row]),
      [
        [1000, 3, undefined],
        [1000, 4, 2],
        [1390, undefined, undefined]
      ]
    )
    for (const [i, rest] of [[3, 4, 5], [5], []].entries()) {
      const stored = parseOffset(streamOffset(positions[i] as Position, {}))
      const start = stored.position
      const again = await stream(start.pos === 1000 ? events : [], start)
      assert.deepEqual(again.records.map(short), inserted(...rest))
    }
  })

  it('takes a statement without BEGIN for a transaction, with GTIDs and without', async () => {
    const { statements, end } = await stream([gtid(6), query('alter table t add x int')], START)
    assert.deepEqual(statements, [`alter table t add x int 1179 ${UUID}:1-6`])
    assert.equal(end.pos, 1179)
    const anonymous = { ...START, gtids: null }
    const events = [
      gtid(null),
      query('create table u (id int)'),
      gtid(null),
      query('BEGIN'),
      map,
      rows(1),
      xid
    ]
    const result = await stream(events, anonymous)
    assert.deepEqual(result.records.map(short), inserted(1))
    assert.equal(sourceField(result.records[0] as SourceRecord, 'gtid'), null)
    assert.deepEqual(
      [result.end.pos, result.end.gtids],
      [1000 + 179 + 79 + 100 + 50 + 40 + 31, null]
    )
  })

  it('passes on an XA transaction when it is committed', async () => {
    const prepare = (onePhase: boolean): Told => [{ kind: 'xa_prepare', onePhase }, 40]
    const id = "X'61',X'',1"
    const events = [
      ...[gtid(6), query(`XA START ${id}`), map, rows(1), query(`XA END ${id}`), prepare(false)],
      ...[gtid(7), query('BEGIN'), map, rows(2), xid],
      ...[gtid(8), query(`XA COMMIT ${id}`)],
      ...[gtid(9), query(`XA START ${id}`), map, rows(3), query(`XA END ${id}`), prepare(true)],
      ...[gtid(10), query(`XA START ${id}`), map, rows(4), query(`XA END ${id}`), prepare(false)],
      ...[gtid(11), query(`XA ROLLBACK ${id}`)]
    ]
    const { records, end } = await stream(events, START)
    assert.deepEqual(records.map(short), inserted(2, 1, 3))
    assert.equal(end.gtids, `${UUID}:1-11`)
  })

  it('tells kinds of statements apart by their first words', () => {
    const kinds = {
      BEGIN: 'begin',
      'START TRANSACTION READ WRITE': 'begin',
      COMMIT: 'commit',
      'ROLLBACK ': 'rollback',
      'ROLLBACK TO `s`': 'rollback_to',
      'rollback work to savepoint s': 'rollback_to',
      'SAVEPOINT `a b`': 'savepoint',
      'RELEASE SAVEPOINT a': 'comment',
      '# Dum': 'comment',
      "XA START X'61',X'',1": 'xa_start',
      '/* hint */ insert into t values (1)': 'dml',
      '-- why\nupdate t set a = 1': 'dml',
      'LOAD DATA INFILE x': 'dml',
      '/*!40000 ALTER TABLE t DISABLE KEYS */': 'other',
      'create table t (id int)': 'other',
      'GRANT ALL ON *.* TO x': 'other'
    }
    for (const [sql, kind] of Object.entries(kinds)) assert.equal(statementKind(sql), kind, sql)
    assert.equal(xidOf("XA COMMIT X'61',X'',1 ONE PHASE"), xidOf("XA END X'61',X'',1"))
  })
})

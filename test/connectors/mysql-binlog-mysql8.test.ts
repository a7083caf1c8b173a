import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import type {
  BinlogEvent,
  EventHeader,
  TableMap
} from '../../connectors/mysql/binlog/binlog-event.ts'
import { EventReader } from '../../connectors/mysql/binlog/event-reader.ts'
import {
  BinlogWriter,
  field,
  join,
  packed,
  short,
  text,
  u8,
  u16,
  u32,
  u48,
  u56,
  u64
} from '../support/binlog-bytes.ts'

// No server of MySQL is at hand: these events are put together from their descriptions, which each test names.
// https://dev.mysql.com/doc/dev/mysql-server/latest/namespacemysql_1_1binlog_1_1event.html lists them.

const UUID = '896e7882-18fe-11ef-ab88-22222d34d411'
const UUID_BYTES = Buffer.from(UUID.replaceAll('-', ''), 'hex')

interface Read {
  readonly event: BinlogEvent
  readonly header: EventHeader
}

/** Everything that is in the events, after a description of the file. */
function readAll(
  write: (writer: BinlogWriter) => Buffer[],
  options: { readonly checksums?: boolean; readonly version?: string } = {}
): Read[] {
  const writer = new BinlogWriter({ checksums: options.checksums ?? true })
  const reader = new EventReader()
  const read: Read[] = []
  for (const bytes of [writer.format(options.version ?? '8.4.3'), ...write(writer)]) {
    reader.feed(bytes, 0, bytes.length)
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      read.push({ event, header: reader.header })
    }
  }
  return read.slice(1)
}

const readOne = (code: number, fields: Buffer, version?: string): BinlogEvent => {
  const [read, ...others] = readAll(
    (writer) => [writer.event({ code, fields })],
    version ? { version } : {}
  )
  assert.ok(read !== undefined && others.length === 0)
  return read.event
}

/** A TABLE_MAP event of table 7, `d.t`: classmysql_1_1binlog_1_1event_1_1Table__map__event.html */
function tableMap(types: number[], meta: Buffer, metadata: Buffer): Buffer {
  const nullable = Buffer.alloc((types.length + 7) >> 3, 0xff)
  return join(
    u48(7),
    u16(1),
    ...[short('d'), u8(0), short('t'), u8(0), packed(types.length), u8(...types)],
    ...[packed(meta.length), meta, nullable, metadata]
  )
}

const tableOf = (fields: Buffer): TableMap => {
  const event = readOne(19, fields)
  assert.ok(event.kind === 'table_map')
  return event.table
}

describe('events that only MySQL writes', () => {
  it('GTID: without times (5.6), with one time, with that of the origin (8.0)', () => {
    // classmysql_1_1binlog_1_1event_1_1Gtid__event.html
    const start = join(u8(1), UUID_BYTES, u64(77))
    const order = join(u8(2), u64(5), u64(6))
    const facts = (code: number, fields: Buffer) => {
      const event = readOne(code, fields)
      assert.ok(event.kind === 'gtid')
      return [event.gtid, event.commitMicros, event.originalCommitMicros]
    }
    const time = 1_739_270_369_410_361n
    const rest = join(packed(215), u32(80_403))
    assert.deepEqual(facts(33, start), [`${UUID}:77`, null, null])
    assert.deepEqual(facts(33, join(start, order)), [`${UUID}:77`, null, null])
    const own = join(start, order, u56(time), rest)
    assert.deepEqual(facts(33, own), [`${UUID}:77`, Number(time), Number(time)])
    const both = join(start, order, u56(time | (1n << 55n)), u56(time - 9n), rest)
    assert.deepEqual(facts(33, both), [`${UUID}:77`, Number(time), Number(time - 9n)])
    assert.deepEqual(facts(34, own), [null, Number(time), Number(time)])
  })

  it('GTID_TAGGED (8.3): numbered fields of variable length', () => {
    // PageLibsMysqlSerialization.html; the bytes are those of a MySQL 9 in a test of go-mysql.
    const tagged = Buffer.from(
      '02760000020225 02dcf0090230f90322bd03ad0221024444 5a685103 2204 04 06 0c666f6f62617a 0800 0a04 0c7f1583222d5c2e06 104903 12c3020b'.replaceAll(
        ' ',
        ''
      ),
      'hex'
    )
    const event = readOne(42, tagged)
    assert.deepEqual(
      event.kind === 'gtid' && [event.gtid, event.commitMicros, event.originalCommitMicros],
      [`${UUID}:foobaz:1`, 1_739_823_289_369_365, 1_739_823_289_369_365]
    )
    assert.throws(() => readOne(42, tagged.with(0, 4) as Buffer), { code: 'MYSQL_BINLOG_EVENT' })
  })

  it('PREVIOUS_GTIDS: a set, with tags since 8.3', () => {
    const interval = join(u64(1), u64(1), u64(6))
    assert.deepEqual(readOne(35, join(u64(1), UUID_BYTES, interval)), {
      kind: 'gtid_list',
      gtids: `${UUID}:1-5`
    })
    const tagged = join(
      u8(1, 2, 0, 0, 0, 0, 0, 1),
      UUID_BYTES,
      u8(0),
      interval,
      UUID_BYTES,
      u8(6),
      text('abc'),
      interval
    )
    assert.deepEqual(readOne(35, tagged), { kind: 'gtid_list', gtids: `${UUID}:1-5:abc:1-5` })
  })

  it('TABLE_MAP: character sets by column, invisible columns, keys, types of its own', () => {
    // JSON, GEOMETRY, VECTOR, CHAR, VARCHAR, BLOB, ENUM, SET, NEWDECIMAL, INT, TIMESTAMP2, BIT
    const types = [245, 255, 242, 254, 15, 252, 254, 254, 246, 3, 17, 16]
    const meta = join(
      u8(4),
      u8(4),
      u8(4),
      u8(0xee, 0x20),
      u16(40),
      u8(2),
      u8(247, 1),
      u8(248, 2),
      u8(10, 2),
      u8(6),
      u8(4, 1)
    )
    const table = tableOf(
      tableMap(
        types,
        meta,
        join(
          field(1, u8(0b0100_0000)),
          field(3, join(packed(255), packed(8), packed(63))),
          field(4, join(...'jgvcbxeshiot'.split('').map(short))),
          field(5, join(packed(2), short('q'), short('r,s'))),
          field(6, join(packed(1), short('a'))),
          field(7, u8(1)),
          field(9, join(packed(9), packed(0), packed(4), packed(10))),
          field(10, join(packed(255), packed(1), packed(8))),
          field(12, u8(0b1110_1111, 0b0111_0000)),
          field(13, join(packed(2048)))
        )
      )
    )
    assert.deepEqual(table.primaryKey, [9, 4])
    assert.deepEqual(
      table.columns.map(({ name, type, meta, unsigned, collation, values, visible }) =>
        [name, type, meta, unsigned, collation, values?.map(String).join('|') ?? null, visible]
          .join(' ')
          .trim()
      ),
      [
        'j 245 4    true',
        'g 255 4    true',
        'v 242 4    true',
        `c 254 ${256 + 32}  255  false`,
        'b 15 40  8  true',
        'x 252 2  63  true',
        'e 247 1  255 a true',
        's 248 2  8 q|r,s true',
        `h 246 ${10 * 256 + 2} false   false`,
        'i 3 0 true   true',
        'o 17 6    true',
        't 16 12    true'
      ]
    )
  })

  it('TABLE_MAP: what is not told is null, and equal ones are one object', () => {
    const plain = tableMap([3, 254], u8(247, 1), Buffer.alloc(0))
    const [first, second, third] = readAll((writer) => [
      writer.event({ code: 19, fields: plain }),
      writer.event({ code: 19, fields: join(u48(8), plain.subarray(6)) }),
      writer.event({ code: 19, fields: tableMap([3, 254], u8(247, 2), Buffer.alloc(0)) })
    ]).map(({ event }) => event.kind === 'table_map' && event.table)
    assert.ok(first && second && third)
    assert.equal(first, second)
    assert.notEqual(first, third)
    assert.equal(first.primaryKey, null)
    for (const { unsigned, collation, name, values } of first.columns) {
      assert.deepEqual([unsigned, collation, name, values], [null, null, null, null])
    }
  })

  it('rows of version 2, with extra data, and PARTIAL_UPDATE_ROWS', () => {
    // classmysql_1_1binlog_1_1event_1_1Rows__event.html
    const map = tableMap([3, 245], u8(4), Buffer.alloc(0))
    const head = (extra: Buffer) => join(u48(7), u16(1), u16(2 + extra.length), extra, packed(2))
    const image = u8(0xfe, 1, 0, 0, 0)
    const reads = readAll((writer) => [
      writer.event({ code: 19, fields: map }),
      writer.event({ code: 30, fields: join(head(u8(1, 4, 0, 0)), u8(0xff), image) }),
      writer.event({ code: 31, fields: join(head(u8()), u8(0xff), u8(1), image, image) }),
      writer.event({ code: 32, fields: join(head(u8()), u8(0xff), image) }),
      writer.event({ code: 39, fields: join(head(u8()), u8(0xff), u8(0xfd), image, u8(1), image) })
    ])
    const rows = reads.flatMap(({ event }) =>
      event.kind === 'rows'
        ? [
            [
              event.change,
              event.partial,
              event.before?.[0],
              event.after?.[0],
              event.end - event.start
            ]
          ]
        : []
    )
    assert.deepEqual(rows, [
      ['insert', false, undefined, 0xff, 5],
      ['update', false, 0xff, 1, 10],
      ['delete', false, 0xff, undefined, 5],
      ['update', true, 0xff, 0xfd, 11]
    ])
  })

  it('rows without a table, which only end a statement', () => {
    const fields = join(u48(0xffffff), u16(1), u16(2), packed(0))
    assert.equal(readOne(30, fields).kind, 'other')
  })

  it('TRANSACTION_PAYLOAD: events inside have the position of the one they came in', () => {
    // classmysql_1_1binlog_1_1event_1_1Transaction__payload__event.html
    const map = tableMap([3], Buffer.alloc(0), Buffer.alloc(0))
    const rows = join(u48(7), u16(1), u16(2), packed(1), u8(0xff), u8(0xfe, 1, 0, 0, 0))
    const begin = join(u32(3), u32(0), u8(1), u16(0), u16(0), text('d'), u8(0), text('BEGIN'))
    for (const compressed of [true, false]) {
      const reads = readAll((writer) => {
        const events = join(
          writer.inner({ code: 2, fields: begin }),
          writer.inner({ code: 19, fields: map, timestamp: 5 }),
          writer.inner({ code: 30, fields: rows, timestamp: 5 }),
          writer.inner({ code: 16, fields: u64(9) })
        )
        const payload = compressed ? zstdCompressSync(events) : events
        const fields = join(
          field(1, packed(payload.length)),
          field(2, packed(compressed ? 0 : 255)),
          field(3, packed(events.length)),
          u8(0),
          payload
        )
        return [
          writer.event({ code: 40, fields }),
          writer.event({ code: 3, fields: Buffer.alloc(0) })
        ]
      })
      assert.deepEqual(
        reads.map(({ event }) => event.kind),
        ['query', 'table_map', 'rows', 'xid', 'other']
      )
      const [first, second, third, fourth, after] = reads.map(({ header }) => header)
      assert.equal(second?.timestamp, 5)
      assert.equal(third?.code, 30)
      assert.equal(third.size, 0)
      for (const { position, nextPosition } of [second, third, fourth] as EventHeader[]) {
        assert.deepEqual([position, nextPosition], [first?.position, first?.nextPosition])
      }
      assert.equal(after?.position, first?.nextPosition)
    }
  })

  it('HEARTBEAT_V2, XA_PREPARE, ROWS_QUERY, INCIDENT', () => {
    assert.deepEqual(
      readOne(41, join(field(1, text('binlog.000001')), field(2, packed(158)), u8(0))),
      {
        kind: 'heartbeat'
      }
    )
    const xid = join(u32(1), u32(1), u32(1), text('ab'))
    assert.deepEqual(readOne(38, join(u8(0), xid)), { kind: 'xa_prepare', onePhase: false })
    assert.deepEqual(readOne(38, join(u8(1), xid)), { kind: 'xa_prepare', onePhase: true })
    const sql = `UPDATE t SET v = '${'ü'.repeat(300)}'`
    assert.deepEqual(readOne(29, join(u8(44), text(sql))), { kind: 'rows_query', sql })
    assert.deepEqual(readOne(26, join(u16(1), short('LOST_EVENTS'))), {
      kind: 'incident',
      message: 'LOST_EVENTS'
    })
  })

  it('an unknown event is an error, unless the server says that it may be passed over', () => {
    const error = { code: 'MYSQL_BINLOG_EVENT', message: /code 99/ }
    assert.throws(() => readOne(99, text('abc')), error)
    const [read] = readAll((writer) => [
      writer.event({ code: 99, fields: text('abc'), flags: 0x80 })
    ])
    assert.equal(read?.event.kind, 'other')
  })
})

describe('positions and checksums', () => {
  it('are those of the file, beyond 4 GiB too', () => {
    const gtid = join(u8(1), UUID_BYTES, u64(77))
    const reads = readAll((writer) => [
      writer.event({ code: 33, fields: gtid, nextPosition: 0xffff_fff0 }),
      writer.event({ code: 33, fields: gtid, nextPosition: 0x20 }),
      writer.event({ code: 33, fields: gtid, nextPosition: 0x50 })
    ])
    assert.deepEqual(
      reads.map(({ header }) => header.nextPosition),
      [0xffff_fff0, 0x1_0000_0020, 0x1_0000_0050]
    )
  })

  it('are counted where the server does not tell them, as MariaDB 11.4 inside transactions', () => {
    const xid = { code: 16, fields: u64(1) }
    const reads = readAll((writer) => [
      writer.event({ ...xid, nextPosition: 1000 }),
      writer.event({ ...xid, nextPosition: 0 }),
      writer.event({ ...xid, nextPosition: 0 }),
      writer.event({ ...xid, nextPosition: 1000 + 3 * 31 })
    ])
    assert.deepEqual(
      reads.map(({ header }) => [header.position, header.nextPosition]),
      [0, 1, 2, 3].map((n) => [1000 - 31 + n * 31, 1000 + n * 31])
    )
  })

  it('do not move by events that the server makes for its reader', () => {
    const reads = readAll((writer) => [
      writer.event({ code: 16, fields: u64(1), nextPosition: 500 }),
      writer.event({ code: 27, fields: text('bin.000001'), nextPosition: 500 }),
      writer.event({ code: 4, fields: join(u64(4), text('bin.000002')), flags: 0x20 }),
      writer.event({ code: 15, fields: join(u16(4), Buffer.alloc(98), u8(1)), nextPosition: 0 })
    ])
    assert.deepEqual(
      reads.map(({ header }) => [header.position, header.nextPosition]),
      [
        [500 - 31, 500],
        [500, 500],
        [500, 500],
        [4, 4]
      ]
    )
  })

  it('find a changed byte, and the flag of an open file is none', () => {
    const writer = new BinlogWriter({ checksums: true })
    const reader = new EventReader()
    const format = writer.format('8.4.3', 1)
    reader.feed(format, 0, format.length)
    assert.equal(reader.next()?.kind, 'format')
    const event = writer.event({ code: 16, fields: u64(1) })
    for (const at of [0, 5, 20, 30]) {
      const changed = Buffer.from(event)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
      assert.throws(() => reader.feed(changed, 0, changed.length), {
        code: 'MYSQL_BINLOG_CHECKSUM'
      })
    }
    const broken = Buffer.from(format)
    broken.writeUInt8(65, 30)
    assert.throws(() => reader.feed(broken, 0, broken.length), { code: 'MYSQL_BINLOG_CHECKSUM' })
    reader.feed(event, 0, event.length)
    assert.equal(reader.next()?.kind, 'xid')
  })

  it('are not looked for in files without them', () => {
    const reads = readAll((writer) => [writer.event({ code: 16, fields: u64(1) })], {
      checksums: false
    })
    assert.deepEqual(
      reads.map(({ event, header }) => [event.kind, header.size]),
      [['xid', 27]]
    )
  })
})

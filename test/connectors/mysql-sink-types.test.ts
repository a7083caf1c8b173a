import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import plugin from '../../connectors/mysql/sink.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import * as s from '../../runtime/api/schema.ts'
import { ChangeEvents } from '../support/change-events.ts'
import { startedSink, textsOf } from '../support/prepared-sink.ts'
import { mariadb, type SinkServer } from '../support/sink-databases.ts'

const wkbPoint = (x: number, y: number) => {
  const wkb = Buffer.alloc(21)
  wkb[0] = 1
  wkb.writeUInt32LE(1, 1)
  wkb.writeDoubleLE(x, 5)
  wkb.writeDoubleLE(y, 13)
  return wkb
}

describe('types of the MySQL sink', mariadb.requirement, () => {
  let server: SinkServer
  before(async () => {
    server = await mariadb.start()
  })
  after(async () => {
    await server.stop()
  })

  /** A database and a running sink for some topics of it. */
  const prepare = (topics: readonly string[], config: RawConfig = {}, sql = '') =>
    startedSink({ server, plugin }, topics, { config, sql })

  it('makes a table with exact types and writes exact values', async () => {
    const geometry = s.struct(
      { wkb: s.bytes(), srid: s.int32({ optional: true }) },
      { name: 'io.debezium.data.geometry.Geometry' }
    )
    const columns = {
      id: s.int64(),
      price: s.decimal(2, { parameters: { 'connect.decimal.precision': '12' } }),
      any: s.struct(
        { scale: s.int32(), value: s.bytes() },
        { name: 'io.debezium.data.VariableScaleDecimal' }
      ),
      born: s.int32({ name: 'io.debezium.time.Date' }),
      at: s.int64({ name: 'io.debezium.time.MicroTimestamp' }),
      at3: s.int64({ name: 'io.debezium.time.Timestamp' }),
      nano: s.int64({ name: 'io.debezium.time.NanoTimestamp' }),
      tz: s.string({ name: 'io.debezium.time.ZonedTimestamp' }),
      t: s.int64({ name: 'io.debezium.time.MicroTime' }),
      t3: s.int32({ name: 'io.debezium.time.Time' }),
      zt: s.string({ name: 'io.debezium.time.ZonedTime' }),
      uid: s.string({ name: 'io.debezium.data.Uuid' }),
      doc: s.string({ name: 'io.debezium.data.Json' }),
      tags: s.array(s.string({ optional: true })),
      hs: s.map(s.string(), s.string({ optional: true })),
      raw: s.bytes(),
      bits: s.bytes({ name: 'io.debezium.data.Bits', parameters: { length: '10' } }),
      span: s.int64({ name: 'io.debezium.time.MicroDuration' }),
      y: s.int32({ name: 'io.debezium.time.Year' }),
      kind: s.string({ name: 'io.debezium.data.Enum', parameters: { allowed: 'a,b' } }),
      place: geometry,
      tiny: s.int8(),
      small: s.int16(),
      f4: s.float32(),
      f8: s.float64(),
      ok: s.boolean(),
      nothing: s.string({ optional: true, default: 'x' }),
      words: s.string()
    }
    const events = new ChangeEvents('things', columns)
    const { sink, run } = await prepare([events.topic])
    await sink.put([
      events.create({
        id: 9007199254740993n,
        price: '-12.50',
        any: new s.Struct(columns.any, [30, Buffer.from([1])]),
        born: -719528,
        at: 1795412637250719,
        at3: -1,
        nano: 1795412637250719000n,
        tz: '2026-11-23T07:43:57.249851+02:00',
        t: -86_400_000_001,
        t3: 3_723_004,
        zt: '23:30:00-02:00',
        uid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
        doc: '{"a":  1, "a": 2}',
        tags: ['a "b" \\', null, ''],
        hs: new Map([['k', null]]),
        raw: Buffer.from([0, 255, 39, 92]),
        bits: Buffer.from([5, 1]),
        span: 93_784_000_001,
        y: 2155,
        kind: 'b',
        place: new s.Struct(geometry, [wkbPoint(1.5, -2), 4326]),
        tiny: -128,
        small: -32768,
        f4: Math.fround(0.1),
        f8: 1.7976931348623157e308,
        ok: true,
        nothing: null,
        words: "it's \\ 'quoted' \0\n\u{1F600}"
      })
    ])
    const names = Object.keys(columns).filter((name) => !['raw', 'place', 'bits'].includes(name))
    assert.deepEqual(await textsOf(run, 'things', names), {
      id: '9007199254740993',
      price: '-12.50',
      any: '0.000000000000000000000000000001',
      born: '0000-01-01',
      at: '2026-11-23 05:43:57.250719',
      at3: '1969-12-31 23:59:59.999',
      nano: '2026-11-23 05:43:57.250719',
      tz: '2026-11-23 05:43:57.249851',
      t: '-24:00:00.000001',
      t3: '01:02:03.004',
      zt: '01:30:00.000000',
      uid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      doc: '{"a":  1, "a": 2}',
      tags: '["a \\"b\\" \\\\",null,""]',
      hs: '{"k":null}',
      span: '93784000001',
      y: '2155',
      kind: 'b',
      tiny: '-128',
      small: '-32768',
      f4: '0.1',
      f8: '1.7976931348623157e308',
      ok: '1',
      nothing: null,
      words: "it's \\ 'quoted' \0\n\u{1F600}"
    })
    const [odd] = await run(
      'select hex(raw) as r, bin(bits) as b, st_astext(place) as p, st_srid(place) as s from things'
    )
    assert.deepEqual(odd, { r: '00FF275C', b: '100000101', p: 'POINT(1.5 -2)', s: 4326 })
    const types = await run(
      "select column_name as name, column_type as type from information_schema.columns where table_schema = database() and table_name = 'things'"
    )
    const byName = Object.fromEntries(types.map(({ name, type }) => [name, type]))
    assert.equal(byName['price'], 'decimal(12,2)')
    assert.equal(byName['at3'], 'datetime(3)')
    assert.equal(byName['tz'], 'datetime(6)')
    assert.equal(byName['bits'], 'bit(10)')
    assert.equal(byName['uid'], 'char(36)')
    assert.equal(byName['words'], 'longtext')
    assert.equal(byName['place'], 'geometry')
    await sink.task.stop()
  })

  it('makes columns as those of a MySQL source, where the schema names their types', async () => {
    const of = (type: string, length?: number) => ({
      parameters: {
        '__debezium.source.column.type': type,
        ...(length === undefined ? {} : { '__debezium.source.column.length': String(length) })
      }
    })
    const columns = {
      id: s.string(of('VARCHAR', 40)),
      big: s.int64(of('BIGINT UNSIGNED')),
      small: s.int32(of('SMALLINT UNSIGNED')),
      title: s.string(of('VARCHAR', 120)),
      long: s.string(of('VARCHAR', 20_000)),
      note: s.string(of('TINYTEXT')),
      hash: s.bytes(of('BINARY', 4)),
      ts: s.string({ name: 'io.debezium.time.ZonedTimestamp', ...of('TIMESTAMP', 3) }),
      pg: s.int64({ name: 'io.debezium.time.MicroTimestamp', ...of('TIMESTAMP') }),
      other: s.string(of('CITEXT'))
    }
    const events = new ChangeEvents('typed', columns)
    const { sink, run } = await prepare([events.topic])
    const row = {
      id: 'k',
      big: -1,
      small: 65_535,
      title: 't',
      long: 'l',
      note: 'n',
      hash: Buffer.from([1, 2, 3, 0]),
      ts: '2026-01-01T00:00:00.5Z',
      pg: 0,
      other: 'o'
    }
    await sink.put([events.create(row)])
    const types = await run(
      "select column_name as name, column_type as type from information_schema.columns where table_schema = database() and table_name = 'typed' order by ordinal_position"
    )
    assert.deepEqual(
      types.map(({ name, type }) => `${name} ${type}`),
      [
        'id varchar(40)',
        'big bigint(20) unsigned',
        'small smallint(5) unsigned',
        'title varchar(120)',
        'long longtext',
        'note tinytext',
        'hash binary(4)',
        'ts timestamp(3)',
        'pg datetime(6)',
        'other longtext'
      ]
    )
    assert.deepEqual(await run('select big, ts from typed'), [
      { big: '18446744073709551615', ts: '2026-01-01 00:00:00.500' }
    ])
    await sink.task.stop()
  })
})

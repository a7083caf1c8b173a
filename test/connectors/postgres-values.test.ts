import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from 'pg'
import {
  type CatalogTable,
  loadTables,
  type Query
} from '../../connectors/postgres/types/catalog.ts'
import { UnknownLabel } from '../../connectors/postgres/types/enum-codec.ts'
import {
  type CodecOptions,
  compileTable,
  type RowValues,
  type TableCodec,
  UNCHANGED
} from '../../connectors/postgres/types/table-codec.ts'
import { TypeCatalog } from '../../connectors/postgres/types/type-catalog.ts'
import type { ValueOptions } from '../../connectors/postgres/types/value-options.ts'
import { type Schema, Struct } from '../../runtime/api/schema.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { Random } from '../support/random.ts'

const VALUES: ValueOptions = {
  decimal: 'precise',
  time: 'adaptive',
  interval: 'numeric',
  binary: 'bytes',
  hstore: 'json',
  moneyFractionDigits: 2,
  includeUnknown: false,
  placeholder: '__debezium_unavailable_value'
}

describe('the codec of PostgreSQL tables', () => {
  let server: PostgresServer
  let client: Client
  let query: Query

  before(async () => {
    server = await startPostgres()
    client = await server.connect('postgres')
    query = async (text, params) => {
      const values = params ? [...params] : []
      const types = { getTypeParser: () => (value: string | Buffer) => value }
      const result = await client.query({ text, values, rowMode: 'array', types } as never)
      return (result as unknown as { rows: (string | null)[][] }).rows
    }
  })
  after(async () => {
    await client.end()
    await server.stop()
  })

  async function describeTable(ddl: string): Promise<{ table: CatalogTable; types: TypeCatalog }> {
    await query('DROP TABLE IF EXISTS t')
    await query(ddl)
    const [row] = await query(`SELECT 't'::regclass::oid`)
    const oid = Number(row?.[0])
    const table = (await loadTables(query, [oid])).get(oid)
    assert.ok(table)
    return { table, types: await TypeCatalog.load(query) }
  }

  async function compile(
    ddl: string,
    options: Partial<Omit<CodecOptions, 'values'>> & { values?: Partial<ValueOptions> } = {}
  ): Promise<TableCodec> {
    const { table, types } = await describeTable(ddl)
    const values = { ...VALUES, ...options.values }
    return compileTable(table, { types, topic: 'p.public.t', ...options, values })
  }

  /** Values that the server computes, and what the codec reads from its text of others. */
  async function read(codec: TableCodec, sql: string): Promise<Struct[]> {
    return (await query(sql)).map((row) => codec.readSnapshotRow(row))
  }

  test('reads every moment that PostgreSQL knows to the microsecond', async () => {
    const codec = await compile('CREATE TABLE t (ts timestamp, tz timestamptz, d date, t time)')
    const random = new Random(15)
    const micros = Array.from({ length: 400 }, () =>
      // From 4713 BC to 294276, half of it in our time.
      random.next() < 0.5
        ? BigInt(Math.floor((random.next() - 0.3) * 4e15))
        : BigInt(Math.floor(random.next() * 9.4e12)) * 1_000_000n - 210_000_000_000_000_000n
    )
    const rows = await query(
      `SELECT ts::text, ts::text || '+00', ts::date::text, ts::time::text,
         (extract(epoch FROM ts) * 1000000)::numeric(30)::text,
         (ts::date - '1970-01-01'::date)::text,
         (extract(epoch FROM ts::time) * 1000000)::numeric(30)::text
       FROM (SELECT '1970-01-01'::timestamp + (m / 1000000) * '1 second'::interval
         + (m % 1000000) * '1 microsecond'::interval AS ts FROM unnest($1::int8[]) m) q`,
      [`{${micros.join(',')}}`]
    )
    // '... BC' is after the zone in a timestamptz.
    for (const [ts, tz, d, t, epoch, days, clock] of rows) {
      const zoned = tz?.replace(/ BC\+00$/, '+00 BC') ?? null
      const [timestamp, text, day, time] = codec.readStreamRow([ts, zoned, d, t].map(value)).values
      assert.equal(String(timestamp), epoch, `timestamp ${ts}`)
      assert.equal(String(day), days, `date ${d}`)
      assert.equal(String(time), clock, `time ${t}`)
      assert.equal(String(epochMicros(String(text))), epoch, `timestamptz ${zoned}`)
    }
    function value(text: string | null | undefined): string | null {
      return text ?? null
    }
  })

  test('keeps every digit of a decimal, whatever its scale', async () => {
    const codec = await compile('CREATE TABLE t (a numeric(40,20), b numeric, c int8)')
    const [row] = await read(
      codec,
      `SELECT '-12345678901234567890.00000000000000000001', '-1e-30'::numeric, 9007199254740993`
    )
    const [fixed, variable, whole] = row?.values ?? []
    assert.equal(fixed, '-12345678901234567890.00000000000000000001')
    assert.ok(variable instanceof Struct)
    assert.deepEqual(variable.values, [30, Buffer.from([0xff])])
    assert.equal(whole, 9007199254740993n)
  })

  test('rounds constants to the scale of their column, as an insert does', async () => {
    const codec = await compile(
      'CREATE TABLE t (a numeric(6,2) DEFAULT 1.005, b numeric(6,2) DEFAULT -2.5, c numeric(3,0) DEFAULT -0.5)'
    )
    assert.deepEqual(
      codec.valueSchema.fields.map(({ schema }) => schema.default),
      ['1.01', '-2.50', '-1']
    )
  })

  test('shows constants as defaults, and the zero of the type for functions', async () => {
    const shown = {
      "text DEFAULT 'it''s'": "it's",
      "text DEFAULT E'a\\\\b'": 'a\\b',
      "text DEFAULT ('x'::varchar(3))::text": 'x',
      'text DEFAULT NULL': undefined,
      "text DEFAULT lower('A') || 'b'": '',
      "text DEFAULT 'a' || 'b'": undefined,
      'int DEFAULT -5': -5,
      'int DEFAULT (3)': 3,
      'int DEFAULT 2 + 3': undefined,
      'bigint DEFAULT 9223372036854775807': 9223372036854775807n,
      'boolean DEFAULT true': true,
      'date DEFAULT current_date': 0,
      "timestamptz(3) DEFAULT '2024-02-29 01:02:03.45+02'": '2024-02-28T23:02:03.450Z',
      'timestamptz(0) DEFAULT now()': '1970-01-01T00:00:00Z',
      "timestamp DEFAULT (now() AT TIME ZONE 'utc')": 0,
      'int GENERATED BY DEFAULT AS IDENTITY': undefined,
      "int[] DEFAULT '{1}'": undefined
    }
    for (const [column, expected] of Object.entries(shown)) {
      const codec = await compile(`CREATE TABLE t (c ${column})`)
      assert.deepEqual(codec.valueSchema.fields[0]?.schema.default, expected, column)
    }
  })

  test('reads arrays with quotes, nulls, bounds and dimensions', async () => {
    const codec = await compile('CREATE TABLE t (a text[], b int[], c timestamptz[])')
    const [row] = await read(
      codec,
      `SELECT ARRAY['a,b', 'q"\\', '', 'NULL', NULL, '{x}', ' y '], '[2:3][1:2]={{1,2},{3,NULL}}'::int[],
        ARRAY['2024-02-29 01:02:03.5+00', 'infinity']::timestamptz[]`
    )
    assert.deepEqual(row?.values, [
      ['a,b', 'q"\\', '', 'NULL', null, '{x}', ' y '],
      [1, 2, 3, null],
      ['2024-02-29T01:02:03.500000Z', 'infinity']
    ])
  })

  test('treats a domain as its base type, in arrays and over other domains too', async () => {
    await query('CREATE DOMAIN cents AS numeric(6,2); CREATE DOMAIN price AS cents')
    const codec = await compile('CREATE TABLE t (a price, b price[])')
    const [row] = await read(codec, `SELECT '1.50', '{1.50,NULL}'`)
    assert.deepEqual(row?.values, ['1.50', ['1.50', null]])
    assert.equal(codec.valueSchema.fields[0]?.schema.parameters?.['scale'], '2')
  })

  test('stands in for a value that was not sent, or takes it from the old row', async () => {
    const codec = await compile(
      'CREATE TABLE t (a text, b numeric, c float8[], d date[], e boolean[], f numeric(9,2), g bit(64000))'
    )
    const unchanged: RowValues = codec.table.columns.map(() => UNCHANGED)
    const [a, b, c, d, e, f, g] = codec.readStreamRow(unchanged).values
    const bytes = [...Buffer.from(VALUES.placeholder)]
    assert.equal(a, VALUES.placeholder)
    assert.deepEqual((b as Struct).values, [0, Buffer.from(bytes)])
    assert.deepEqual([c, d], [bytes, bytes])
    assert.equal((e as boolean[]).length, bytes.length * 8)
    assert.match(String(f), /^\d+\.\d\d$/)
    assert.deepEqual(g, Buffer.from(bytes))
    const old = ['old', '1.5', '{1}', '{2024-02-29}', '{t}', '1.00', '0']
    assert.equal(codec.readStreamRow(unchanged, old).values[0], 'old')
  })

  test('asks for the types again when a label is new', async () => {
    await query(`CREATE TYPE mood AS ENUM ('ok')`)
    const { table, types } = await describeTable('CREATE TABLE t (m mood, ms mood[])')
    await query(`ALTER TYPE mood ADD VALUE 'great'`)
    const options = { values: VALUES, topic: 'p.public.t' }
    const stale = compileTable(table, { ...options, types })
    assert.throws(() => stale.readSnapshotRow(['great', null]), UnknownLabel)
    assert.throws(() => stale.readSnapshotRow([null, '{ok,great}']), UnknownLabel)
    const fresh = compileTable(table, { ...options, types: await TypeCatalog.load(query) })
    assert.deepEqual(fresh.readSnapshotRow(['great', '{ok}']).values, ['great', ['ok']])
  })

  test('says what it cannot convert, and never writes null where that is not allowed', async () => {
    const told: string[] = []
    const codec = await compile('CREATE TABLE t (a numeric, b numeric(6,2) NOT NULL)', {
      onUnconvertible: ({ column }) => told.push(column)
    })
    assert.equal(codec.readSnapshotRow(['NaN', '1.00']).values[0], null)
    assert.deepEqual(told, ['public.t.a'])
    assert.throws(() => codec.readSnapshotRow(['1', 'Infinity']), { code: 'INVALID_VALUE' })
    const strict = await compile('CREATE TABLE t (a numeric)')
    assert.throws(() => strict.readSnapshotRow(['NaN']), /Column a of public\.t: NaN is no decimal/)
  })

  test('keeps the key of a table whose key column is left out', async () => {
    const codec = await compile('CREATE TABLE t (b text, a text, id int, PRIMARY KEY (id, a))', {
      includes: (column) => column === 'b'
    })
    const row = codec.readSnapshotRow(['x', 'k', '7'])
    assert.deepEqual(names(codec.valueSchema), ['b'])
    assert.deepEqual(codec.key(row)?.values, [7, 'k'])
    assert.deepEqual(names(codec.keySchema), ['id', 'a'])
    assert.deepEqual(codec.keySources, [2, 1])
  })

  test('writes the bytes of unknown types when asked, and else says what it leaves out', async () => {
    const ddl = 'CREATE TABLE t (id int, p pg_lsn, b box)'
    const silent = await compile(ddl)
    assert.deepEqual(silent.unsupported, [
      { column: 'p', type: 'pg_lsn' },
      { column: 'b', type: 'box' }
    ])
    const codec = await compile(ddl, { values: { includeUnknown: true } })
    const [, lsn, box] = codec.readSnapshotRow(['1', '0/10', '(1,1.5),(0,1e+20)']).values
    assert.deepEqual([String(lsn), String(box)], ['0/10', '(1.0,1.5),(0.0,1.0E20)'])
  })

  test('reads the text of PostGIS and pgvector', () => {
    const named = ['geometry', 'vector', 'halfvec', 'sparsevec'].map((name, i) => ({
      ...{ oid: i + 1, schema: 'public', name, kind: 'b' },
      ...{ elementOid: 0, baseOid: 0, baseTypmod: -1, labels: [] }
    }))
    const column = { typmod: -1, notNull: false, defaultExpression: null }
    const table: CatalogTable = {
      ...{ oid: 1, schema: 'public', name: 't', kind: 'r', primaryKey: [], keyColumns: [] },
      ...{ primaryKeyDeferrable: false, replicaIdentity: 'd', identityIndexColumns: [] },
      columns: named.map(({ oid, name }) => ({
        ...{ ...column, name, typeOid: oid, typeName: name },
        ...{ identity: false, generated: false }
      }))
    }
    const codec = compileTable(table, { types: new TypeCatalog(named), topic: 'p', values: VALUES })
    const point = '0101000020e6100000000000000000f03f0000000000000040'
    const row = codec.readSnapshotRow([point, '[1,2.5]', '[]', '{1:0.5,3:-2}/5'])
    const [geometry, vector, half, sparse] = row.values
    assert.ok(geometry instanceof Struct && sparse instanceof Struct)
    assert.deepEqual(geometry.values, [Buffer.from(point, 'hex'), 4326])
    assert.deepEqual([vector, half], [[1, 2.5], []])
    const entries: [number, number][] = [
      [1, 0.5],
      [3, -2]
    ]
    assert.deepEqual(sparse.values, [5, new Map(entries)])
  })

  test('names the key columns that a delete does not know', async () => {
    const codec = await compile('CREATE TABLE t (id int PRIMARY KEY, mail text)', {
      keyColumns: ['mail', 'id']
    })
    assert.deepEqual(codec.unknownInDeletes, ['mail'])
    assert.deepEqual(codec.key(codec.readOldKey(['4', null]))?.values, [null, 4])
  })
})

function names(schema: Schema | null): string[] {
  return (schema?.fields ?? []).map(({ name }) => name)
}

/** Microseconds since 1970 of an ISO timestamp with any year, by another way than the codec's. */
function epochMicros(text: string): bigint {
  const [, year = '', rest = '', micros = ''] = /^([+-]?\d+)(-.*)\.(\d{6})Z$/.exec(text) ?? []
  // The calendar repeats every 400 years, and Date knows the years from 2000 on.
  const cycles = Math.floor((Number(year) - 2000) / 400)
  const seconds = Date.parse(`${Number(year) - cycles * 400}${rest}Z`) / 1000
  return BigInt(seconds + cycles * 146_097 * 86_400) * 1_000_000n + BigInt(micros)
}

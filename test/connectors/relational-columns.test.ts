import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ColumnRules,
  columnRuleKeys,
  columnRuleProblems,
  serializedString
} from '../../connectors/relational/column-rules.ts'
import { bytes, float64, int32, type Schema, string } from '../../runtime/api/schema.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { loadEvents, loadScenario } from '../support/golden-scenario.ts'

const json = createJsonConverter({
  schemasEnable: true,
  replaceNullWithDefault: true,
  decimalFormat: 'BASE64'
})

type Config = Readonly<Record<string, string>>

function rulesOf(config: Config): ColumnRules {
  const ours = Object.entries(config).filter(([key]) =>
    /^(column\.(mask|trunc|prop)|datatype)/.test(key)
  )
  const { config: parsed, problems } = parseConfig(columnRuleKeys, Object.fromEntries(ours))
  assert.deepEqual(problems, [])
  return new ColumnRules(parsed)
}

const column = (name: string, length: number | null = null) => ({
  table: 'public.people',
  name,
  typeName: 'text',
  length,
  scale: null
})

/** Applies the rule of a column to one value. */
function changed(rules: ColumnRules, of: [string, number | null, Schema], value: unknown): unknown {
  const { change } = rules.apply(column(of[0], of[1]), of[2])
  return change === null ? value : change(value)
}

/** The rows of the scenarios of PostgreSQL, and the columns that their rules know. */
const PEOPLE = {
  name: [null, string(), 'Ada Novák', 'Bo', '日本語の名前です'],
  mail: [60, string({ optional: true }), 'ada@example.org', null, 'c@example.org'],
  pin: [6, string({ optional: true }), '123456', null, '1     '],
  secret: [null, string({ optional: true }), 'hush', null, ''],
  photo: [null, bytes({ optional: true }), Buffer.of(1, 2, 3), null, Buffer.alloc(0)],
  born: [null, int32({ optional: true, name: 'io.debezium.time.Date' }), 7306, null, 10957],
  phone: [20, string({ optional: true }), '+420 555', null, 'x']
} as const

describe('masks, hashes and truncation', () => {
  for (const name of ['postgres-columns-mask', 'postgres-columns-mask-types']) {
    test(`${name}: the values of Debezium`, () => {
      const rules = rulesOf(loadScenario(`relational/${name}`).config)
      const rows = loadEvents(`relational/${name}`)
        .filter(({ topic, value }) => topic.endsWith('.people') && value !== null)
        .slice(0, 3)
        .map(({ value }) => {
          const parsed = JSON.parse(value ?? '')
          return (parsed.payload ?? parsed).after as Record<string, unknown>
        })
      for (const [field, [length, schema, ...values]] of Object.entries(PEOPLE)) {
        for (const [i, row] of rows.entries()) {
          const got = changed(rules, [field, length, schema], values[i])
          const shown = got instanceof Uint8Array ? Buffer.from(got).toString('base64') : got
          assert.equal(shown, row[field], `${field} of row ${i}`)
        }
      }
    })
  }

  test('the schemas of Debezium', () => {
    const rules = rulesOf(loadScenario('relational/postgres-columns-mask').config)
    const golden = firstSchema('relational/postgres-columns-mask', 'people')
    for (const [field, [length, schema]] of Object.entries(PEOPLE)) {
      const { parameters } = rules.apply(column(field, length), schema).schema
      assert.deepEqual(parameters, golden.field(field)?.schema.parameters, field)
    }
  })

  test('a mask that does nothing because the column holds no text is told', () => {
    const rules = rulesOf({ 'column.mask.with.3.chars': 'public.people.(born|pin|at)' })
    const isUnmasked = (name: string, schema: Schema) =>
      rules.apply(column(name), schema).isUnmasked
    assert.equal(isUnmasked('born', PEOPLE.born[1]), true)
    assert.equal(isUnmasked('at', string({ name: 'io.debezium.time.ZonedTimestamp' })), true)
    assert.equal(isUnmasked('pin', PEOPLE.pin[1]), false)
    assert.equal(isUnmasked('photo', PEOPLE.photo[1]), false)
  })

  test('text that is to be masked and truncated is masked', () => {
    const rules = rulesOf({
      'column.truncate.to.2.chars': 'public.people.*',
      'column.mask.with.3.chars': 'public.people.pin'
    })
    assert.equal(changed(rules, ['pin', 6, string()], '123456'), '***')
    assert.equal(changed(rules, ['name', null, string()], '123456'), '12')
  })

  test('truncation cuts no character in two, and no column that is short by its type', () => {
    const rules = rulesOf({ 'column.truncate.to.2.chars': 'public.people.*' })
    assert.equal(changed(rules, ['name', null, string()], 'a😀b'), 'a')
    assert.equal(changed(rules, ['name', null, string()], '😀b'), '😀')
    assert.equal(changed(rules, ['name', null, string()], null), null)
    const two = rules.apply(column('code', 2), string())
    assert.deepEqual([two.change, two.schema.parameters], [null, undefined])
    assert.equal(rules.apply(column('n', 9), float64()).change, null)
  })

  test('a text is serialized as Java does', () => {
    const hex = (text: string) => serializedString(text).toString('hex')
    assert.equal(hex('A'), 'aced0005740001' + '41')
    assert.equal(hex('\u0000é'), 'aced0005740004' + 'c080' + 'c3a9')
    assert.equal(hex('😀'), 'aced0005740006' + 'eda0bd' + 'edb880')
    const long = serializedString('x'.repeat(0x10000))
    assert.equal(long.subarray(0, 13).toString('hex'), 'aced00057c0000000000010000')
    assert.equal(long.length, 13 + 0x10000)
  })

  test('algorithms have the names of Java, and others are refused', () => {
    const key = (algorithm: string) => `column.mask.hash.v2.${algorithm}.with.salt.a.b`
    for (const name of ['MD5', 'SHA-1', 'SHA', 'SHA-256', 'SHA-512/256', 'SHA3-256']) {
      assert.deepEqual(columnRuleProblems({ [key(name)]: ['x'] }), [], name)
    }
    const keys = columnRuleProblems({
      [key('SHA-257')]: ['x'],
      'column.truncate.to.0.chars': ['x'],
      'column.mask.with.0.chars': ['x']
    }).map((problem) => problem.key)
    assert.deepEqual(keys, [key('SHA-257'), 'column.truncate.to.0.chars'])
  })
})

type TypeFacts = readonly [type: string, length: number | null, scale: number | null]

/** What the databases tell of the columns of the scenarios; other columns of them have other types. */
const TYPES: Readonly<Record<string, Readonly<Record<string, TypeFacts>>>> = {
  mix: {
    bu: ['BIGINT UNSIGNED', 20, null],
    bun: ['BIGINT UNSIGNED', 20, null],
    bud: ['BIGINT UNSIGNED', 20, null],
    d: ['DECIMAL', 20, 4],
    dn: ['DECIMAL', 6, 2],
    dd: ['DECIMAL', 6, 2],
    t: ['TIME', null, null],
    t3: ['TIME', 3, null],
    t6: ['TIME', 6, null],
    td: ['TIME', 6, null],
    bl: ['BLOB', null, null],
    b1: ['BIT', 1, null],
    b9: ['BIT', 9, null],
    dtm: ['DATETIME', null, null],
    ts6: ['TIMESTAMP', 6, null],
    vb: ['VARBINARY', 10, null]
  },
  amounts: {
    n: ['numeric', 0, null],
    n5_2: ['numeric', 5, 2],
    n20: ['numeric', 20, 0],
    cash: ['money', 2_147_483_647, 0],
    n_nn: ['numeric', 6, 2],
    na: ['_numeric', 6, 2]
  },
  clocks: {
    d: ['date', 13, 0],
    d_df: ['date', 13, 0],
    ts: ['timestamp', 29, 6],
    ts0: ['timestamp', 22, 0],
    ts3: ['timestamp', 26, 3],
    tstz: ['timestamptz', 35, 6]
  },
  blobs: { b: ['bytea', 2_147_483_647, 0], b_nn: ['bytea', 2_147_483_647, 0] },
  spans: { i: ['interval', 49, 6] }
}

function firstSchema(scenario: string, table: string): Schema {
  const record = loadEvents(scenario).find(({ topic }) => topic.endsWith(`.${table}`))
  const { schema } = json.toConnect('t', Buffer.from(record?.value ?? ''))
  const after = schema?.field('after')?.schema
  assert.ok(after)
  return after
}

describe('propagated types', () => {
  for (const [scenario, tables] of [
    ['mariadb-modes-converters', ['mix']],
    ['relational/postgres-modes-source-type', ['amounts', 'clocks', 'blobs', 'spans']]
  ] as const) {
    for (const table of tables) {
      test(`${scenario}: the schema of ${table}`, () => {
        const { config } = loadScenario(scenario)
        const rules = rulesOf(config)
        const golden = firstSchema(scenario, table)
        for (const [name, [typeName, length, scale]] of Object.entries(TYPES[table] ?? {})) {
          const wanted = golden.field(name)?.schema
          assert.ok(wanted)
          const bare = Object.entries(wanted.parameters ?? {}).filter(
            ([key]) => !key.startsWith('__debezium.')
          )
          const { schema, change } = rules.apply(
            {
              table: `${table === 'mix' ? 'd' : 'public'}.${table}`,
              name,
              typeName,
              length,
              scale
            },
            string(bare.length === 0 ? {} : { parameters: Object.fromEntries(bare) })
          )
          assert.equal(change, null)
          // As text, because the order counts.
          assert.equal(JSON.stringify(schema.parameters), JSON.stringify(wanted.parameters), name)
        }
      })
    }
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDdl } from '../../connectors/mysql/schema/ddl-parser.ts'
import type { SqlDialect } from '../../connectors/mysql/schema/ddl-tokens.ts'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import type { StatementSession } from '../../connectors/mysql/schema/server-facts.ts'
import type { TableModel } from '../../connectors/mysql/schema/table-model.ts'
import { CREATES, IGNORED, ODD, UNREADABLE } from '../support/ddl-corpus.ts'
import { Random } from '../support/random.ts'

const MARIADB: SqlDialect = {
  flavor: 'mariadb',
  serverVersion: 101119,
  ansiQuotes: false,
  noBackslashEscapes: false
}
const MYSQL: SqlDialect = { ...MARIADB, flavor: 'mysql', serverVersion: 80036 }

function tablesFor(dialect: SqlDialect): SchemaTables {
  return new SchemaTables({
    flavor: dialect.flavor,
    version: dialect.serverVersion,
    lowerCaseTableNames: 0,
    charset: 'utf8mb4',
    explicitTimestamps: true
  })
}

function titleOf(sql: string): string {
  return sql.replace(/\s+/g, ' ').slice(0, 90)
}

/** A table in one line. */
function told(table: TableModel | undefined): string {
  if (!table) return 'no table'
  const columns = table.columns.map((column) => {
    const size = [column.length, column.scale].filter((part) => part !== null)
    const values = column.values.length > 0 ? column.values : size
    const given = column.defaultIsLiteral
      ? JSON.stringify(column.defaultExpression)
      : column.defaultExpression
    return [
      `${column.name} ${column.typeName}${values.length > 0 ? `(${values})` : ''}`,
      column.charset ?? '',
      column.optional ? '' : 'required',
      column.autoIncremented ? 'auto' : '',
      column.generated ? 'generated' : '',
      column.invisible ? 'invisible' : '',
      given === null ? '' : `= ${given}`,
      column.comment === null ? '' : `# ${column.comment}`
    ]
      .filter((part) => part !== '')
      .join(' ')
  })
  const keys = table.indexes.map(
    (index) => `${index.unique ? 'unique' : 'index'} ${index.name}(${index.columns})`
  )
  const key = table.primaryKey.length > 0 ? [`key(${table.primaryKey})`] : []
  const about = [table.charset, ...(table.comment === null ? [] : [`# ${table.comment}`])]
  return [...columns, ...key, ...keys, about.join(' ')].join('; ')
}

function created(
  sql: string,
  dialect: SqlDialect,
  session: Partial<StatementSession> = {}
): string {
  const tables = tablesFor(dialect)
  const { altered, unknown } = tables.apply(sql, { database: 'd', ...session })
  return unknown === null ? told(altered[0]) : `unknown: ${unknown.reason}`
}

describe('CREATE TABLE', () => {
  for (const [sql, expected] of CREATES) {
    test(titleOf(sql), () => assert.equal(created(sql, MARIADB), expected))
  }

  test('reads version comments as the server that ran it', () => {
    const sql =
      'create table t (a int /*!80023 invisible */ /*!99999 nonsense */, b int /*M!100301 compressed */)'
    assert.equal(created(sql, MYSQL), 'a INT invisible; b INT; utf8mb4')
    assert.equal(created(sql, MARIADB), 'a INT; b INT; utf8mb4')
    const old =
      'create table t (a varchar(5) /*!40101 character set latin1 */) /*!50100 comment="x" */;'
    for (const dialect of [MYSQL, MARIADB]) {
      assert.equal(created(old, dialect), 'a VARCHAR(5) latin1; utf8mb4 # x')
    }
  })

  test('reads what SHOW CREATE TABLE of MySQL 8 prints', () => {
    const sql = `CREATE TABLE \`t\` (
      \`my_row_id\` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,
      \`v\` varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT _utf8mb4'x',
      \`u\` binary(16) DEFAULT (uuid_to_bin(uuid())),
      \`g\` int GENERATED ALWAYS AS ((\`u\` + 1)) VIRTUAL NOT NULL,
      \`p\` point NOT NULL /*!80003 SRID 4326 */,
      \`y\` year DEFAULT '2024' /*!50606 COLUMN_FORMAT DYNAMIC */,
      PRIMARY KEY (\`my_row_id\`),
      UNIQUE KEY \`f\` ((lower(\`v\`)),\`y\`) /*!80000 INVISIBLE */,
      SPATIAL KEY \`p\` (\`p\`),
      CONSTRAINT \`c\` CHECK ((\`y\` > 0)) /*!80016 NOT ENFORCED */
    ) /*!50100 TABLESPACE \`ts\` */ ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
    /*!50100 PARTITION BY RANGE (\`y\`) (PARTITION p0 VALUES LESS THAN (5) ENGINE = InnoDB) */`
    const columns = [
      'my_row_id BIGINT UNSIGNED required auto invisible',
      'v VARCHAR(9) latin1 = "x"',
      'u BINARY(16) = (uuid_to_bin(uuid()))',
      'g INT required generated',
      'p POINT required',
      'y YEAR = "2024"'
    ]
    const keys = ['key(my_row_id)', 'unique f(,y)', 'index p(p)', 'utf8mb4']
    assert.equal(created(sql, MYSQL), [...columns, ...keys].join('; '))
  })

  test('reads quotes and backslashes as the session that ran it', () => {
    const ansi = `create table "t" ("a""b" int default 1, b varchar(9) default 'x\\'y')`
    assert.equal(
      created(ansi, MARIADB, { ansiQuotes: true }),
      `a"b INT = 1; b VARCHAR(9) utf8mb4 = "x'y"; utf8mb4`
    )
    const plain = `create table t (a varchar(9) default '\\', b varchar(9) default "\\")`
    assert.equal(
      created(plain, MARIADB, { noBackslashEscapes: true }),
      'a VARCHAR(9) utf8mb4 = "\\\\"; b VARCHAR(9) utf8mb4 = "\\\\"; utf8mb4'
    )
    assert.match(created(plain, MARIADB), /^unknown: /)
  })

  test('makes TIMESTAMP required where explicit_defaults_for_timestamp is off', () => {
    const tables = new SchemaTables({
      flavor: 'mysql',
      version: 50700,
      lowerCaseTableNames: 1,
      charset: 'latin1',
      explicitTimestamps: false
    })
    const { altered } = tables.apply('CREATE TABLE Shop.T (A timestamp, b timestamp null)', {
      database: 'd'
    })
    assert.equal(told(altered[0]), 'A TIMESTAMP required; b TIMESTAMP; latin1')
    assert.deepEqual([altered[0]?.database, altered[0]?.name], ['shop', 't'])
    assert.equal(tables.get('SHOP', 'T'), altered[0])
  })
})

describe('odd statements', () => {
  for (const { given = [], sql, changes, unknown = null, table } of ODD) {
    test(titleOf(sql), () => {
      const tables = tablesFor(MARIADB)
      for (const each of given) assert.equal(tables.apply(each, { database: 'd' }).unknown, null)
      const applied = tables.apply(sql, { database: 'd' })
      const names = (list: readonly { database: string; name: string }[]) =>
        list.map(({ database, name }) => `${database}.${name}`)
      assert.deepEqual(applied.unknown && names(applied.unknown.tables), unknown)
      if (changes !== undefined) {
        const seen = applied.changes.map(
          ({ database, ddl, changes: each }) =>
            `${database}: ${ddl} ${each.map(({ type, name, previous }) => `[${type} ${name}${previous ? ` was ${previous.name}` : ''}]`)}`
        )
        assert.deepEqual(seen, changes)
      }
      if (table !== undefined) assert.equal(told(tables.get('d', table[0])), table[1])
    })
  }

  test('that change no table are passed over', () => {
    for (const sql of IGNORED) {
      for (const dialect of [MARIADB, MYSQL]) {
        const { statement, text } = parseDdl(sql, dialect)
        assert.equal(statement.kind, 'other', sql)
        assert.equal(text, sql)
      }
    }
  })

  test('that cannot be read name the tables that can be seen', () => {
    for (const [sql, names] of UNREADABLE) {
      const { statement } = parseDdl(sql, MARIADB)
      assert.ok(statement.kind === 'unparsed', sql)
      assert.deepEqual(
        statement.tables.map(({ database, name }) => (database ? `${database}.${name}` : name)),
        names,
        sql
      )
    }
  })
})

describe('mangled statements', () => {
  const PIECES = [
    '(',
    ')',
    ',',
    "'",
    '"',
    '`',
    '/*',
    '*/',
    '/*!',
    '/*M!100100 ',
    '--',
    '#',
    '\n',
    '\\',
    '\0',
    ';',
    '.',
    ' table ',
    ' as ',
    ' default ',
    ' 9 ',
    ' add ',
    ' key ',
    '\u{1f600}',
    '=',
    "_utf8'",
    "x'",
    '0x'
  ]
  const whole = [...CREATES.map(([sql]) => sql), ...ODD.map(({ sql }) => sql), ...IGNORED]

  for (const seed of [1, 2, 3]) {
    test(`are read, or said to be unreadable, but never thrown out (seed ${seed})`, () => {
      const random = new Random(seed)
      const tables = tablesFor(MARIADB)
      let unreadable = 0
      for (let i = 0; i < 3000; i++) {
        let sql = random.pick(whole)
        for (let cuts = 1 + random.below(4); cuts > 0; cuts--) sql = mangled(sql, random)
        const dialect = {
          ...(random.below(2) ? MARIADB : MYSQL),
          ansiQuotes: random.below(4) === 0
        }
        const { statement } = parseDdl(sql, dialect)
        if (statement.kind === 'unparsed') unreadable++
        tables.apply(sql, { database: 'd' })
      }
      assert.ok(unreadable > 300, `${unreadable}`)
    })
  }

  function mangled(sql: string, random: Random): string {
    const at = random.below(sql.length + 1)
    const until = at + random.below(12)
    switch (random.below(4)) {
      case 0:
        return sql.slice(0, at) + sql.slice(until)
      case 1:
        return sql.slice(0, at) + random.pick(PIECES) + sql.slice(at)
      case 2:
        return sql.slice(0, at) + sql.slice(at, until).repeat(2) + sql.slice(until)
      default:
        return sql.slice(0, at) + random.pick(whole).slice(random.below(40))
    }
  }

  test('of great depth and length are read in a straight line', () => {
    const deep = `create table t (a int default ${'('.repeat(200_000)}1${')'.repeat(200_000)})`
    assert.equal(parseDdl(deep, MARIADB).statement.kind, 'create_table')
    const wide = `create table t (${Array.from({ length: 4000 }, (_, i) => `c${i} int`)})`
    assert.equal(parseDdl(wide, MARIADB).statement.kind, 'create_table')
    assert.equal(parseDdl(`/*${'*'.repeat(100_000)}`, MARIADB).statement.kind, 'unparsed')
  })
})

import type { ColumnModel, TableModel } from '../../connectors/mysql/schema/table-model.ts'
import type { Random } from './random.ts'

/** Types with what may be their DEFAULT. */
const TYPES: readonly (readonly [type: string, ...defaults: string[]])[] = [
  ['int', '7', '-5', "'12'", '0x10'],
  ['INTEGER unsigned', '4000000000'],
  ['int(5) zerofill', '42'],
  ['tinyint(1)', '1'],
  ['bool', 'true', 'FALSE'],
  ['boolean', '0'],
  ['smallint', '- 3'],
  ['mediumint unsigned', '(1 + 2)'],
  ['bigint(12)', '9007199254740993'],
  ['int8', '8'],
  ['bit', "b'1'"],
  ['bit(12)', "b'101'", '0b11'],
  ['decimal', '1.5'],
  ['dec(8)', '1e3'],
  ['numeric(12, 4) unsigned', "'12.5'"],
  ['fixed(6,1) zerofill', '.5'],
  ['float', '1.25e-3'],
  ['float(10)', '1'],
  ['float(30)', '2'],
  ['double precision', '1.'],
  ['real', '0.1'],
  ['double(9,4) unsigned', '1.5'],
  ['char', "'x'"],
  ['char(5) character set latin1', "'é'"],
  ['character varying(7)', "'a''b'"],
  ['varchar(20)', "'it\\'s'", "''", "'a' 'b'", "_utf8mb4'x'", "N'n'", '"dq"', "concat('a', 'b')"],
  ['varchar(20) charset utf8mb3 collate utf8mb3_bin', "'NULL'"],
  ['varchar(10) collate latin2_general_ci', "'x'"],
  ['varchar(10) binary', "'x'"],
  ['varchar(10) ascii'],
  ['varchar(10) unicode'],
  ['varchar(10) character set binary', "'x'"],
  ['char(3) byte'],
  ['nchar(4)', "'n'"],
  ['national varchar(6)', "'n'"],
  ['nvarchar(6)'],
  ['long', "'l'"],
  ['long varbinary'],
  ['tinytext'],
  ['text', "'text'"],
  ['text(50)'],
  ['text(100) character set latin1'],
  ['mediumtext'],
  ['longtext'],
  ['binary', "x'41'"],
  ['binary(4)', "'ab'"],
  ['varbinary(9)', "X'0102'"],
  ['tinyblob'],
  ['blob', "x'00'"],
  ['blob(70000)'],
  ['mediumblob'],
  ['longblob'],
  ["enum('a','b,c','it''s')", "'a'"],
  ['enum("q","r") character set latin1', "'q'"],
  ["set('x','y','z')", "'x,z'"],
  ['date', "'2024-02-29'", "date '2024-02-29'", '(curdate())'],
  ['time(3)', "'-01:02:03.5'"],
  [
    'datetime',
    'now()',
    'current_timestamp',
    "'2024-02-29 01:02:03'",
    'current_timestamp on update current_timestamp'
  ],
  ['datetime(6)', 'current_timestamp(6)', 'now(6) on update now(6)'],
  ['timestamp', 'localtimestamp', "timestamp '2024-02-29 01:02:03'"],
  ['timestamp(3) null'],
  ['year', '2024'],
  ['year(4)', "'1999'"],
  ['json', "'{}'"],
  ['uuid', 'uuid()', "'3f2504e0-4f89-11d3-9a0c-0305e82c3301'"],
  ['inet6'],
  ['inet4', "'127.0.0.1'"],
  ['point'],
  ['geometry'],
  ['polygon']
]

const CHARSETS = ['utf8mb4', 'latin1', 'utf8mb3', 'ascii', 'binary'] as const
/** Values of ENUM and SET survive a change from one of these to another, but not from or to bytes. */
const TEXT_CHARSETS = ['utf8mb4', 'latin1', 'utf8mb3', 'ascii'] as const
const COLLATIONS = ['utf8mb4_bin', 'latin1_swedish_ci', 'utf8mb3_general_ci'] as const
const NAMES = [
  'a',
  'b',
  'c',
  'Dd',
  'long_name',
  'odd name',
  'sel`ect',
  'ü',
  'key',
  'x1',
  'Y',
  'z'
] as const
const COMMENTS = ["''", "'note'", "'it''s'", "'line\\nbreak \\\\ slash'", '"double"'] as const

/** Makes statements that change the tables of one database, from a seed. */
export class RandomDdl {
  readonly #random: Random
  readonly #tables: () => readonly TableModel[]

  /** @param tables those that are there now */
  constructor(random: Random, tables: () => readonly TableModel[]) {
    this.#random = random
    this.#tables = tables
  }

  next(): string {
    const tables = this.#tables()
    if (tables.length === 0 || this.#chance(0.12)) return this.#create(tables)
    const table = this.#random.pick(tables)
    if (this.#chance(0.03)) return this.#drop(tables)
    if (this.#chance(0.04)) return this.#rename(tables)
    if (this.#chance(0.08)) return this.#createIndex(table)
    if (this.#chance(0.03)) return `truncate ${quote(table.name)}`
    if (this.#chance(0.03)) return this.#alterDatabase(table.database)
    const specs = this.#specs(table)
    const start = this.#random.pick([
      'alter table',
      'ALTER  TABLE',
      'alter online table',
      'alter ignore table',
      'alter /* why */ table if exists'
    ])
    return `${start} ${quote(table.name)} ${specs.join(this.#random.pick([', ', ',\n  ', ' /* and */ , ']))}`
  }

  #chance(share: number): boolean {
    return this.#random.next() < share
  }

  #maybe(share: number, text: string): string {
    return this.#chance(share) ? text : ''
  }

  #tableName(): string {
    return quote(`t${this.#random.below(6)}`)
  }

  #create(tables: readonly TableModel[]): string {
    const start = `create ${this.#maybe(0.3, 'or replace ')}table ${this.#tableName()}`
    const source = tables[0]
    if (source && this.#chance(0.15))
      return `${start} ${this.#random.pick([`like ${quote(source.name)}`, `(like ${quote(source.name)})`])}`
    if (source && this.#chance(0.1)) return `${start} as select * from ${quote(source.name)}`
    const names = this.#someNames(1 + this.#random.below(7))
    const items = names.map((name) => `${quote(name)} ${this.#definition()}`)
    if (this.#chance(0.6)) items.push(`primary key (${quote(names[0] ?? '')})`)
    while (this.#chance(0.4)) items.push(this.#index(names))
    if (this.#chance(0.2)) items.push(`constraint ${quote('chk')} check (1 > 0)`)
    const separator = this.#random.pick([', ', ',\n  '])
    return `${start} (${items.join(separator)}) ${this.#tableOptions()}`
  }

  #someNames(count: number): string[] {
    const left: string[] = [...NAMES]
    return Array.from(
      { length: count },
      () => left.splice(this.#random.below(left.length), 1)[0] ?? ''
    )
  }

  #tableOptions(): string {
    const options = [
      this.#maybe(0.3, `default charset ${this.#random.pick(CHARSETS)}`),
      this.#maybe(0.2, `collate = ${this.#random.pick(COLLATIONS)}`),
      this.#maybe(0.3, `comment ${this.#maybe(0.5, '= ')}${this.#random.pick(COMMENTS)}`),
      this.#maybe(0.3, 'engine=InnoDB'),
      this.#maybe(0.2, 'row_format = dynamic'),
      this.#maybe(
        0.1,
        '/*!50100 stats_persistent=1 */ /*M!100100 page_checksum=1 */ /*!80000 nonsense */'
      )
    ]
    return options.filter((option) => option !== '').join(this.#random.pick([' ', ', ']))
  }

  #definition(): string {
    const [type, ...defaults] = this.#random.pick(TYPES)
    if (this.#chance(0.06))
      return `${type} as (null) ${this.#random.pick(['virtual', 'stored', 'persistent', ''])}`
    const attributes = [
      this.#maybe(0.25, 'not null'),
      this.#maybe(0.1, 'null'),
      this.#maybe(
        0.5,
        defaults.length > 0 ? `default ${this.#random.pick(defaults)}` : 'default null'
      ),
      this.#maybe(0.3, `comment ${this.#random.pick(COMMENTS)}`),
      this.#maybe(0.05, 'unique'),
      this.#maybe(0.03, 'auto_increment key'),
      this.#maybe(0.05, 'invisible'),
      this.#maybe(0.05, 'check (1 = 1)')
    ]
    const given = attributes.filter((attribute) => attribute !== '')
    // In any order.
    return [type, ...given.sort(() => this.#random.next() - 0.5)].join(' ')
  }

  #index(names: readonly string[]): string {
    const kind = this.#random.pick(['unique', 'unique key', 'index', 'key', 'unique index'])
    const name = this.#maybe(0.4, `${quote(`i${this.#random.below(4)}`)} `)
    const symbol = kind.startsWith('unique') ? this.#maybe(0.2, `constraint ${quote('u')} `) : ''
    return `${symbol}${kind} ${name}${this.#maybe(0.2, 'using btree ')}(${this.#parts(names)})${this.#maybe(0.2, " comment 'an index'")}`
  }

  #parts(names: readonly string[]): string {
    const count = 1 + this.#random.below(Math.min(2, names.length))
    const left = [...names]
    return Array.from({ length: count }, () => {
      const name = left.splice(this.#random.below(left.length), 1)[0] ?? ''
      return (
        quote(name) +
        this.#maybe(0.15, '(3)') +
        this.#maybe(0.2, this.#random.pick([' asc', ' desc']))
      )
    }).join(', ')
  }

  #createIndex(table: TableModel): string {
    const names = table.columns.map((column) => column.name)
    const name = quote(`i${this.#random.below(4)}`)
    if (this.#chance(0.3))
      return `drop index ${this.#maybe(0.3, 'if exists ')}${name} on ${quote(table.name)}`
    return `create ${this.#random.pick(['unique ', '', 'or replace unique '])}index ${name} on ${quote(table.name)} (${this.#parts(names)}) ${this.#maybe(0.2, 'algorithm = inplace')}`
  }

  #drop(tables: readonly TableModel[]): string {
    const names = [this.#random.pick(tables).name, ...(this.#chance(0.3) ? ['never_was'] : [])]
    return `drop table if exists ${[...new Set(names)].map(quote).join(', ')}${this.#maybe(0.3, ' cascade')}`
  }

  #rename(tables: readonly TableModel[]): string {
    const table = this.#random.pick(tables)
    const to = this.#tableName()
    if (this.#chance(0.4))
      return `alter table ${quote(table.name)} rename ${this.#random.pick(['to ', 'as ', ''])}${to}, add column ${quote('renamed')} int`
    return `rename table ${quote(table.name)} to ${quote('swap')}, ${quote('swap')} to ${to}`
  }

  #alterDatabase(database: string): string {
    return `alter database ${quote(database)} default character set = ${this.#random.pick(TEXT_CHARSETS)}`
  }

  /** Parts that have to do with different columns; of those about character sets only one. */
  #specs(table: TableModel): string[] {
    const left = [...table.columns]
    const specs: string[] = []
    for (let count = 1 + this.#random.below(3); count > 0; count--) {
      const column = left.splice(this.#random.below(left.length), 1)[0]
      const spec = column && this.#spec(table, column)
      if (!spec) continue
      const isAbout = (words: RegExp) => words.test(spec) && specs.some((each) => words.test(each))
      if (!isAbout(/character set \w+$/) && !isAbout(/`extra`/)) specs.push(spec)
    }
    return specs
  }

  #spec(table: TableModel, column: ColumnModel): string {
    const name = quote(column.name)
    const fresh = quote(this.#random.pick(NAMES))
    const specs: readonly (() => string)[] = [
      () =>
        `add ${this.#maybe(0.5, 'column ')}${this.#maybe(0.3, 'if not exists ')}${fresh} ${this.#definition()}${this.#position(table)}`,
      () => `add (${fresh} ${this.#definition()}, ${quote('extra')} int)`,
      () => `drop ${this.#maybe(0.5, 'column ')}${this.#maybe(0.2, 'if exists ')}${name}`,
      () => `modify ${name} ${this.#definition()}${this.#position(table)}`,
      () =>
        `change ${this.#maybe(0.5, 'column ')}${name} ${fresh} ${this.#definition()} comment 'changed'${this.#position(table)}`,
      () => `rename column ${name} to ${fresh}`,
      () => `alter ${name} set default ${this.#defaultFor(column)}`,
      () => `alter column ${name} drop default`,
      () => `add ${this.#index(table.columns.map((each) => each.name))}`,
      () => `add primary key (${this.#parts(table.columns.map((each) => each.name))})`,
      () => 'drop primary key',
      () => `drop index ${quote(table.indexes[0]?.name ?? 'i0')}`,
      () => `rename index ${quote(table.indexes[0]?.name ?? 'i0')} to ${quote('i3')}`,
      () => `convert to character set ${this.#random.pick(TEXT_CHARSETS)}`,
      () => `default character set ${this.#random.pick(CHARSETS)}`,
      () => `comment = ${this.#random.pick(COMMENTS)}`,
      () =>
        this.#random.pick([
          'engine = innodb',
          'force',
          'algorithm=copy',
          'lock = none',
          'order by 1',
          'auto_increment 100',
          'row_format=compact stats_persistent=0',
          'add constraint c1 check (2 > 1)',
          'drop constraint if exists c1',
          'partition by hash (1) partitions 2',
          'remove partitioning',
          'disable keys'
        ])
    ]
    return this.#random.pick(specs)()
  }

  #position(table: TableModel): string {
    if (this.#chance(0.6)) return ''
    if (this.#chance(0.3)) return ' first'
    return ` after ${quote(this.#random.pick(table.columns).name)}`
  }

  #defaultFor(column: ColumnModel): string {
    const like = TYPES.find(
      ([type]) => type.split(/[ (]/)[0]?.toUpperCase() === column.typeName.split(' ')[0]
    )
    return this.#random.pick([...(like?.slice(1) ?? []), 'null'])
  }
}

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

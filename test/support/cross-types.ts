/** A column of a source: its type, a value as SQL, and what a target of the other kind makes of it. */
export interface CrossType {
  readonly source: string
  readonly value: string
  /** The type of the column that the sink makes. */
  readonly target: string
  /** The value as the target shows it as text. */
  readonly text: string
}

/** What PostgreSQL's types become in MariaDB; docs/cross-database.md has the same table. */
export const postgresToMariadb: Readonly<Record<string, CrossType>> = {
  small: { source: 'smallint', value: '-32768', target: 'smallint(6)', text: '-32768' },
  whole: { source: 'integer', value: '2147483647', target: 'int(11)', text: '2147483647' },
  big: {
    source: 'bigint',
    value: '9223372036854775807',
    target: 'bigint(20)',
    text: '9223372036854775807'
  },
  money12: { source: 'numeric(12,2)', value: '-12.50', target: 'decimal(12,2)', text: '-12.50' },
  free: {
    source: 'numeric',
    value: '0.5',
    target: 'decimal(65,30)',
    text: '0.500000000000000000000000000000'
  },
  wide: { source: 'numeric(80,2)', value: '1.25', target: 'longtext', text: '1.25' },
  single: { source: 'real', value: '0.1', target: 'float', text: '0.1' },
  twice: { source: 'double precision', value: '1e300', target: 'double', text: '1e300' },
  yes: { source: 'boolean', value: 'true', target: 'tinyint(1)', text: '1' },
  words: { source: 'text', value: "'it''s \\ ü'", target: 'longtext', text: "it's \\ ü" },
  short: { source: 'varchar(20)', value: "'v'", target: 'longtext', text: 'v' },
  padded: { source: 'char(3)', value: "'c'", target: 'longtext', text: 'c  ' },
  raw: { source: 'bytea', value: "'\\x4142'", target: 'longblob', text: 'AB' },
  born: { source: 'date', value: "'2024-02-29'", target: 'date', text: '2024-02-29' },
  clock: {
    source: 'time',
    value: "'13:14:15.123456'",
    target: 'time(6)',
    text: '13:14:15.123456'
  },
  zoned_clock: {
    source: 'timetz',
    value: "'13:14:15+02'",
    target: 'time(6)',
    text: '11:14:15.000000'
  },
  at: {
    source: 'timestamp',
    value: "'2024-02-29 13:14:15.123456'",
    target: 'datetime(6)',
    text: '2024-02-29 13:14:15.123456'
  },
  at3: {
    source: 'timestamp(3)',
    value: "'2024-02-29 13:14:15.123'",
    target: 'datetime(3)',
    text: '2024-02-29 13:14:15.123'
  },
  zoned: {
    source: 'timestamptz',
    value: "'2024-02-29 13:14:15+02'",
    target: 'datetime(6)',
    text: '2024-02-29 11:14:15.000000'
  },
  span: { source: 'interval', value: "'1 hour'", target: 'bigint(20)', text: '3600000000' },
  uid: {
    source: 'uuid',
    value: "'34736729-030e-ce93-582c-c896694165dc'",
    target: 'char(36)',
    text: '34736729-030e-ce93-582c-c896694165dc'
  },
  doc: { source: 'json', value: '\'{"a":  1}\'', target: 'longtext', text: '{"a":  1}' },
  docb: { source: 'jsonb', value: '\'{"a": [1]}\'', target: 'longtext', text: '{"a": [1]}' },
  tags: { source: 'text[]', value: "'{a,NULL}'", target: 'longtext', text: '["a",null]' },
  nums: { source: 'integer[]', value: "'{1,2}'", target: 'longtext', text: '[1,2]' },
  flags: { source: 'bit(4)', value: "B'0101'", target: 'bit(4)', text: '\u0005' },
  address: { source: 'inet', value: "'10.0.0.1/8'", target: 'longtext', text: '10.0.0.1/8' },
  ranged: { source: 'int4range', value: "'[1,5)'", target: 'longtext', text: '[1,5)' },
  markup: { source: 'xml', value: "'<a/>'", target: 'longtext', text: '<a/>' },
  cash: { source: 'money', value: "'1.25'", target: 'decimal(65,2)', text: '1.25' }
}

/** What MariaDB's types, as captured in events of the real product, become in PostgreSQL. */
export const mariadbToPostgres: Readonly<
  Record<string, Readonly<Record<string, readonly [type: string, text: string]>>>
> = {
  'mariadb-types-numbers.whole_numbers': {
    t: ['smallint', '12'],
    tu: ['smallint', '200'],
    bo: ['smallint', '1'],
    s: ['smallint', '-1234'],
    su: ['integer', '60000'],
    m: ['integer', '-70000'],
    iu: ['bigint', '4000000000'],
    b: ['bigint', '9007199254740993'],
    b1: ['boolean', 'true'],
    b12: ['bit varying(12)', '101010101010'],
    y: ['integer', '2024']
  },
  'mariadb-types-numbers.fractions': {
    d5_2: ['numeric(5,2)', '1.50'],
    d65: ['numeric(65,30)', '12345678901234567890.123456789012345678901234567890'],
    f: ['real', '1.5'],
    db: ['double precision', '2.718281828459045']
  },
  'mariadb-types-text.words': {
    c: ['text', 'abc'],
    vc: ['text', 'ünï ☃ 日本 𝄞'],
    lt: ['text', 'long'],
    e: ['text', 'medium'],
    se: ['text', 'red,blue'],
    j: ['text', '{"b": 1,   "a": [1, 2.50, null], "b": 2}']
  },
  'mariadb-types-text.bytes_': {
    b6: ['bytea', '\\x010203040500'],
    vb: ['bytea', '\\x00ff10'],
    lb: ['bytea', '\\x02']
  },
  'mariadb-types-time.moments': {
    d: ['date', '2024-02-29'],
    t: ['time without time zone', '13:14:15'],
    t6: ['time without time zone', '13:14:15.123456'],
    dt: ['timestamp(3) without time zone', '2024-02-29 13:14:15'],
    dt6: ['timestamp without time zone', '2024-02-29 13:14:15.678912'],
    ts6: ['timestamp with time zone', '2024-02-29 13:14:15.678912+00'],
    y: ['integer', '2024']
  },
  'mariadb-types-misc.oddities': { u: ['uuid', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'] },
  'mariadb-types-misc.shapes': { p: ['point', '(3,4)'] }
}

/** Statements that make the table `t`, and the table in one line (see mysql-ddl-statements.test.ts). */
export const CREATES: readonly (readonly [sql: string, expected: string])[] = [
  ['create table t(a int)', 'a INT; utf8mb4'],
  [
    'CREATE TABLE IF NOT EXISTS `d`.`t` (\n`a` int(11) NOT NULL,\nPRIMARY KEY (`a`)\n);',
    'a INT(11) required; key(a); utf8mb4'
  ],
  ['create/**/table/* ( */t -- (\n(a int # )\n)', 'a INT; utf8mb4'],
  [
    'create or replace table t (id serial, v int)',
    'id BIGINT UNSIGNED required auto; v INT; unique id(id); utf8mb4'
  ],
  ['create table t (id int serial default value)', 'id INT required auto; unique id(id); utf8mb4'],
  [
    "create table t (e enum('a','b''c', \"d\", 'e\\'f', _latin1'g', x'68') not null)",
    "e ENUM(a,b'c,d,e'f,g,h) utf8mb4 required; utf8mb4"
  ],
  ["create table t (s set('x') default 'x' collate latin1_bin)", 's SET(x) latin1 = "x"; utf8mb4'],
  [
    "create table t (a varchar(5) default 'it''s' comment 'a\\tb', b char)",
    `a VARCHAR(5) utf8mb4 = "it's" # a\tb; b CHAR utf8mb4; utf8mb4`
  ],
  [
    "create table t (a char(9) default N'x', b char(9) default _utf8 'y', c char(9) default 'a' 'b')",
    'a CHAR(9) utf8mb4 = "x"; b CHAR(9) utf8mb4 = "y"; c CHAR(9) utf8mb4 = "ab"; utf8mb4'
  ],
  [
    "create table t (b bit(4) default b'101', x blob default X'0102', y binary(2) default 0x4142)",
    "b BIT(4) = b'101'; x BLOB = X'0102'; y BINARY(2) = 0x4142; utf8mb4"
  ],
  [
    'create table t (a int default -5, b double default 1.5e-3, c int default (1 + (2)), d bool default true)',
    'a INT = -5; b DOUBLE = 1.5e-3; c INT = (1 + (2)); d BOOL = true; utf8mb4'
  ],
  [
    'create table t (a datetime(3) default now(3) on update now(3), b timestamp default current_timestamp, c int default null)',
    'a DATETIME(3) = now(3); b TIMESTAMP = current_timestamp; c INT; utf8mb4'
  ],
  [
    'create table t (a uuid default uuid(), b int default (nextval(s)), c int default next value for d.s, e int default nextval(`d`.`s`))',
    'a UUID = uuid(); b INT = (nextval(s)); c INT = next value for d.s; e INT = nextval(`d`.`s`); utf8mb4'
  ],
  [
    "create table t (a date default date '2024-02-29', b int default case when 1 then 2 end)",
    'a DATE = "2024-02-29"; b INT = case when 1 then 2 end; utf8mb4'
  ],
  [
    'create table t (a int as (b + 1), b int, c int generated always as (a) stored not null, d int as (1) persistent)',
    'a INT generated; b INT; c INT required generated; d INT generated; utf8mb4'
  ],
  [
    'create table t (a int check (a in (1, 2)), constraint c check (a > 0) not enforced, constraint check (1))',
    'a INT; utf8mb4'
  ],
  [
    'create table t (a int references o(id) on delete set null on update cascade match full, b int)',
    'a INT; b INT; index a(a); utf8mb4'
  ],
  [
    'create table t (a int, b int, foreign key (a) references o (x) on delete no action, key (a, b))',
    'a INT; b INT; index a(a,b); utf8mb4'
  ],
  [
    'create table t (a int, constraint f foreign key (a) references d.o (x))',
    'a INT; index f(a); utf8mb4'
  ],
  [
    'create table t (a int, b text, unique (a), unique key a_3 (b(10)), unique index (a) using btree, fulltext (b), key x ((a + 1)), spatial index s (b))',
    'a INT; b TEXT utf8mb4; unique a(a); unique a_3(b); unique a_2(a); index b(b); index x(); index s(b); utf8mb4'
  ],
  [
    'create table t (vector int, period int, `key` int, fulltext_ int, type int, value int, comment int)',
    'vector INT; period INT; key INT; fulltext_ INT; type INT; value INT; comment INT; utf8mb4'
  ],
  [
    'create table t (v vector(3) not null, vector index vi (v) m=8 distance=cosine)',
    'v VECTOR(3) required; index vi(v); utf8mb4'
  ],
  [
    'create table t (a int primary key, b int unique comment "x", c int key)',
    'a INT required; b INT # x; c INT required; key(c); unique b(b); utf8mb4'
  ],
  [
    'create table t (`a``b` int, `c.d` int, `ü` int, 1a int, $x int)',
    'a`b INT; c.d INT; ü INT; 1a INT; $x INT; utf8mb4'
  ],
  [
    'create table t (a national varchar(3), b nchar, c nvarchar(4), d national character varying(5), e nchar varying(6))',
    'a NATIONAL VARCHAR(3) utf8; b NCHAR utf8; c NVARCHAR(4) utf8; d NATIONAL CHARACTER VARYING(5) utf8; e NCHAR VARYING(6) utf8; utf8mb4'
  ],
  [
    'create table t (a double precision, b character varying(3), c long varchar, d long varbinary, e long, f char varying (7))',
    'a DOUBLE PRECISION; b CHARACTER VARYING(3) utf8mb4; c LONG VARCHAR utf8mb4; d LONG VARBINARY; e LONG utf8mb4; f CHAR VARYING(7) utf8mb4; utf8mb4'
  ],
  [
    'create table t (a char(3) character set binary, b varchar(3) byte, c text ascii, d text unicode, e char binary)',
    'a BINARY(3); b VARBINARY(3); c TEXT latin1; d TEXT ucs2; e CHAR utf8mb4; utf8mb4'
  ],
  [
    'create table t (a text, b enum("x"), c char collate latin1_bin) charset=binary',
    'a BLOB; b ENUM(x) binary; c CHAR latin1; binary'
  ],
  [
    'create table t (a text) default character set latin1 collate latin1_german1_ci, comment = "c", engine = innodb row_format=compressed',
    'a TEXT latin1; latin1 # c'
  ],
  ['create table t (a char collate uca1400_ai_ci) collate = latin2_bin', 'a CHAR latin2; latin2'],
  [
    'create table t (a int zerofill, b int unsigned, c int signed, d decimal(5) unsigned zerofill, e decimal(6,2))',
    'a INT UNSIGNED ZEROFILL; b INT UNSIGNED; c INT; d DECIMAL UNSIGNED ZEROFILL(5); e DECIMAL(6,2); utf8mb4'
  ],
  [
    'create table t (a int invisible default 1, b int visible, c varchar(9) compressed=zlib, d int column_format fixed storage disk, e point srid 4326 not null, f geometry ref_system_id=101)',
    'a INT invisible = 1; b INT; c VARCHAR(9) utf8mb4; d INT; e POINT required; f GEOMETRY; utf8mb4'
  ],
  [
    "create table t (a int engine_attribute '{}' secondary_engine_attribute='{}', b int not secondary, c int `opt`='x', d int without system versioning)",
    'a INT; b INT; c INT; d INT; utf8mb4'
  ],
  [
    'create table t (a int) partition by range (a) (partition p0 values less than (10) engine = innodb, partition p1 values less than maxvalue)',
    'a INT; utf8mb4'
  ],
  [
    'create table t (a int) union=(x, y) insert_method=last data directory="/x" index directory \'/y\' with system versioning',
    'a INT; row_start TIMESTAMP(6) required generated invisible; row_end TIMESTAMP(6) required generated invisible; utf8mb4'
  ],
  [
    'create table t (a int primary key, s timestamp(6) generated always as row start, e timestamp(6) as row end, period for system_time (s, e)) with system versioning',
    'a INT required; s TIMESTAMP(6) required generated; e TIMESTAMP(6) required generated; key(a,e); utf8mb4'
  ],
  [
    'create table t (a int, s date, e date, period for p(s, e), unique (a, p without overlaps))',
    "unknown: column 'p' is not known"
  ],
  ['CREATE TABLE `t` (\n  `id` int NOT NULL\n) START TRANSACTION', 'id INT required; utf8mb4'],
  [
    "set statement max_statement_time = 10, sql_mode='' for create table t (a int)",
    'a INT; utf8mb4'
  ],
  [
    'create table t (a mariadb_schema.date, b xmltype, c inet6, d some_new_type(7))',
    'a DATE; b XMLTYPE; c INET6; d SOME_NEW_TYPE(7); utf8mb4'
  ]
]

export interface OddStatement {
  /** Run before, in the database `d`. */
  readonly given?: readonly string[]
  readonly sql: string
  /** Database, statement and changes. */
  readonly changes?: readonly string[]
  /** Tables that are to be read again. */
  readonly unknown?: readonly string[]
  /** A table of `d` afterwards. */
  readonly table?: readonly [name: string, told: string]
}

const TWO = ['create table a (x int primary key)', 'create table b (y int)'] as const

export const ODD: readonly OddStatement[] = [
  {
    given: TWO,
    sql: 'DROP TABLE IF EXISTS `a`,`e`.`b` CASCADE /* generated by server */',
    changes: [
      'd: DROP TABLE IF EXISTS `d`.`a` CASCADE [DROP a]',
      'e: DROP TABLE IF EXISTS `e`.`b` CASCADE [DROP b]'
    ],
    table: ['a', 'no table']
  },
  { given: TWO, sql: 'drop tables a wait 5', changes: ['d: drop tables `d`.`a` [DROP a]'] },
  {
    given: TWO,
    sql: 'drop temporary table a',
    changes: [],
    table: ['a', 'x INT required; key(x); utf8mb4']
  },
  {
    given: TWO,
    sql: 'create temporary table a (z int)',
    changes: [],
    table: ['a', 'x INT required; key(x); utf8mb4']
  },
  {
    given: TWO,
    sql: 'create table if not exists a (z int)',
    changes: [],
    table: ['a', 'x INT required; key(x); utf8mb4']
  },
  {
    given: TWO,
    sql: 'rename table a to c, b to a, c to b',
    changes: [
      'd: rename table a to c [ALTER c was a]',
      'd: rename table b to a [ALTER a was b]',
      'd: rename table c to b [ALTER b was c]'
    ],
    table: ['b', 'x INT required; key(x); utf8mb4']
  },
  {
    given: TWO,
    sql: 'RENAME TABLES a TO e.a',
    changes: ['e: RENAME TABLES a TO e.a [ALTER a was a]'],
    table: ['a', 'no table']
  },
  { given: TWO, sql: 'rename table never to c', changes: [], unknown: ['d.c'] },
  {
    given: TWO,
    sql: 'alter table a rename to c, add z int',
    changes: ['d: alter table a rename to c, add z int [ALTER c was a]'],
    table: ['c', 'x INT required; z INT; key(x); utf8mb4']
  },
  { given: TWO, sql: 'alter table b rename = c', table: ['c', 'y INT; utf8mb4'] },
  { given: TWO, sql: 'truncate table a', changes: [] },
  {
    given: TWO,
    sql: 'create unique index i on b (y) comment "x" algorithm=inplace lock none',
    changes: ['d: create unique index i on b (y) comment "x" algorithm=inplace lock none '],
    table: ['b', 'y INT; unique i(y); utf8mb4']
  },
  {
    given: [...TWO, 'create index i on b(y)'],
    sql: 'drop index if exists i on b',
    table: ['b', 'y INT; utf8mb4']
  },
  { given: TWO, sql: 'drop index `PRIMARY` on a', table: ['a', 'x INT required; utf8mb4'] },
  {
    given: TWO,
    sql: 'alter table b add (z int, key (z)), add column w int first',
    table: ['b', 'w INT; y INT; z INT; index z(z); utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter table a rename column x to z, add w int after z',
    table: ['a', 'z INT required; w INT; key(z); utf8mb4']
  },
  {
    given: ['create table a (x int, y char)'],
    sql: 'alter table a rename column x to y, rename column y to x',
    table: ['a', 'y INT; x CHAR utf8mb4; utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter online ignore table if exists b wait 3 order by y, add z int, algorithm=instant, lock = none',
    table: ['b', 'y INT; z INT; utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter table b add z int partition by hash (y) partitions 4',
    table: ['b', 'y INT; z INT; utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter table b add partition partitions 1',
    changes: ['d: alter table b add partition partitions 1 [ALTER b]']
  },
  {
    given: TWO,
    sql: 'alter table b exchange partition p with table x without validation',
    table: ['b', 'y INT; utf8mb4']
  },
  { given: TWO, sql: 'alter table b discard tablespace, force', table: ['b', 'y INT; utf8mb4'] },
  {
    given: TWO,
    sql: 'alter table b engine = innodb comment "q" stats_persistent 1, auto_increment 7',
    table: ['b', 'y INT; utf8mb4 # q']
  },
  {
    given: TWO,
    sql: 'alter table b add constraint check (y > 0), drop constraint c, alter constraint k enforced, alter index i invisible, drop foreign key f',
    table: ['b', 'y INT; utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter table b alter y set default 5, comment ""',
    table: ['b', 'y INT = 5; utf8mb4']
  },
  {
    given: TWO,
    sql: 'alter table b alter column y set invisible',
    table: ['b', 'y INT invisible; utf8mb4']
  },
  {
    given: ['create table a (x enum("1"), y text)'],
    sql: 'alter table a convert to character set binary',
    table: ['a', 'x ENUM(1) binary; y BLOB; binary']
  },
  {
    given: ['alter database d charset latin1', 'create table a (x text)'],
    sql: 'alter table a convert to charset default',
    table: ['a', 'x TEXT latin1; latin1']
  },
  {
    given: ['create database d default collate latin2_bin'],
    sql: 'create table a (x char)',
    table: ['a', 'x CHAR latin2; latin2']
  },
  {
    given: TWO,
    sql: 'drop schema if exists d',
    changes: ['d: drop schema if exists d '],
    table: ['a', 'no table']
  },
  {
    given: TWO,
    sql: 'create or replace database d',
    changes: ['d: create or replace database d '],
    table: ['b', 'no table']
  },
  { given: TWO, sql: 'create table c like a', table: ['c', 'x INT required; key(x); utf8mb4'] },
  { given: TWO, sql: 'create table c (like never)', unknown: ['d.c'] },
  { given: TWO, sql: 'create table c as select * from a', unknown: ['d.c'] },
  { given: TWO, sql: 'create table c (z int) ignore select 1', unknown: ['d.c'] },
  { given: TWO, sql: 'alter table a drop column never', unknown: ['d.a'] },
  { given: TWO, sql: 'alter table a add column x int', unknown: ['d.a'] },
  { given: TWO, sql: 'alter table never add column x int', unknown: ['d.never'] },
  { given: TWO, sql: 'alter table a add system versioning', unknown: ['d.a'] },
  { given: TWO, sql: 'alter table a frobnicate the rows', unknown: ['d.a'] },
  {
    given: TWO,
    sql: '  ( alter table a add y int )',
    changes: [],
    table: ['a', 'x INT required; key(x); utf8mb4']
  }
]

/** Statements that say nothing about the shape of tables. */
export const IGNORED: readonly string[] = [
  '',
  '  ',
  '-- only a comment',
  'BEGIN',
  'COMMIT',
  'ROLLBACK TO `s`',
  "XA START X'01',X'',1",
  'SAVEPOINT `s`',
  "insert into t values ('unfinished",
  'create view v as select 1',
  'create or replace algorithm = merge definer=`a`@`%` sql security invoker view v as select 1',
  'CREATE DEFINER=`root`@`localhost` PROCEDURE p() BEGIN CREATE TABLE x (a int); END',
  'create trigger trg after insert on t for each row insert into u values (1)',
  'create sequence s start with 1',
  'create function f() returns int return 1',
  'create event e on schedule every 1 day do truncate t',
  "create user 'a'@'%' identified by 'secret'",
  'create role r',
  'create server s foreign data wrapper mysql options (user "x")',
  'create tablespace ts add datafile "x"',
  'alter view v as select 2',
  'alter user a account lock',
  'alter sequence s restart 5',
  'alter event e disable',
  'drop view v',
  'drop trigger trg',
  'drop procedure if exists p',
  'drop sequence s',
  "drop user 'a'@'%'",
  'rename user a to b',
  'grant all on *.* to a',
  'revoke select on t from a',
  'analyze table t',
  'optimize table t',
  'flush tables',
  'set password for a = "x"',
  "SET @x := 'create table y (a int)'",
  'set names utf8mb4',
  'set default role r for a',
  'replace into t values (1)',
  'update t set a = 1',
  'delete from t',
  'load data infile "x" into table t',
  'call p()',
  '/* create table t (a int) */',
  '/*!99999 create table t (a int) */'
]

/** Statements that nobody can read, with the names that can be seen all the same. */
export const UNREADABLE: readonly (readonly [sql: string, names: readonly string[]])[] = [
  ['create table t (a int', ['t']],
  ['create table if not exists `x`.`t` (a int,)', ['x.t']],
  ["create table t (a int default 'x)", ['t']],
  ['alter table t add', ['t']],
  ['alter table t add a int nonsense', ['t']],
  ['alter table if exists d.t modify', ['d.t']],
  ['rename table a to b, c', ['a', 'b', 'c']],
  ['drop table if exists a, b c', ['a', 'b']],
  ['create index i on t', ['t']],
  ['drop table', []],
  ['truncate', []],
  ['alter table t add a int; drop table u', ['t']],
  ['alter table t convert partition p to table u', ['t']],
  ['create table t (a int) /* no end', ['t']]
]

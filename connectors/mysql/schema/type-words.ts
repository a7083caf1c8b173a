// The words that statements have for types, all synonyms included, and what they mean.

/**
 * What a server calls the type of a word that is not its own name for it.
 * https://dev.mysql.com/doc/refman/8.4/en/data-types.html, https://mariadb.com/kb/en/data-types/;
 * VARCHAR2, CLOB and RAW: MariaDB with `sql_mode=ORACLE`.
 */
const SYNONYMS: Readonly<Record<string, string>> = {
  BOOL: 'tinyint',
  BOOLEAN: 'tinyint',
  INT1: 'tinyint',
  INT2: 'smallint',
  INT3: 'mediumint',
  MIDDLEINT: 'mediumint',
  INT4: 'int',
  INTEGER: 'int',
  INT8: 'bigint',
  DEC: 'decimal',
  FIXED: 'decimal',
  NUMERIC: 'decimal',
  FLOAT4: 'float',
  FLOAT8: 'double',
  REAL: 'double',
  'DOUBLE PRECISION': 'double',
  CHARACTER: 'char',
  NCHAR: 'char',
  'NATIONAL CHAR': 'char',
  'NATIONAL CHARACTER': 'char',
  'CHAR VARYING': 'varchar',
  'CHARACTER VARYING': 'varchar',
  VARCHARACTER: 'varchar',
  LONG: 'mediumtext',
  'LONG VARCHAR': 'mediumtext',
  'LONG CHAR VARYING': 'mediumtext',
  'LONG CHARACTER VARYING': 'mediumtext',
  'LONG VARBINARY': 'mediumblob',
  GEOMCOLLECTION: 'geometrycollection',
  VARCHAR2: 'varchar',
  RAW: 'varbinary',
  CLOB: 'longtext'
}

/**
 * The type that a server makes of the words of a statement, as in information_schema.COLUMNS.DATA_TYPE:
 * `int` for `INTEGER UNSIGNED`. The length of TEXT(n), BLOB(n) and FLOAT(n) can make it another one.
 *
 * @param typeName as in `ColumnModel.typeName`
 */
export function serverTypeName(typeName: string): string {
  const words = typeName.replace(/ UNSIGNED| ZEROFILL/g, '')
  return SYNONYMS[words] ?? (isNational(words) ? 'varchar' : words.toLowerCase())
}

/** BOOLEAN, which is a TINYINT to the server. */
export function isBoolean(typeName: string): boolean {
  return /^BOOL(?:EAN)?\b/.test(typeName)
}

/** `NCHAR`, `NATIONAL VARCHAR` and the like: always in utf8. */
export function isNational(typeName: string): boolean {
  return /^(NATIONAL |NCHAR|NVARCHAR)/.test(typeName)
}

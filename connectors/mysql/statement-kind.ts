/** What a QUERY event means for the transaction it is in. */
export type StatementKind =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'rollback_to'
  | 'xa_start'
  | 'xa_end'
  | 'xa_prepare'
  | 'xa_commit'
  | 'xa_rollback'
  /** A change of rows that the session logged as a statement. */
  | 'dml'
  /** Of no effect on rows: left by the server in the place of another event, or RELEASE SAVEPOINT. */
  | 'comment'
  /** May change tables, or nothing that matters here. */
  | 'other'

const WORDS: Readonly<Record<string, StatementKind>> = {
  BEGIN: 'begin',
  COMMIT: 'commit',
  ROLLBACK: 'rollback',
  SAVEPOINT: 'savepoint',
  RELEASE: 'comment',
  INSERT: 'dml',
  UPDATE: 'dml',
  DELETE: 'dml',
  REPLACE: 'dml',
  LOAD: 'dml',
  WITH: 'dml',
  CALL: 'dml'
}

const XA: Readonly<Record<string, StatementKind>> = {
  START: 'xa_start',
  BEGIN: 'xa_start',
  END: 'xa_end',
  PREPARE: 'xa_prepare',
  COMMIT: 'xa_commit',
  ROLLBACK: 'xa_rollback'
}

const LEADING = /^(?:\s+|\/\*(?!M?!)[\s\S]*?\*\/|--[ \t][^\n]*(?:\n|$))*/

/** Looks at the first words of a statement only. */
export function statementKind(sql: string): StatementKind {
  if (sql === 'BEGIN') return 'begin'
  if (sql === 'COMMIT') return 'commit'
  const text = sql.slice(LEADING.exec(sql)?.[0].length ?? 0)
  if (text === '' || text.startsWith('#')) return 'comment'
  const [, first = '', second = '', third = ''] = /^(\w+)\W*(\w*)\W*(\w*)/.exec(text) ?? []
  const word = first.toUpperCase()
  if (word === 'XA') return XA[second.toUpperCase()] ?? 'other'
  if (word === 'START') return second.toUpperCase() === 'TRANSACTION' ? 'begin' : 'other'
  if (word === 'ROLLBACK') return isToSavepoint(second, third) ? 'rollback_to' : 'rollback'
  return WORDS[word] ?? 'other'
}

function isToSavepoint(second: string, third: string): boolean {
  return second.toUpperCase() === 'TO' || third.toUpperCase() === 'TO'
}

const NAME = '(?:`(?:[^`]|``)*`|[^\\s`.(;]+)'
const REPLACE = new RegExp(
  `^(?:REPLACE\\s+(?:(?:LOW_PRIORITY|DELAYED)\\s+)?(?:INTO\\s+)?|LOAD\\s[\\s\\S]*?\\sREPLACE\\s+INTO\\s+TABLE\\s+)(?:${NAME}\\s*\\.\\s*)?(${NAME})`,
  'i'
)

/** Whether a statement puts new rows of a table in the place of those that are there. */
export function replacesIn(sql: string, table: string): boolean {
  const text = sql.slice(LEADING.exec(sql)?.[0].length ?? 0)
  const written = REPLACE.exec(text)?.[1]
  if (written === undefined) return false
  const name = written.startsWith('`') ? written.slice(1, -1).replaceAll('``', '`') : written
  return name.toLowerCase() === table.toLowerCase()
}

/** The XID of an XA statement, as the server writes it: `X'677472...',X'6271...',1`. */
export function xidOf(sql: string): string {
  const xid = /^\s*XA\s+\w+\s+([\s\S]*?)(?:\s+ONE\s+PHASE)?\s*;?\s*$/i.exec(sql)?.[1] ?? ''
  return xid.replaceAll(/\s+/g, '').toLowerCase()
}

/** The name in SAVEPOINT and ROLLBACK TO, as it is written. */
export function savepointOf(sql: string): string {
  return /(?:SAVEPOINT|TO)\s+(?:SAVEPOINT\s+)?([\s\S]*?)\s*;?\s*$/i.exec(sql)?.[1] ?? ''
}

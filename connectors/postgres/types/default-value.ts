/** What the DEFAULT clause of a column is. */
export type ColumnDefault =
  /** Nothing that an event could show: no clause, NULL, or an expression. */
  | { readonly kind: 'none' }
  /** The text of a constant. */
  | { readonly kind: 'constant'; readonly text: string }
  /** A function, whose value is not known beforehand. */
  | { readonly kind: 'function' }

const NONE: ColumnDefault = { kind: 'none' }

const QUOTED = /^[EB]?'(?:[^']|'')*'/
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const CAST = /::(?:[\w$ ]|"(?:[^"]|"")*"|[.,()[\]])+$/
// As Debezium recognizes functions: `now()`, but `(random() * 10)` as well.
const FUNCTION = /^\(?(?:"[^"]+"|[\w$.])+\(/
const KEYWORD =
  /^(?:CURRENT_(?:DATE|TIME|TIMESTAMP|USER|ROLE|CATALOG|SCHEMA)|LOCALTIME|LOCALTIMESTAMP|SESSION_USER|USER)(?:\(\d+\))?$/

/** @param expression as `pg_get_expr` prints it, such as `'x'::text` or `nextval('s'::regclass)` */
export function parseDefault(expression: string | null): ColumnDefault {
  if (expression === null) return NONE
  let rest = expression.trim()
  for (;;) {
    const constant = constantOf(rest)
    if (constant !== null) return { kind: 'constant', text: constant }
    const inner = withoutCast(rest) ?? withoutParentheses(rest)
    if (inner === null) break
    rest = inner.trim()
  }
  if (KEYWORD.test(rest) || FUNCTION.test(expression)) return { kind: 'function' }
  return NONE
}

function constantOf(text: string): string | null {
  const quoted = QUOTED.exec(text)?.[0]
  if (quoted !== undefined && quoted.length === text.length) return unquote(quoted)
  if (NUMBER.test(text) || text === 'true' || text === 'false') return text
  return null
}

function unquote(quoted: string): string {
  const body = quoted.slice(quoted.indexOf("'") + 1, -1).replaceAll("''", "'")
  return quoted.startsWith('E') ? body.replaceAll('\\\\', '\\') : body
}

function withoutCast(text: string): string | null {
  // A cast follows a literal or closes an expression in parentheses; inside one it is not outermost.
  const quoted = QUOTED.exec(text)?.[0] ?? ''
  const cast = CAST.exec(text.slice(quoted.length))
  if (cast === null || !isBalanced(cast[0])) return null
  const inner = text.slice(0, text.length - cast[0].length)
  return quoted === '' || inner === quoted ? inner : null
}

function isBalanced(text: string): boolean {
  let depth = 0
  for (const char of text) {
    if (char === '(') depth++
    else if (char === ')' && --depth < 0) return false
  }
  return depth === 0
}

/** The inside of one pair of parentheses around the whole text. */
function withoutParentheses(text: string): string | null {
  if (!text.startsWith('(') || !text.endsWith(')')) return null
  const inner = text.slice(1, -1)
  return isBalanced(inner) ? inner : null
}

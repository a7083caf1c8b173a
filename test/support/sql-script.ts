/**
 * Splits a script into statements as psql does: at semicolons outside quotes, dollar quotes and
 * comments, so that each runs in a transaction of its own unless the script begins one.
 */
export function splitStatements(script: string): string[] {
  const statements: string[] = []
  let start = 0
  for (let at = 0; at < script.length; ) {
    const end = tokenEnd(script, at)
    if (script[at] === ';') {
      statements.push(script.slice(start, at))
      start = end
    }
    at = end
  }
  statements.push(script.slice(start))
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '')
}

/** Where the token that starts here ends: a quoted piece, a comment, or one character. */
function tokenEnd(script: string, at: number): number {
  const rest = script.slice(at)
  const quoted =
    /^E'(?:[^'\\]|\\.|'')*'/s.exec(rest) ??
    /^'(?:[^']|'')*'/.exec(rest) ??
    /^"(?:[^"]|"")*"/.exec(rest) ??
    /^--[^\n]*/.exec(rest) ??
    /^(\$\w*\$).*?\1/s.exec(rest)
  return at + (quoted?.[0].length ?? 1)
}

/** What a driver does before it runs a part of a script. */
export type Mark = 'start' | 'wait' | 'stop' | 'resume'

export interface ScriptPart {
  readonly mark: Mark
  readonly script: string
}

/** Splits a script at its lines `-- wait`, `-- stop` and `-- resume`. */
export function splitAtMarks(script: string): ScriptPart[] {
  const pieces = script.split(/^-- (wait|stop|resume) *$/m)
  const parts: ScriptPart[] = [{ mark: 'start', script: pieces[0] ?? '' }]
  for (let i = 1; i < pieces.length; i += 2) {
    parts.push({ mark: pieces[i] as Mark, script: pieces[i + 1] ?? '' })
  }
  return parts
}

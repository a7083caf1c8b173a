/** Something to say about a configuration: printed by `validate` and `run`, returned by `--json`. */
export interface Problem {
  /** A configuration with an error is not started; a warning is only said. */
  readonly severity: 'error' | 'warning'
  /** As the user gave it, relative to the working directory where that is shorter; null when not from a file. */
  readonly file: string | null
  /** From 1. */
  readonly line: number | null
  /** From 1, in UTF-16 code units. */
  readonly column: number | null
  readonly connector: string | null
  readonly key: string | null
  /** A sentence that names the key and what is wrong with it. Never holds a secret. */
  readonly message: string
  /** What to write instead, as an instruction: `write tasks.max: 4`. */
  readonly suggestion: string | null
}

/** A place in a file, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One problem as text, the place first, as compilers write it so that editors can jump to it. */
export function formatProblem(problem: Problem): string {
  const suggestion = problem.suggestion === null ? '' : `\n    ${problem.suggestion}`
  return `${place(problem)}${problem.severity}: ${problem.message}${suggestion}`
}

function place({ file, line, column, connector }: Problem): string {
  if (file === null) return connector === null ? '' : `connector ${connector}: `
  if (line === null) return `${file}: `
  return column === null ? `${file}:${line}: ` : `${file}:${line}:${column}: `
}

/** In reading order: by file, line and column; what has no place comes first. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) =>
      (a.file ?? '').localeCompare(b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0)
  )
}

export function hasErrors(problems: readonly { readonly severity: string }[]): boolean {
  return problems.some((problem) => problem.severity === 'error')
}

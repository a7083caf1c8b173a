import type { FormProblem, LocatedEntry, ParsedFile } from './located-node.ts'
import type { Position } from './problem.ts'

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/**
 * Parses the format of `java.util.Properties`: comments with # or !, keys that end at =, : or white
 * space, lines continued by a backslash, and its escapes. The text is UTF-8, and a key given twice
 * is an error here, where Java takes the last one without a word.
 */
export function parseProperties(source: string): ParsedFile {
  const entries = new Map<string, LocatedEntry>()
  const problems: FormProblem[] = []
  for (const { text, position } of logicalLines(source)) {
    const split = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*([\s\S]*)$/.exec(text)
    const key = unescapeText(split?.[1] ?? '')
    const value = unescapeText(split?.[2] ?? '')
    const first = entries.get(key)
    if (key === '') {
      const message = `a line starts with '${text.charAt(0)}' instead of a key`
      problems.push({ severity: 'error', position, message, suggestion: 'write key=value' })
    } else if (first) {
      problems.push({
        severity: 'error',
        position,
        key,
        message: `${key} is given twice; the first is on line ${first.position.line}`,
        suggestion: 'remove one of them'
      })
    } else {
      if (/[ \t]$/.test(value)) problems.push(trailingSpace(key, position))
      const node = { kind: 'scalar', text: value, isNull: false, position } as const
      entries.set(key, { key, position, value: node })
    }
  }
  if (entries.size === 0) return { documents: [], problems }
  const map = {
    kind: 'map',
    entries: [...entries.values()],
    position: { line: 1, column: 1 }
  } as const
  return { documents: [map], problems }
}

function* logicalLines(source: string): Generator<{ text: string; position: Position }> {
  const lines = source.split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    const raw = lines[index] ?? ''
    let text = raw.trimStart()
    if (text === '' || text.startsWith('#') || text.startsWith('!')) continue
    const position = { line, column: raw.length - text.length + 1 }
    while (endsWithBackslash(text)) {
      index++
      text = text.slice(0, -1) + (lines[index] ?? '').trimStart()
    }
    yield { text, position }
  }
}

function endsWithBackslash(text: string): boolean {
  const backslashes = /\\+$/.exec(text)?.[0].length ?? 0
  return backslashes % 2 === 1
}

function unescapeText(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code?: string, char?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return ESCAPES[char ?? ''] ?? char ?? ''
  })
}

function trailingSpace(key: string, position: Position): FormProblem {
  return {
    severity: 'warning',
    position,
    key,
    message: `${key} has a space at the end of its value, which belongs to the value`,
    suggestion: 'remove the space, if it is not meant'
  }
}

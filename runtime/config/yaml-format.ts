import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type YAMLError,
  type YAMLMap
} from 'yaml'
import type { FormProblem, LocatedEntry, LocatedNode, ParsedFile } from './located-node.ts'
import type { Position } from './problem.ts'

/** More than any configuration has, far less than a nest of aliases can stand for. */
const MAX_NODES = 20_000
const MAX_DEPTH = 64
const SYNTAX_ERRORS_SHOWN = 5

const SUGGESTIONS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'give entries of one map the same indentation',
  BAD_ALIAS: 'put a text that starts with * or & in quotes',
  BAD_DQ_ESCAPE: "double the backslash, or use single quotes: '\\d+'",
  BAD_SCALAR_START: "put the value in quotes: '...'",
  BLOCK_AS_IMPLICIT_KEY:
    "put a value that contains ': ' in quotes, or indent what belongs to the key",
  MISSING_CHAR: 'add what is missing, or put the text in quotes',
  TAG_RESOLVE_FAILED: 'remove the tag; a secret is written ${env:NAME} or ${file:path:key}',
  UNEXPECTED_TOKEN: 'put text with special characters in quotes',
  MULTILINE_IMPLICIT_KEY: 'write key: value, with a space after the colon'
}

/** Parses YAML, and JSON with it, with every value as the text that is in the source. */
export function parseYaml(source: string): ParsedFile {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(source, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'silent'
  })
  const documents: LocatedNode[] = []
  const problems: FormProblem[] = []
  for (const document of parsed) {
    const faults = syntaxProblems(document, lines)
    problems.push(...faults)
    if (faults.length > 0 || document.contents === null) continue
    const reader = new DocumentReader(document, lines)
    const node = reader.read(document.contents, 0)
    problems.push(...reader.problems)
    if (reader.unreadable) continue
    if (!(node.kind === 'scalar' && node.isNull)) documents.push(node)
  }
  return { documents, problems }
}

function syntaxProblems(document: Document.Parsed, lines: LineCounter): FormProblem[] {
  const problems: FormProblem[] = []
  const seen = new Set<number>()
  for (const error of [...document.errors, ...document.warnings]) {
    const position = positionAt(lines, error.pos[0])
    if (seen.has(position.line) || seen.size === SYNTAX_ERRORS_SHOWN) continue
    seen.add(position.line)
    problems.push({ severity: 'error', position, ...explain(error) })
  }
  return problems
}

function explain(error: YAMLError): { message: string; suggestion: string } {
  const message = error.message.split('\n')[0] ?? error.code
  return {
    message: `this is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    suggestion: SUGGESTIONS[error.code] ?? 'correct the syntax'
  }
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

class DocumentReader {
  readonly problems: FormProblem[] = []
  /** Set by an alias that stands for nothing, for itself or for too much. */
  unreadable = false
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  #nodes = 0

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document
    this.#lines = lines
  }

  /** @param at the place of an alias, which is where what it stands for was written */
  read(node: unknown, depth: number, at?: Position): LocatedNode {
    const position = at ?? this.#positionOf(node)
    this.#nodes++
    if (this.#nodes > MAX_NODES || depth > MAX_DEPTH) return this.#tooLarge(position)
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      return target ? this.read(target, depth + 1, position) : this.#noAnchor(node.source, position)
    }
    if (isMap(node)) {
      return { kind: 'map', entries: this.#entries(node, depth), position }
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1)), position }
    }
    if (!isScalar(node)) return nothing(position)
    const text = node.source ?? String(node.value ?? '')
    return node.value === null
      ? nothing(position)
      : { kind: 'scalar', text, isNull: false, position }
  }

  /** The entries of a map; what it merges in comes first and gives way, as YAML's merge key says. */
  #entries(map: YAMLMap, depth: number): LocatedEntry[] {
    const merged = new Map<string, LocatedEntry>()
    const own = new Map<string, LocatedEntry>()
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        for (const entry of this.#mergedEntries(pair.value, depth)) {
          if (!merged.has(entry.key)) merged.set(entry.key, entry)
        }
        continue
      }
      const entry = this.#entry(pair, depth)
      if (entry === null) continue
      const first = own.get(entry.key)
      if (first === undefined) own.set(entry.key, entry)
      else this.problems.push(duplicate(entry, first.position))
    }
    const inherited = [...merged.values()].filter((entry) => !own.has(entry.key))
    return [...inherited, ...own.values()]
  }

  #entry(pair: Pair, depth: number): LocatedEntry | null {
    const position = this.#positionOf(pair.key)
    const key = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value ?? '')) : ''
    if (key === '') {
      this.problems.push({
        severity: 'error',
        position,
        message: 'a key must be text',
        suggestion: 'write key: value; put a value that starts with { or [ or * in quotes'
      })
      return null
    }
    const value = pair.value === null ? nothing(position) : this.read(pair.value, depth + 1)
    return { key, position, value }
  }

  #mergedEntries(value: unknown, depth: number): readonly LocatedEntry[] {
    const node = this.read(value, depth + 1)
    const maps = node.kind === 'list' ? node.items : [node]
    return maps.flatMap((map) => {
      if (map.kind === 'map') return map.entries
      this.problems.push({
        severity: 'error',
        position: map.position,
        message: 'the merge key << takes a map or a list of maps',
        suggestion: 'write <<: *name, with &name before a map'
      })
      return []
    })
  }

  #noAnchor(name: string, position: Position): LocatedNode {
    this.unreadable = true
    this.problems.push({
      severity: 'error',
      position,
      message: `the alias *${name} repeats a value that is not there`,
      suggestion: `write &${name} before the value to repeat, or put a text that starts with * in quotes`
    })
    return nothing(position)
  }

  #tooLarge(position: Position): LocatedNode {
    if (!this.unreadable) {
      this.problems.push({
        severity: 'error',
        position,
        message: 'the document is too large or nested too deeply, or an alias contains itself',
        suggestion: 'write the values out instead of nesting aliases'
      })
    }
    this.unreadable = true
    return nothing(position)
  }

  #positionOf(node: unknown): Position {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : null
    return positionAt(this.#lines, range?.[0] ?? 0)
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<'
}

function nothing(position: Position): LocatedNode {
  return { kind: 'scalar', text: '', isNull: true, position }
}

function duplicate(entry: LocatedEntry, first: Position): FormProblem {
  return {
    severity: 'error',
    position: entry.position,
    key: entry.key,
    message: `${entry.key} is given twice; the first is on line ${first.line}`,
    suggestion: 'remove one of them'
  }
}

import type { Position } from './problem.ts'

/** What a configuration file holds, whatever its format: text, maps and lists, each with its place. */
export type LocatedNode = LocatedScalar | LocatedMap | LocatedList

export interface LocatedScalar {
  readonly kind: 'scalar'
  /** The text as it is in the source: `010` stays `010`, and `1e3` stays `1e3`. Empty for null. */
  readonly text: string
  /** Whether nothing, `~` or `null` was written, without quotes. */
  readonly isNull: boolean
  readonly position: Position
}

export interface LocatedMap {
  readonly kind: 'map'
  /** In order. Keys are unique. */
  readonly entries: readonly LocatedEntry[]
  readonly position: Position
}

export interface LocatedEntry {
  readonly key: string
  /** Where the key is. */
  readonly position: Position
  readonly value: LocatedNode
}

export interface LocatedList {
  readonly kind: 'list'
  readonly items: readonly LocatedNode[]
  readonly position: Position
}

/** Something wrong with the form of a file. */
export interface FormProblem {
  readonly severity: 'error' | 'warning'
  readonly position: Position
  readonly message: string
  readonly suggestion: string
  /** The full key it is about, once known. */
  readonly key?: string
}

/** The documents of one file. A document with a syntax error is left out: guessing would mislead. */
export interface ParsedFile {
  readonly documents: readonly LocatedNode[]
  readonly problems: readonly FormProblem[]
}

export function entryOf(map: LocatedMap, key: string): LocatedEntry | undefined {
  return map.entries.find((entry) => entry.key === key)
}

/** The kind of a node in words, for messages. */
export function kindOf(node: LocatedNode): string {
  if (node.kind === 'map') return 'a map'
  if (node.kind === 'list') return 'a list'
  return node.isNull ? 'empty' : 'text'
}

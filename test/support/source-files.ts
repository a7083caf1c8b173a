import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'
import { full } from 'acorn-walk'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** Path from the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
}

export interface FunctionSize {
  readonly line: number
  readonly lines: number
}

/** All TypeScript files below a folder of the project, sorted by path. */
export function sourceFiles(folder: string): SourceFile[] {
  const found = readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name)
      const text = readFileSync(absolute, 'utf8')
      const path = relative(projectRoot, absolute).split(sep).join('/')
      return { path, text, lines: text.split('\n').length - 1 }
    })
    .sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** The module names that a file imports, relative ones resolved to project paths; types included. */
export function importsOf(file: SourceFile): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm
  return [...file.text.matchAll(pattern)].map((match) => {
    const name = match[1] ?? ''
    return name.startsWith('.') ? posix.join(dirname(file.path), name) : name
  })
}

/** The length of every function, closures counted, from its first to its last line. */
export function functionSizes(file: SourceFile): FunctionSize[] {
  const program = parse(stripTypeScriptTypes(file.text), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true
  })
  const sizes: FunctionSize[] = []
  full(program, (node) => {
    if (!/Function/.test(node.type) || !node.loc) return
    sizes.push({ line: node.loc.start.line, lines: node.loc.end.line - node.loc.start.line + 1 })
  })
  return sizes
}

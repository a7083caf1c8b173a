import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  functionSizes,
  importsOf,
  projectRoot,
  type SourceFile,
  sourceFiles
} from './support/source-files.ts'

const product = [...sourceFiles('runtime'), ...sourceFiles('connectors')]
const everything = [...product, ...sourceFiles('test'), ...sourceFiles('bench')]

/** Which folders of `runtime/` a folder may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  api: [],
  config: ['api'],
  metrics: ['api', 'config'],
  tls: ['api'],
  broker: ['api', 'tls'],
  stores: ['api', 'broker', 'metrics'],
  converters: ['api'],
  transforms: ['api'],
  worker: ['api', 'broker', 'stores', 'converters', 'transforms', 'config', 'metrics'],
  herder: ['api', 'broker', 'stores', 'worker', 'config', 'metrics'],
  rest: ['api', 'tls', 'stores', 'worker', 'herder', 'config', 'metrics'],
  cli: ['api', 'broker', 'stores', 'converters', 'transforms', 'worker', 'herder', 'rest']
}

/** What the connectors of relational databases share: no connector itself, and without a client. */
const RELATIONAL = 'connectors/relational'

const layerOf = (path: string) => path.split('/')[1] ?? ''

/** What is wrong with one import, or undefined. */
export function importProblem(from: string, to: string): string | undefined {
  const external = !to.startsWith('runtime/') && !to.startsWith('connectors/')
  if (from.startsWith('connectors/') && from !== 'connectors/registry.ts') {
    const own = from.split('/').slice(0, 2).join('/')
    const isShared = own === RELATIONAL
    if (!isShared && (external || to.startsWith(`${RELATIONAL}/`))) return undefined
    if (to.startsWith('runtime/api/') || to.startsWith(`${own}/`) || to.startsWith('node:')) {
      return undefined
    }
    return `${from} imports ${to}: a connector imports runtime/api, ${RELATIONAL}, its own folder and its client`
  }
  if (from === 'connectors/registry.ts') return undefined
  if (to.startsWith('connectors/')) {
    if (from.startsWith('runtime/cli/') && to === 'connectors/registry.ts') return undefined
    return `${from} imports ${to}: only runtime/cli may, and only connectors/registry.ts`
  }
  const layer = layerOf(from)
  if (layer === 'cli') return undefined
  if (external) {
    return layer === 'api' ? `${from} imports ${to}: runtime/api imports nothing` : undefined
  }
  const target = layerOf(to)
  if (target === layer || ALLOWED[layer]?.includes(target)) return undefined
  return `${from} imports ${to}: runtime/${layer} may import ${ALLOWED[layer]?.join(', ')}`
}

function linesMatching(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : []
      )
  )
}

function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, importsOf(file)]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) found.push([...trail.slice(at), path].join(' -> '))
    if (at >= 0 || done.has(path)) return
    for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

describe('architecture', () => {
  it('lets imports point one way only', () => {
    const problems = product.flatMap((file) =>
      importsOf(file).flatMap((to) => importProblem(file.path, to) ?? [])
    )
    assert.deepEqual(problems, [])
  })

  it('refuses an import that goes the wrong way', () => {
    assert.match(
      importProblem('runtime/broker/broker.ts', 'runtime/worker/worker.ts') ?? '',
      /may import api/
    )
    assert.match(importProblem('runtime/api/record.ts', 'yaml') ?? '', /imports nothing/)
    assert.match(
      importProblem('connectors/file/sink.ts', 'runtime/worker/worker.ts') ?? '',
      /connector imports/
    )
    assert.match(
      importProblem('connectors/file/sink.ts', 'connectors/postgres/sink.ts') ?? '',
      /own folder/
    )
    assert.match(importProblem('connectors/relational/heartbeat.ts', 'pg') ?? '', /own folder/)
    assert.match(
      importProblem('connectors/relational/heartbeat.ts', 'connectors/postgres/lsn.ts') ?? '',
      /own folder/
    )
    assert.match(
      importProblem('runtime/herder/group.ts', 'connectors/registry.ts') ?? '',
      /only runtime.cli/
    )
  })

  it('has no import cycle', () => {
    assert.deepEqual(cycles(product), [])
  })

  it('imports only files that exist', () => {
    const missing = everything.flatMap((file) =>
      importsOf(file)
        .filter(
          (to) =>
            /^(runtime|connectors|test|bench)\//.test(to) && !existsSync(join(projectRoot, to))
        )
        .map((to) => `${file.path} imports ${to}`)
    )
    assert.deepEqual(missing, [])
  })

  it('keeps files short', () => {
    const law = (file: SourceFile) => (file.path.startsWith('test/') ? 400 : 500)
    const long = everything.filter((file) => file.lines > law(file))
    assert.deepEqual(
      long.map((file) => `${file.path}: ${file.lines} lines`),
      []
    )
  })

  it('keeps functions under 70 lines', () => {
    const long = product.flatMap((file) =>
      functionSizes(file)
        .filter((size) => size.lines > 70)
        .map((size) => `${file.path}:${size.line}: ${size.lines} lines`)
    )
    assert.deepEqual(long, [])
  })

  it('uses the process, the console and signals in runtime/cli only', () => {
    const others = product.filter((file) => !file.path.startsWith('runtime/cli/'))
    const pattern = /\bprocess\.(env|exit|argv|on|once|stdin)\b|\bconsole\.\w+\(/
    assert.deepEqual(linesMatching(others, pattern), [])
  })

  it('has no banned file name', () => {
    const banned = /\/(index|utils?|helpers?|common|misc|manager|base|impl|abstract[^/]*)\.ts$/
    assert.deepEqual(
      everything.filter((file) => banned.test(file.path)).map((file) => file.path),
      []
    )
  })

  it('leaves nothing unfinished', () => {
    const pattern =
      /\b(it|test|describe)\.(only|todo)\(|@ts-(ignore|nocheck)|\bTO-?DO\b|\bFIX-?ME\b/
    const files = everything.filter((file) => file.path !== 'test/architecture.test.ts')
    assert.deepEqual(linesMatching(files, pattern), [])
  })

  it('has a default export only where a plugin is declared', () => {
    const plugin = /^connectors\/|^runtime\/(converters|transforms)\//
    const others = product.filter((file) => !plugin.test(file.path))
    assert.deepEqual(linesMatching(others, /^export default /), [])
  })
})

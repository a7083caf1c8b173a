import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { type AnyPlugin, loadPlugin } from '../config/plugin-module.ts'
import { usageError } from './exit-code.ts'

/** A plugin as the source tree declares it. */
export interface DeclaredPlugin {
  /** Key in the registry: the short name, with its kind before it where another kind has the same. */
  readonly key: string
  readonly name: string
  /** Of the module, relative to the project. */
  readonly path: string
  readonly plugin: AnyPlugin
}

/**
 * Finds every module of the project whose default export declares a plugin. Names follow from paths:
 * `connectors/acme/source.ts` is `acme`, `connectors/acme/sink.ts` is `acme-sink` (or `acme` when it
 * has no source beside it), `connectors/acme/other-source.ts` is `other`,
 * `runtime/converters/json-converter.ts` is `json`, `runtime/transforms/cast.ts` is `cast`.
 */
export async function findDeclaredPlugins(root: string): Promise<readonly DeclaredPlugin[]> {
  const systems = await folders(join(root, 'connectors'))
  if (systems.length === 0) {
    throw usageError(`${root} has no connectors/`, 'run it in the folder of the project')
  }
  const places = [
    ...systems.map((system) => posix.join('connectors', system)),
    'runtime/converters',
    'runtime/transforms'
  ]
  const paths = (await Promise.all(places.map((place) => declarations(root, place)))).flat()
  const found = await Promise.all(
    paths.map(async (path) => ({
      name: shortName(path, paths),
      path,
      plugin: await loadPlugin(join(root, path))
    }))
  )
  const sorted = found.toSorted(
    (a, b) => rank(a.path) - rank(b.path) || a.name.localeCompare(b.name)
  )
  return sorted.map((one, index) => {
    const first = sorted.findIndex((other) => other.name === one.name) === index
    return { ...one, key: first ? one.name : `${one.plugin.kind}:${one.name}` }
  })
}

function rank(path: string): number {
  return path.startsWith('connectors/') ? 0 : path.startsWith('runtime/converters/') ? 1 : 2
}

async function folders(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    return []
  }
}

async function declarations(root: string, folder: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder)).catch(() => [])
  const sources = names.filter((name) => name.endsWith('.ts')).toSorted()
  const found = await Promise.all(
    sources.map(async (name) => {
      const text = await readFile(join(root, folder, name), 'utf8')
      return /^export default /m.test(text) ? [posix.join(folder, name)] : []
    })
  )
  return found.flat()
}

function shortName(path: string, all: readonly string[]): string {
  const [, folder = '', file = ''] = /([^/]+)\/([^/]+)\.ts$/.exec(path) ?? []
  if (!path.startsWith('connectors/')) return file.replace(/(-header)?-converter$/, '')
  if (file === 'source' || file === folder) return folder
  if (file.endsWith('-source')) return file.slice(0, -'-source'.length)
  const alone = !all.includes(`connectors/${folder}/source.ts`)
  return file === 'sink' && alone ? folder : `${folder}-${file}`
}

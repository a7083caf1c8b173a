import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A module that may declare a plugin, and the name it goes by. */
export interface PluginFile {
  readonly name: string
  readonly path: string
}

const MODULE = /(?<!\.d)\.(ts|mts|js|mjs)$/

/**
 * The modules that a path stands for: a file is one; a folder with a package.json is one; any other
 * folder has its modules and the packages in it, also those in scopes.
 *
 * @returns null when the path does not exist
 */
export async function findPluginFiles(
  path: string,
  cwd: string
): Promise<readonly PluginFile[] | null> {
  const full = path.startsWith('file:') ? fileURLToPath(path) : resolve(cwd, path)
  const kind = await kindOf(full)
  if (kind === 'file') return [{ name: basename(full, extname(full)), path: full }]
  if (kind === null) return null
  return (await packageIn(full)) ?? (await modulesIn(full))
}

/** Packages in scopes and their modules, `@scope/package/module`, without ways out of the package. */
const PACKAGE = /^((?:@\w[\w.-]*\/)?\w[\w.-]*)((?:\/(?!\.\.?(?:\/|$))[^/\\]+)*)$/

/**
 * The module of an npm package that is installed in a folder or one above it, or null.
 * @param options `exportedOnly`: of a package only what it exports, or its main module
 */
export async function resolvePackage(
  name: string,
  options: { readonly from: string; readonly exportedOnly: boolean }
): Promise<string | null> {
  const [, id = '', rest = ''] = PACKAGE.exec(name) ?? []
  if (id === '') return null
  for (let folder = resolve(options.from); ; folder = dirname(folder)) {
    const root = join(folder, 'node_modules', id)
    const manifest = await readManifest(root)
    const inside = rest !== '' && manifest?.['exports'] === undefined
    if (manifest) return inside && options.exportedOnly ? null : entryOf(root, manifest, `.${rest}`)
    if (folder === dirname(folder)) return null
  }
}

async function modulesIn(folder: string): Promise<readonly PluginFile[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted()
  const found = await Promise.all(
    names.map(async (name): Promise<readonly PluginFile[]> => {
      const path = join(folder, name)
      if (MODULE.test(name)) return [{ name: name.replace(MODULE, ''), path }]
      if ((await kindOf(path)) !== 'folder') return []
      if (name.startsWith('@') || name === 'node_modules') return modulesIn(path)
      return (await packageIn(path)) ?? []
    })
  )
  return found.flat()
}

async function packageIn(folder: string): Promise<readonly PluginFile[] | null> {
  const manifest = await readManifest(folder)
  if (manifest === null) return null
  const path = entryOf(folder, manifest, '.')
  const name = typeof manifest['name'] === 'string' ? manifest['name'] : basename(folder)
  return path === null ? null : [{ name, path }]
}

type Manifest = Readonly<Record<string, unknown>>

async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return isRecord(parsed) ? parsed : null
  } catch {
    return null
  }
}

/** As Node resolves an import of a package: `exports` by its conditions, else `main`. */
function entryOf(root: string, manifest: Manifest, subpath: string): string | null {
  const { exports, main } = manifest
  if (exports === undefined) {
    if (subpath !== '.') return join(root, subpath)
    return join(root, typeof main === 'string' ? main : 'index.js')
  }
  const keyed = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
  const target = keyed ? exports[subpath] : subpath === '.' ? exports : undefined
  const file = byCondition(target)
  return file === null ? null : join(root, file)
}

function byCondition(target: unknown): string | null {
  if (typeof target === 'string') return target
  if (!isRecord(target)) return null
  for (const [condition, value] of Object.entries(target)) {
    if (!['import', 'node', 'module-sync', 'default'].includes(condition)) continue
    const file = byCondition(value)
    if (file !== null) return file
  }
  return null
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    const stats = await stat(path)
    return stats.isDirectory() ? 'folder' : 'file'
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null
}

import { glob, readdir, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'

const CONFIG_FILE = /\.(ya?ml|json|properties)$/i

/** A file to load. */
export interface ConfigFile {
  readonly path: string
  /** How to name it in messages: relative to the working directory where that is inside it. */
  readonly shown: string
}

/**
 * The files that paths, folders and globs stand for, each once, in the order given; those of a
 * folder or glob by name. A folder has its own .yaml, .yml, .json and .properties files, not those
 * of folders in it.
 *
 * @returns also what stands for no file, with the reason
 */
export async function findConfigFiles(
  patterns: readonly string[],
  cwd: string
): Promise<{ files: ConfigFile[]; missing: { pattern: string; reason: string }[] }> {
  const files = new Map<string, ConfigFile>()
  const missing: { pattern: string; reason: string }[] = []
  for (const pattern of patterns) {
    const { paths, reason } = await expand(pattern, cwd)
    if (paths.length === 0) missing.push({ pattern, reason })
    for (const path of paths) {
      if (!files.has(path)) files.set(path, { path, shown: show(path, cwd) })
    }
  }
  return { files: [...files.values()], missing }
}

/** Whether a file of that name is loaded when its folder is given. */
export function isConfigName(name: string): boolean {
  return !name.startsWith('.') && CONFIG_FILE.test(name)
}

async function expand(
  pattern: string,
  cwd: string
): Promise<{ paths: readonly string[]; reason: string }> {
  const full = resolve(cwd, pattern)
  const kind = await kindOf(full)
  if (kind === 'file') return { paths: [full], reason: '' }
  if (kind === 'folder') {
    const names = (await readdir(full)).filter(isConfigName).toSorted()
    const paths = names.map((name) => join(full, name))
    const reason = `the folder ${pattern} has no .yaml, .yml, .json or .properties file`
    return { paths, reason }
  }
  if (!/[*?[\]{}]/.test(pattern)) return { paths: [], reason: `${pattern} does not exist` }
  const paths: string[] = []
  for await (const match of glob(pattern, { cwd })) {
    const path = resolve(cwd, match)
    if ((await kindOf(path)) === 'file') paths.push(path)
  }
  return { paths: paths.toSorted(), reason: `no file matches ${pattern}` }
}

function show(path: string, cwd: string): string {
  const way = relative(cwd, path)
  return way.startsWith('..') || isAbsolute(way) ? path : way
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch {
    return null
  }
}

import { access } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { RawConfig } from '../api/config.ts'

const CLASS_KEY =
  /^(connector\.class|(key|value|header)\.converter|(transforms|predicates)\..+\.type)$/

/**
 * Plugin files are named relative to the configuration that names them, but a stored configuration
 * has no folder: names of files that exist there are made relative to the working directory.
 */
export async function anchorPlugins(
  config: RawConfig,
  folder: string,
  cwd: string
): Promise<RawConfig> {
  const anchored = { ...config }
  for (const [key, value] of Object.entries(config)) {
    if (!/^\.{1,2}\//.test(value) || !CLASS_KEY.test(key)) continue
    const path = join(folder, value)
    if (await exists(path)) anchored[key] = fileName(relative(cwd, path))
  }
  return anchored
}

function fileName(way: string): string {
  const path = way.split(sep).join('/')
  return /^(\.{1,2}\/|\/)/.test(path) ? path : `./${path}`
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

import { createHash } from 'node:crypto'
import { type FSWatcher, statSync, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { findConfigFiles, isConfigName } from '../config/config-files.ts'

const SETTLE_MS = 100

/** Kubernetes changes the files of a mounted ConfigMap all at once, by a link of this name. */
const CONFIG_MAP_LINK = '..data'

/** Knows what the files of paths, folders and globs say, and tells when that is something else. */
export class ConfigWatch {
  readonly #paths: readonly string[]
  readonly #cwd: string
  #seen: string
  #watchers: FSWatcher[] = []
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(paths: readonly string[], cwd: string, seen: string) {
    this.#paths = paths
    this.#cwd = cwd
    this.#seen = seen
  }

  /** Remembers what the files say: to be called before they are loaded, so that no change is missed. */
  static async begin(paths: readonly string[], cwd: string): Promise<ConfigWatch> {
    return new ConfigWatch(paths, cwd, await contentOf(paths, cwd))
  }

  /**
   * Calls back when what the files say has changed, one call at a time.
   * @param changed must not reject
   */
  follow(changed: () => Promise<void>): void {
    const onChange = () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => {
        this.#running = this.#running.then(() => this.#compare(changed))
      }, SETTLE_MS)
    }
    // Editors replace a file instead of writing to it, so folders are watched, not files.
    const folders = Map.groupBy(
      this.#paths.map((path) => placeOf(resolve(this.#cwd, path))),
      ({ folder }) => folder
    )
    this.#watchers = [...folders].map(([folder, places]) =>
      watch(folder, (_, name) => {
        const concerns = name === null || name === CONFIG_MAP_LINK
        if (concerns || places.some((place) => place.includes(name))) onChange()
      })
    )
    onChange()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers) watcher.close()
  }

  async #compare(changed: () => Promise<void>): Promise<void> {
    const content = await contentOf(this.#paths, this.#cwd)
    if (this.#isClosed || content === this.#seen) return
    this.#seen = content
    await changed()
  }
}

interface Place {
  readonly folder: string
  /** Whether a file of that name in the folder may be one of those to load. */
  readonly includes: (name: string) => boolean
}

/** Of a folder itself, or of the one that a file or glob is in. */
function placeOf(path: string): Place {
  const star = path.indexOf('*')
  if (star >= 0) return { folder: folderOf(path.slice(0, star)), includes: () => true }
  const folder = folderOf(path)
  if (folder === path) return { folder, includes: isConfigName }
  return { folder, includes: (name) => name === basename(path) }
}

function folderOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? path : dirname(path)
  } catch {
    return dirname(path)
  }
}

/** A text that is the same as long as the files and all that they say are. */
async function contentOf(paths: readonly string[], cwd: string): Promise<string> {
  const hash = createHash('sha256')
  const { files } = await findConfigFiles(paths, cwd)
  for (const { path } of files) {
    // A file that cannot be read is another one than one that can; loading it says why.
    const content = await readFile(path).catch(() => null)
    hash.update(`${path}\0${content?.length ?? 'unreadable'}\0`)
    if (content !== null) hash.update(content)
  }
  return hash.digest('hex')
}

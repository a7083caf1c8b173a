import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname, resolve } from 'node:path'

const SETTLE_MS = 100

/**
 * Calls back when something among the files has changed, one call at a time.
 * @param changed must not reject
 */
export function watchFiles(
  paths: readonly string[],
  cwd: string,
  changed: () => Promise<void>
): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  // Editors replace a file instead of writing to it, so folders are watched, not files.
  const folders = new Set(paths.map((path) => folderOf(resolve(cwd, path))))
  const watchers: FSWatcher[] = [...folders].map((folder) =>
    watch(folder, () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        running = running.then(changed)
      }, SETTLE_MS)
    })
  )
  return {
    close() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    }
  }
}

/** The folder itself, or the one that a file or glob is in. */
function folderOf(path: string): string {
  const plain = path.includes('*') ? path.slice(0, path.indexOf('*')) : path
  try {
    return statSync(plain).isDirectory() ? plain : dirname(plain)
  } catch {
    return dirname(plain)
  }
}

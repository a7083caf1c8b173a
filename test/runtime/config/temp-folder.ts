import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder with the given files, removed after the test. */
export async function tempFolder(
  test: TestContext,
  files: Readonly<Record<string, string>>
): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-config-')))
  test.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

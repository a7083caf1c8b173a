import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { projectRoot } from '../../support/source-files.ts'

describe('a worker without connectors', () => {
  it('stays up on embedded topics until it is asked to stop, and ends with 0', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-idle-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'worker.yaml'), `data.dir: ${join(folder, 'data')}\n`)
    const main = join(projectRoot, 'runtime/cli/main.ts')
    const worker = spawn(process.execPath, [main, 'run', 'worker.yaml'], { cwd: folder })
    const exited = once(worker, 'exit')
    for await (const line of createInterface(worker.stderr)) {
      if (!line.includes('"msg":"ready"')) continue
      // A worker that has nothing to keep it up ends by itself now, before the signal reaches it.
      setTimeout(() => worker.kill('SIGTERM'), 300)
    }
    assert.deepEqual(await exited, [0, null])
  })
})

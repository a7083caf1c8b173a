import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectClientContract } from '../../contract/connect-client-contract.ts'
import type { WorkerUnderTest } from '../../contract/connect-client-fixture.ts'
import { createCertificate } from '../../support/certificates.ts'
import { GuardedProcess } from '../../support/guarded-process.ts'
import { tempFolder } from '../config/temp-folder.ts'
import { MAIN, millrace } from './millrace.ts'

/** A worker with embedded topics in a folder of its own. */
async function startWorker(keys = ''): Promise<WorkerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-worker-'))
  const file = join(folder, 'worker.yaml')
  const listener = keys.includes('listeners:') ? '' : 'listeners: http://127.0.0.1:0\n'
  await writeFile(file, `data.dir: ${join(folder, 'data')}\nlog.format: json\n${listener}${keys}`)
  const worker = new GuardedProcess({
    command: process.execPath,
    args: [MAIN, 'worker', file],
    folder
  })
  const ready = JSON.parse(await worker.line(/"msg":"ready"/))
  return {
    url: String(ready.url),
    async [Symbol.asyncDispose]() {
      await worker.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

connectClientContract('a Millrace worker', startWorker)

test('lets in who may, over TLS, and says who may not', async (t) => {
  const folder = await tempFolder(t, {})
  const certificate = createCertificate(folder, 'worker')
  await using worker = await startWorker(`listeners: https://127.0.0.1:0
listeners.https.ssl.keystore.location: ${certificate.keystore}
listeners.https.ssl.keystore.password: ${certificate.password}
rest.auth.tokens.reader.token: reads-and-nothing-else
rest.auth.tokens.reader.role: read
rest.auth.tokens.operator.token: starts-and-stops-things
rest.auth.tokens.operator.role: operate
`)
  const run = (token: string, ...args: string[]) =>
    millrace(['connectors', ...args, '--url', worker.url, '--ca', certificate.certificate], {
      env: { MILLRACE_TOKEN: token }
    })
  assert.equal((await run('reads-and-nothing-else', 'list', '--json')).out, '[]\n')
  const refused = await run('reads-and-nothing-else', 'pause', 'shop')
  assert.match(refused.err, /shop: the worker does not allow it: .*\[WORKER_UNAUTHORIZED\]/)
  assert.equal(refused.code, 3)
  const unknown = await run('starts-and-stops-things', 'pause', 'shop')
  assert.match(unknown.err, /\[UNKNOWN_CONNECTOR\]/)
  const stranger = await run('guessed', 'list')
  assert.match(stranger.err, /the worker does not let you in.*\[WORKER_UNAUTHORIZED\]/)
  assert.doesNotMatch(stranger.err, /guessed/)
})

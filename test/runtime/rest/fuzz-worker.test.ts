import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { hashToken, newToken } from '../../../runtime/config/credential-hash.ts'
import { type ApiWorld, apiAttackOf, routesOf } from '../../support/fuzz-api.ts'
import { type FuzzTarget, fuzz, fuzzPlan } from '../../support/fuzz-run.ts'
import { until } from '../../support/until.ts'
import { WorkerProcess } from '../../support/worker-process.ts'

// Real workers on embedded topics, with a connector that has to go on whatever the others are told.

const PATHS = [
  '/connectors',
  '/connectors/one/config',
  '/connectors/one/offsets',
  '/admin/loggers/root'
]

it('a worker refuses what is wrong, and goes on', async (t) => {
  const plan = fuzzPlan(150)
  const api = { seed: plan.seed + plan.count, count: plan.count * 2 }
  t.diagnostic(`MILLRACE_FUZZ_SEED=${plan.seed} MILLRACE_FUZZ_COUNT=${plan.count}`)
  await using group = new AttackedGroup()
  const [worker] = await group.start(1)
  assert.ok(worker)
  const target = await group.target(worker)
  await fuzz(target, plan)
  await fuzz(target, api, apiAttackOf)
  await group.stillCopies(worker)
})

it('a worker that forwards to the leader does, too', async (t) => {
  const plan = fuzzPlan(150)
  t.diagnostic(`MILLRACE_FUZZ_SEED=${plan.seed} MILLRACE_FUZZ_COUNT=${plan.count}`)
  await using group = new AttackedGroup()
  const [leader, follower] = await group.start(2)
  assert.ok(leader && follower)
  await fuzz(await group.target(follower), plan, apiAttackOf)
  await group.stillCopies(leader)
})

/** Workers that share a folder, and everything that they log. */
class AttackedGroup implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
  readonly #token = newToken()
  readonly #password = 'a password that nobody may see'
  readonly #workers: WorkerProcess[] = []
  readonly #lines: string[] = []

  async start(count: number): Promise<readonly WorkerProcess[]> {
    mkdirSync(this.#path('files'))
    writeFileSync(this.#path('steady.txt'), 'a line\n')
    writeFileSync(this.#path('worker.yaml'), this.#workerFile())
    for (let n = 0; n < count; n++) {
      const env = { MILLRACE_FUZZ_PASSWORD: this.#password }
      const log = this.#path(`${n}.log`)
      const worker = new WorkerProcess([this.#path('worker.yaml')], env, log, 'worker')
      worker.onLine((line) => this.#lines.push(JSON.stringify(line)))
      this.#workers.push(worker)
      await worker.start()
    }
    const [first] = this.#workers
    const config = {
      'connector.class': 'FileStreamSource',
      file: this.#path('steady.txt'),
      topic: 'steady'
    }
    const created = await this.#ask(first, '/connectors/steady/config', {
      method: 'PUT',
      body: JSON.stringify(config)
    })
    assert.equal(created.status, 201, await created.text())
    if (first) await this.stillCopies(first)
    return this.#workers
  }

  async target(worker: WorkerProcess): Promise<FuzzTarget & ApiWorld> {
    const description = await this.#ask(worker, '/openapi.json')
    return {
      port: Number(new URL(worker.url).port),
      login: `Authorization: Bearer ${this.#token}\r\n`,
      paths: PATHS,
      routes: routesOf(await description.json()),
      folder: this.#path('files'),
      secret: '${env:MILLRACE_FUZZ_PASSWORD}',
      outOfReach: /keeps in its target cannot be changed/,
      secrets: [this.#token, this.#password],
      logText: () => this.#lines.join('\n'),
      stillWorks: async () => {
        const answer = await this.#ask(worker, '/connectors/steady/status')
        assert.equal(answer.status, 200, await answer.text())
        for (const one of this.#workers) assert.ok(one.alive, 'a worker has ended')
      }
    }
  }

  /** Waits until the connector that nobody attacks has taken one line more. */
  async stillCopies(worker: WorkerProcess): Promise<void> {
    appendFileSync(this.#path('steady.txt'), 'another line\n')
    const { size } = statSync(this.#path('steady.txt'))
    await until(async () => {
      const answer = await this.#ask(worker, '/connectors/steady/offsets')
      return (await answer.text()).includes(`"position":${size}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #ask(worker: WorkerProcess | undefined, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(init.body ? { 'content-type': 'application/json' } : {})
    }
    return fetch(`${worker?.url}${path}`, { ...init, headers })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  #workerFile(): string {
    return `data.dir: ${this.#path('data')}
listeners: http://127.0.0.1:0
rest.request.read.timeout.ms: 300
rest.auth.tokens.fuzz.hash: ${hashToken(this.#token)}
rest.auth.tokens.fuzz.role: admin
`
  }
}

import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import { send } from './rest-client.ts'

/** What the captured sequence does between its exchanges, without recording it. */
export class Story {
  readonly #base: string
  readonly #files: string

  constructor(base: string, files: string) {
    this.#base = base
    this.#files = files
  }

  async begin(): Promise<void> {
    writeFileSync(join(this.#files, 'in.txt'), lines(0, 10))
  }

  /** What comes after an exchange, before the next one. */
  async after(name: string): Promise<void> {
    const removed = REMOVED_AFTER[name]
    if (removed !== undefined) await this.#remove(removed)
    const wait = WAITS[name]
    if (wait !== undefined) await this.#wait(wait)
    if (name === 'create-invalid-and-bad-state') await this.#removeAll()
    // Kafka Connect refuses the name in the path; here it has created a connector.
    if (name === 'put-name-slash') await this.#remove('a/b')
    if (name === 'stop-stopped') appendFileSync(join(this.#files, 'in.txt'), lines(10, 20))
  }

  async #removeAll(): Promise<void> {
    const { body } = await this.#ask('GET', '/connectors')
    for (const name of body as string[]) await this.#remove(name)
  }

  async #remove(name: string): Promise<void> {
    await this.#ask('DELETE', `/connectors/${encodeURIComponent(name)}`)
  }

  async #wait([name, state, tasks, taskState = state]: Wait): Promise<void> {
    const there = async () => {
      const { body: names } = await this.#ask('GET', '/connectors')
      // What could not be created is a difference of its own, and nothing to wait for.
      if (!(names as string[]).includes(name)) return true
      const { status, body } = await this.#ask('GET', `/connectors/${name}/status`)
      if (status !== 200) return false
      const view = body as { connector: { state: string }; tasks: { state: string }[] }
      if (view.connector.state !== state) return false
      return (
        tasks === undefined ||
        (view.tasks.length === tasks && view.tasks.every((task) => task.state === taskState))
      )
    }
    await until(there, { what: `${name} is ${state} with ${tasks ?? 'any'} tasks` })
  }

  async #ask(method: string, path: string) {
    return await send(this.#base, { method, path })
  }
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('')
}

/** Connectors that the sequence deletes again, by the exchange before. */
const REMOVED_AFTER: Readonly<Record<string, string>> = {
  'create-class-spaces': 'spclass',
  'create-plugin-version-exact': 'pv4',
  'create-converter-alias': 'convalias',
  'create-unknown-override': 'unkover',
  'create-eos-required': 'eos1',
  'create-eos-required-no-file': 'eos3',
  'create-boundary-connector': 'eos4',
  'create-source-with-dlq': 'srcdlq',
  'create-transform-alias': 'smtalias',
  'create-transforms-spaces': 'smtspaces',
  'create-float-value': 'fltval',
  'get-variable-literal': 'varlit',
  'create-empty-key': 'emptykey',
  'sink-empty-topics-and-regex': 'snkbad11',
  'sink-dlq-unused': 'snkdlq',
  'sink-no-file': 'snknofile',
  'sink-topic-creation': 'snktc',
  'sink-regex-delete': 'connect-self',
  'deleted-recreate-offsets': 'ownoff',
  'create-long-name': 'n'.repeat(300),
  'dbz-create-tasks-max-2': 'pg'
}

/** The tasks are in the connector's state, unless another is named. */
type Wait = readonly [connector: string, state: string, tasks?: number, taskState?: string]

/** States that the sequence waits for, by the exchange before. */
const WAITS: Readonly<Record<string, Wait>> = {
  'create-source': ['src', 'RUNNING', 1],
  'create-paused': ['src-paused', 'PAUSED'],
  'create-stopped': ['src-stopped', 'STOPPED'],
  'create-short-class': ['short', 'RUNNING', 1],
  'put-create': ['put1', 'RUNNING', 1],
  'put-update': ['put1', 'RUNNING', 1],
  'config-delete': ['put1', 'RUNNING', 1],
  'put-change-type': ['put1', 'RUNNING', 1],
  'patch-config': ['src', 'RUNNING', 1],
  'patch-config-null-deletes': ['src', 'RUNNING', 1],
  'patch-config-stopped-status': ['src', 'RUNNING', 1],
  pause: ['src', 'PAUSED', 1],
  resume: ['src', 'RUNNING', 1],
  restart: ['src', 'RUNNING', 1],
  'restart-include-tasks': ['src', 'RUNNING', 1],
  'restart-bogus-flag': ['src', 'RUNNING', 1],
  'restart-task': ['src', 'RUNNING', 1],
  'restart-with-body': ['src', 'RUNNING', 1],
  'restart-include-false': ['src', 'RUNNING', 1],
  'stop-paused': ['src-paused', 'STOPPED', 0],
  'pause-stopped': ['src-paused', 'PAUSED'],
  stop: ['src', 'STOPPED', 0],
  'resume-from-stop': ['src', 'RUNNING', 1],
  'sink-regex-create': ['snkre', 'STOPPED'],
  'sink-create': ['snk', 'RUNNING'],
  'sink-pause': ['snk', 'PAUSED'],
  'sink-unpause': ['snk', 'RUNNING'],
  'sink-stop': ['snk', 'STOPPED', 0],
  'sink-resume': ['snk', 'RUNNING'],
  'fail-task-create': ['failing', 'RUNNING', 1, 'FAILED'],
  'fail-task-resume': ['failing', 'RUNNING', 1, 'FAILED'],
  'fail-task-restart-include-only-failed-running': ['failing', 'RUNNING', 1, 'FAILED'],
  'fail-task-restart-task': ['failing', 'RUNNING', 1, 'FAILED'],
  'fail-source-create': ['failsrc', 'RUNNING'],
  'own-offsets-create': ['ownoff', 'RUNNING', 1],
  'dbz-create': ['pg', 'RUNNING', 1],
  'dbz-pause': ['pg', 'PAUSED', 1],
  'dbz-stop': ['pg', 'STOPPED', 0]
}

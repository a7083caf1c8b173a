import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './guarded-process.ts'
import { projectRoot } from './source-files.ts'
import { until } from './until.ts'
import { WorkerProcess } from './worker-process.ts'

/** Connectors of the tests, by the names of their files. */
const PLUGINS = join(projectRoot, 'test/support/connectors')

export interface FleetOptions {
  readonly workers: number
  /** Keys of each worker's file; `FOLDER` in a value stands for the folder of the fleet. */
  readonly settings: Readonly<Record<string, string>>
}

export type ConnectorKeys = Readonly<Record<string, string>>

/** What runs where, by the REST API: see {@link placeName}, to worker id. */
export type Places = ReadonlyMap<string, string>

/** Machines under load take their time; what is waited for comes. */
const LIMIT_MS = 60_000
/** Longer than a worker stays without an answer while it lives. */
const REQUEST_MS = 10_000

/** A worker of whichever make, as the fleet handles it. */
export interface Member {
  /** `host:port`, as in statuses. */
  readonly id: string
  readonly url: string
  /** Whether its process is there. */
  readonly alive: boolean
  /** Whether it can do anything at this moment. */
  readonly isUp: boolean
  /** Resolves when it has joined its group. */
  start(): Promise<unknown>
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGCONT. */
  resume(): void
}

type Stoppable = Pick<FleetWorker, 'pause' | 'resume'>

/** One `millrace worker` of a fleet. */
export class FleetWorker extends WorkerProcess implements Member {
  readonly id: string
  /** Told to go, or to stand still. */
  #away = false

  constructor(file: string, port: number) {
    super([file], {}, `${file}.log`, 'worker')
    this.id = `127.0.0.1:${port}`
  }

  override get url(): string {
    return `http://${this.id}`
  }

  get isUp(): boolean {
    return this.alive && !this.#away
  }

  override start(): Promise<number> {
    this.#away = false
    return super.start()
  }

  override stop(): Promise<void> {
    this.#away = true
    return super.stop()
  }

  override kill(): Promise<void> {
    this.#away = true
    return super.kill()
  }

  override pause(): void {
    this.#away = true
    super.pause()
  }

  override resume(): void {
    this.#away = false
    super.resume()
  }
}

/** Several workers of one group, each a process, with REST calls to whichever of them is up. */
export class Fleet<W extends Member = FleetWorker> implements AsyncDisposable {
  readonly folder: string
  readonly workers: readonly W[]

  /** @param folder of its own, removed at the end */
  constructor(folder: string, workers: readonly W[]) {
    this.folder = folder
    this.workers = workers
  }

  /** Resolves when all workers have joined. */
  static async start({ workers: count, settings }: FleetOptions): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-fleet-'))
    const workers: FleetWorker[] = []
    for (let number = 1; number <= count; number++) {
      const port = await freePort()
      const keys = { listeners: `http://127.0.0.1:${port}`, 'plugin.path': PLUGINS, ...settings }
      const lines = Object.entries(keys).map(([key, value]) => {
        return `${key}: ${JSON.stringify(value.replaceAll('FOLDER', folder))}\n`
      })
      const file = join(folder, `worker-${number}.yaml`)
      writeFileSync(file, lines.join(''))
      workers.push(new FleetWorker(file, port))
    }
    const fleet = new Fleet(folder, workers)
    try {
      await Promise.all(workers.map((worker) => worker.start()))
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
    return fleet
  }

  /** The workers that are there and not stopped. */
  get up(): readonly W[] {
    return this.workers.filter((worker) => worker.isUp)
  }

  worker(id: string): W {
    const found = this.workers.find((worker) => worker.id === id)
    if (found === undefined) throw new Error(`The fleet has no worker ${id}`)
    return found
  }

  /** Starts every worker that is not there, and lets those go on that stand still. */
  async makeWhole(): Promise<void> {
    for (const worker of this.workers) if (worker.alive && !worker.isUp) worker.resume()
    await Promise.all(this.workers.filter(({ alive }) => !alive).map((worker) => worker.start()))
  }

  /**
   * Stops a worker with SIGSTOP at an instant at which that holds up nobody else: one that stands
   * still while it writes into embedded topics keeps their lock.
   */
  async standStill(worker: Stoppable, othersCanWrite: () => Promise<boolean>): Promise<void> {
    const stands = async () => {
      worker.pause()
      if (await othersCanWrite()) return true
      worker.resume()
      return false
    }
    await until(stands, { limitMs: LIMIT_MS, what: 'a worker stands still without the lock' })
  }

  /** Asks a worker that is up, again while the group is in a rebalance or the worker goes away. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    let answer: Answer | undefined
    const answered = async () => {
      const [worker] = this.up
      if (worker === undefined) throw new Error('No worker is up')
      answer = await request(`${worker.url}${path}`, method, body)
      return answer !== undefined && answer.status !== 409 && answer.status < 500
    }
    await until(answered, { limitMs: LIMIT_MS, what: `${method} ${path}` })
    if (answer === undefined || answer.status >= 400) {
      throw new Error(`${method} ${path}: ${answer?.status} ${answer?.text}`)
    }
    return answer.text === '' ? null : JSON.parse(answer.text)
  }

  async configure(name: string, config: ConnectorKeys): Promise<void> {
    await this.call('PUT', `/connectors/${name}/config`, config)
  }

  async delete(name: string): Promise<void> {
    await this.call('DELETE', `/connectors/${name}`)
  }

  /** The worker that leads, as the workers' metrics name it. */
  async leader(): Promise<W> {
    for (const worker of this.up) {
      const answer = await request(`${worker.url}/metrics`, 'GET')
      const name = /leader_name="([^"]*)"/.exec(answer?.text ?? '')?.[1]
      const found = this.workers.find(({ url }) => name?.includes(url))
      if (found !== undefined) return found
    }
    throw new Error('No worker says who leads')
  }

  /**
   * Where everything runs; null unless all of it runs, on workers that are up, and all of these say so.
   * @throws {Error} when something has failed
   */
  async places(expected: ReadonlyMap<string, number>): Promise<Places | null> {
    const all = await Promise.all(this.up.map((worker) => this.#placesBy(worker, expected)))
    const [first] = all
    if (first === null || first === undefined) return null
    const same = (other: Places | null) =>
      other !== null && [...first].every(([name, id]) => other.get(name) === id)
    return all.every(same) ? first : null
  }

  /**
   * Waits until everything runs on workers that are up, and each of these has its share.
   * @param expected how many tasks each connector has
   */
  async running(expected: ReadonlyMap<string, number>): Promise<Places> {
    let places: Places | null = null
    const runs = async () => {
      places = await this.places(expected)
      return places !== null && isBalanced(places, this.up.length)
    }
    try {
      await until(runs, { limitMs: LIMIT_MS, what: 'everything runs' })
    } catch (error) {
      throw new Error(`${error}\n${await this.#tellStatuses()}`)
    }
    return places ?? new Map()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) worker.resume()
    await Promise.all(this.workers.map((worker) => worker.kill()))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #placesBy(worker: Member, expected: ReadonlyMap<string, number>): Promise<Places | null> {
    const answer = await request(`${worker.url}/connectors?expand=status`, 'GET')
    if (answer?.status !== 200) return null
    const all = JSON.parse(answer.text) as Answers
    const places = new Map<string, string>()
    for (const [name, count] of expected) {
      const status = all[name]?.status
      if (status === undefined || status.tasks.length !== count) return null
      for (const { id, state, worker_id, trace } of [status.connector, ...status.tasks]) {
        if (state === 'FAILED') throw new Error(`${name} has failed: ${trace}`)
        if (state !== 'RUNNING' || !this.up.some((up) => up.id === worker_id)) return null
        places.set(placeName(name, id), worker_id)
      }
    }
    return Object.keys(all).length === expected.size ? places : null
  }

  /** A line for each worker that is up: the states of what it has, as the first of them sees it. */
  async #tellStatuses(): Promise<string> {
    const [worker] = this.up
    const answer = await request(`${worker?.url}/connectors?expand=status`, 'GET')
    if (answer?.status !== 200) return `${worker?.id} answers ${answer?.status}`
    const all = Object.values(JSON.parse(answer.text) as Answers).map(({ status }) => status)
    const parts = all.flatMap(({ name, connector, tasks }) => {
      return [connector, ...tasks].map((part) => ({ name: placeName(name, part.id), ...part }))
    })
    const lines = [...Map.groupBy(parts, ({ worker_id, state }) => `${worker_id} ${state}`)].map(
      ([what, some]) => `${what}: ${some.map(({ name }) => name).join(' ')}`
    )
    return lines.sort().join('\n')
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

interface Part {
  readonly id?: number
  readonly state: string
  readonly worker_id: string
  readonly trace?: string
}

interface Status {
  readonly name: string
  readonly connector: Part
  readonly tasks: readonly Part[]
}

type Answers = Readonly<Record<string, { readonly status: Status }>>

/** Undefined when the worker did not answer. */
async function request(url: string, method: string, body?: unknown): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS)
    })
    return { status: response.status, text: await response.text() }
  } catch {
    return undefined
  }
}

/** `connector/task`, or the connector's name alone. */
export function placeName(connector: string, task?: number): string {
  return task === undefined ? connector : `${connector}/${task}`
}

/** Connectors and tasks are dealt apart: of each, no worker has more than one above another. */
function isBalanced(places: Places, workers: number): boolean {
  const keys = [...places.keys()]
  return [true, false].every((isTask) => {
    const part = keys.filter((key) => key.includes('/') === isTask)
    const counts = Map.groupBy(part, (key) => places.get(key))
    const most = Math.ceil(part.length / workers)
    const least = Math.floor(part.length / workers)
    const sizes = [...counts.values()].map(({ length }) => length)
    return (
      sizes.every((size) => size <= most && size >= least) &&
      (counts.size === workers || least === 0)
    )
  })
}

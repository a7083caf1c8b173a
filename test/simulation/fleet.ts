import { describeError } from '../../runtime/api/errors.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { GroupHerder } from '../../runtime/herder/group-herder.ts'
import { Random } from '../support/random.ts'
import { Checker } from './checker.ts'
import { GroupServer } from './group-server.ts'
import { LogServer } from './log-server.ts'
import { Network } from './network.ts'
import { OutsideWorld } from './outside-world.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { GROUP_ID, SimulatedWorker, type World } from './simulated-worker.ts'
import { VirtualTime } from './virtual-time.ts'

export interface FleetOptions {
  readonly seed: number
  /** Where to write what happens, line by line; null for nowhere. */
  readonly trace: ((line: string) => void) | null
}

/** The workers of a group, and all that is around them. */
export class Fleet {
  readonly time = new VirtualTime()
  readonly checker = new Checker()
  readonly outside = new OutsideWorld(this.checker)
  readonly network: Network
  readonly server: LogServer
  readonly groups: GroupServer
  readonly sessionTimeoutMs: number
  readonly maxDelayMs: number
  readonly #options: FleetOptions
  readonly #random: Random
  readonly #workers = new Set<SimulatedWorker>()
  #started = 0
  /** Whether tasks may block or fail. */
  trouble = false

  constructor(options: FleetOptions) {
    this.#options = options
    // Streams of their own, so that one more latency does not change every fault after it.
    this.#random = new Random(options.seed * 4 + 1)
    const network = new Random(options.seed * 4 + 2)
    const clock = new SimulatedProcess('server', this.time)
    this.network = new Network({
      time: this.time,
      random: network,
      trace: (line) => this.trace('net', line)
    })
    this.server = new LogServer(clock)
    this.groups = new GroupServer(clock, GROUP_ID)
    const choice = new Random(options.seed * 4 + 3)
    this.sessionTimeoutMs = choice.pick([3000, 6000, 10_000])
    this.maxDelayMs = choice.pick([0, 0, 0, 5000])
  }

  /** Workers that take part, also those that are paused or cut off. */
  get workers(): readonly SimulatedWorker[] {
    return [...this.#workers].filter(({ process, closing }) => process.alive && !closing)
  }

  trace(who: string, line: () => string): void {
    const { trace } = this.#options
    if (trace === null) return
    trace(`${this.time.now.toFixed(1).padStart(9)} ${who.padEnd(6)} ${line()}`)
  }

  /** Starts a worker process; it takes part once it has read the internal topics. */
  start(workerId: string): SimulatedProcess {
    const process = new SimulatedProcess(`${workerId}/${++this.#started}`, this.time)
    this.trace('fault', () => `start ${process.name}`)
    this.#open(process, workerId).catch((error: unknown) => {
      this.trace(process.name, () => `start failed: ${describeError(error)}`)
      process.kill()
      // As whatever looks after a process does.
      this.time.after(RESTART_MS, () => this.start(workerId))
    })
    return process
  }

  async #open(process: SimulatedProcess, workerId: string): Promise<void> {
    const worker = await SimulatedWorker.open(process, workerId, this.#world())
    this.#workers.add(worker)
    await worker.herder.start()
  }

  /** Has a worker leave in order (SIGTERM), and ends it when that takes too long (SIGKILL). */
  leave(worker: SimulatedWorker, left: () => void): void {
    const { process } = worker
    const end = () => {
      if (!process.alive) return
      process.kill()
      left()
    }
    this.time.after(PATIENCE_MS, end)
    process.deliver(() => {
      worker.close().then(end, (error: unknown) => {
        this.trace(process.name, () => `close failed: ${describeError(error)}`)
        end()
      })
    })
  }

  #world(): World {
    const { network, server, groups, outside, checker, sessionTimeoutMs, maxDelayMs } = this
    return {
      ...{ network, server, groups, outside, checker, sessionTimeoutMs, maxDelayMs },
      random: this.#random,
      logger: (name) => this.#logger(name),
      trouble: () => this.trouble,
      forward: (url, ask) => this.ask(url, ask)
    }
  }

  /** Sends a request to the worker at a URL, as over HTTP, and waits for the answer. */
  ask<T>(url: string, ask: (herder: GroupHerder) => Promise<T>): Promise<T> {
    const worker = this.workers.find((other) => other.url === url)
    if (worker === undefined) return Promise.reject(new Error(`Connection refused: ${url}`))
    return new Promise<T>((resolve, reject) => {
      this.time.after(REQUEST_TIMEOUT_MS, () => reject(new Error(`No answer from ${url}`)))
      this.time.after(1, () =>
        worker.process.deliver(() => {
          ask(worker.herder).then(
            (answer) => this.time.after(1, () => resolve(answer)),
            (error: unknown) => this.time.after(1, () => reject(error))
          )
        })
      )
    })
  }

  #logger(name: string): Logger {
    const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      this.trace(name, () => `${level} ${message} ${fields ? JSON.stringify(fields) : ''}`)
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  }
}

const REQUEST_TIMEOUT_MS = 15_000
const RESTART_MS = 500
/** How long a worker may take to leave. */
const PATIENCE_MS = 20_000

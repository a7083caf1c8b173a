import { RetriableError } from '../../runtime/api/errors.ts'
import type { Random } from '../support/random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How a client reaches the server that keeps topics and groups. */
export interface Connection {
  /**
   * Carries a request out at the server and brings the answer, or its error.
   * @throws {RetriableError} when the connection breaks: whether it was carried out is unknown
   */
  call<T>(what: string, serve: () => T | Promise<T>): Promise<T>
}

/** Where client and server are one process. */
export const direct: Connection = {
  call: async (_what, serve) => serve()
}

export interface NetworkOptions {
  readonly time: VirtualTime
  readonly random: Random
  trace(line: () => string): void
}

/** How long a client waits for a lost answer before it takes the connection for broken. */
const TIMEOUT_MS = [200, 3000] as const
/** How late a request may still be carried out whose connection has been given up. */
export const LATE_MS = 4000

type Fate = 'delivered' | 'request lost' | 'answer lost' | 'late'

/** The network between workers and the server: seeded latency, loss and partitions. */
export class Network {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #options: NetworkOptions
  readonly #cut = new Set<string>()
  readonly #deaf = new Set<string>()
  /** Share of requests whose connection breaks, 0 to 1. */
  lossRate = 0
  /** Share of requests or answers that take long, 0 to 1. */
  slowRate = 0

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#time = options.time
    this.#random = options.random
  }

  /** Nothing passes between this process and the server, until `heal`. */
  cut(process: SimulatedProcess): void {
    this.#cut.add(process.name)
  }

  /** This process reads nothing of topics, as if their broker were away and the coordinator's not. */
  deafen(process: SimulatedProcess): void {
    this.#deaf.add(process.name)
  }

  heal(process: SimulatedProcess): void {
    this.#cut.delete(process.name)
    this.#deaf.delete(process.name)
  }

  connection(process: SimulatedProcess): Connection {
    return { call: (what, serve) => this.#call(process, what, serve) }
  }

  #call<T>(process: SimulatedProcess, what: string, serve: () => T | Promise<T>): Promise<T> {
    const fate = this.#fate(what)
    const isCut = () =>
      this.#cut.has(process.name) || (what.startsWith('read ') && this.#deaf.has(process.name))
    return new Promise<T>((resolve, reject) => {
      let over = false
      const end = (settle: () => void) => {
        if (over) return
        over = true
        process.deliver(settle)
      }
      const broken = () => {
        const [least, most] = TIMEOUT_MS
        const wait = least + this.#random.next() * (most - least)
        this.#time.after(wait, () => end(() => reject(unreachable(what))))
      }
      const answered = (settle: () => void) => {
        if (fate !== 'delivered' || isCut()) {
          broken()
          return
        }
        this.#time.after(this.#latency(), () => end(settle))
      }
      const arrive = () => {
        this.#options.trace(
          () => `${process.name} ${what}${fate === 'delivered' ? '' : `, ${fate}`}`
        )
        carryOut(serve).then(
          (answer) => answered(() => resolve(answer)),
          (error: unknown) => answered(() => reject(error))
        )
      }
      if (fate === 'request lost' || fate === 'late') broken()
      if (fate === 'request lost') return
      const travel = fate === 'late' ? this.#random.next() * LATE_MS : this.#latency()
      this.#time.after(travel, () => {
        if (!isCut()) arrive()
        else if (fate !== 'late') broken()
      })
    })
  }

  #fate(what: string): Fate {
    // A join waits for long, and has its connection for that time.
    const rate = what === 'join' ? 4 * this.lossRate : this.lossRate
    if (this.#random.next() >= rate) return 'delivered'
    return this.#random.pick(['request lost', 'answer lost', 'answer lost', 'late'] as const)
  }

  #latency(): number {
    const slow = this.#random.next() < this.slowRate
    return slow ? this.#random.next() * 800 : 0.2 + this.#random.next() * 4
  }
}

async function carryOut<T>(serve: () => T | Promise<T>): Promise<T> {
  return serve()
}

function unreachable(what: string): RetriableError {
  return new RetriableError('KAFKA_UNREACHABLE', `The connection broke: ${what}`)
}

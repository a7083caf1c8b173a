import type { Random } from '../support/random.ts'
import type { Fleet } from './fleet.ts'

/** How much goes wrong in one run, drawn from its seed. */
interface Weather {
  /** Mean milliseconds between two faults of workers. */
  readonly calmMs: number
  readonly lossRate: number
  readonly slowRate: number
  readonly workers: number
}

type Fault = 'kill' | 'pause' | 'cut' | 'deafen' | 'leave' | 'coordinator' | 'join'

const FAULTS: readonly Fault[] = [
  ...(['kill', 'kill', 'pause', 'pause', 'pause'] as const),
  ...(['cut', 'cut', 'deafen', 'deafen', 'leave', 'coordinator', 'join'] as const)
]

/** Makes things go wrong until it is told to end. */
export class Faults {
  readonly #fleet: Fleet
  readonly #random: Random
  readonly #weather: Weather
  readonly #undo = new Set<() => void>()
  #over = false
  #ids = 0

  constructor(fleet: Fleet, random: Random) {
    this.#fleet = fleet
    this.#random = random
    this.#weather = {
      calmMs: random.pick([1500, 4000, 9000]),
      lossRate: random.pick([0, 0.002, 0.01, 0.04]),
      slowRate: random.pick([0, 0.01, 0.1]),
      workers: 2 + random.below(3)
    }
  }

  /** Starts the workers, and the faults a little later. */
  begin(): void {
    const { lossRate, slowRate, workers } = this.#weather
    const { network } = this.#fleet
    network.lossRate = lossRate
    network.slowRate = slowRate
    this.#fleet.trouble = this.#random.below(3) > 0
    for (let index = 0; index < workers; index++) {
      this.#fleet.time.after(this.#random.below(3000), () => this.#startNew())
    }
    this.#next()
  }

  /** Mends everything that is broken, and breaks nothing more. */
  end(): void {
    this.#over = true
    this.#fleet.trouble = false
    this.#fleet.network.lossRate = 0
    this.#fleet.network.slowRate = 0
    for (const undo of [...this.#undo]) undo()
    this.#ensureOne()
  }

  #ensureOne(): void {
    if (this.#fleet.workers.length === 0) this.#startNew()
  }

  #startNew(): void {
    this.#fleet.start(`w${++this.#ids}`)
  }

  #next(): void {
    const wait = this.#weather.calmMs * 2 * this.#random.next()
    this.#fleet.time.after(wait, () => {
      if (this.#over) return
      this.#inject(this.#random.pick(FAULTS))
      this.#next()
    })
  }

  #inject(fault: Fault): void {
    const { workers } = this.#fleet
    if (fault === 'coordinator') this.#moveCoordinator()
    else if (fault === 'join' || workers.length === 0) {
      if (workers.length < 5) this.#startNew()
    } else {
      const worker = this.#random.pick(workers)
      this.#fleet.trace('fault', () => `${fault} ${worker.process.name}`)
      if (fault === 'kill') {
        worker.process.kill()
        this.#comeBack(worker.workerId)
      } else if (fault === 'leave') {
        this.#fleet.leave(worker, () => this.#comeBack(worker.workerId))
      } else if (fault === 'pause') {
        worker.process.pause()
        this.#lasting(() => worker.process.resume())
      } else {
        if (fault === 'cut') this.#fleet.network.cut(worker.process)
        else this.#fleet.network.deafen(worker.process)
        this.#lasting(() => this.#fleet.network.heal(worker.process))
      }
    }
  }

  /** Most workers come back: at once or later, and under the name that they had. */
  #comeBack(workerId: string): void {
    if (this.#over) {
      this.#ensureOne()
      return
    }
    if (this.#random.below(5) === 0) return
    const wait = this.#random.pick([100, 2000, 12_000])
    this.#lasting(() => this.#fleet.start(workerId), wait)
  }

  #moveCoordinator(): void {
    this.#fleet.trace('fault', () => 'move the coordinator')
    this.#fleet.groups.stop()
    this.#lasting(() => this.#fleet.groups.start(), this.#random.below(3000))
  }

  /** Undoes a fault after a time, at the latest when all are over. */
  #lasting(undo: () => void, ms = this.#duration()): void {
    const once = () => {
      if (!this.#undo.delete(once)) return
      this.#fleet.trace('fault', () => 'over')
      undo()
    }
    this.#undo.add(once)
    this.#fleet.time.after(ms, once)
  }

  /** Shorter than a session, about as long, and longer. */
  #duration(): number {
    const { sessionTimeoutMs } = this.#fleet
    return this.#random.next() * sessionTimeoutMs * this.#random.pick([0.3, 1.2, 3])
  }
}

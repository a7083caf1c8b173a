/** Something that happens at a moment of virtual time. */
interface Event {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
  cancelled: boolean
}

/** 2025-06-01: where the wall clock of every simulation starts. */
const WALL_START = 1_748_736_000_000

/**
 * The one queue of everything that will happen, in order of time and then of scheduling. Nothing else
 * moves a simulation, so that one seed always gives one run.
 */
export class VirtualTime {
  readonly #heap: Event[] = []
  #now = 0
  #sequence = 0

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now
  }

  get wallTime(): number {
    return WALL_START + Math.floor(this.#now)
  }

  /** @returns a function that cancels it */
  after(ms: number, run: () => void): () => void {
    const at = this.#now + Math.max(0, ms)
    const event = { at, sequence: this.#sequence++, run, cancelled: false }
    push(this.#heap, event)
    return () => {
      event.cancelled = true
    }
  }

  /**
   * Runs what happens next, and all promises that this settles.
   * @returns false when nothing is left to happen
   */
  async step(): Promise<boolean> {
    let event = pop(this.#heap)
    while (event?.cancelled) event = pop(this.#heap)
    if (event === undefined) return false
    this.#now = event.at
    event.run()
    await settled()
    return true
  }

  /** Runs everything up to a moment, and what `check` looks for after each step. */
  async runUntil(at: number, check: () => void = () => {}): Promise<void> {
    let reached = false
    this.after(at - this.#now, () => {
      reached = true
    })
    while (!reached && (await this.step())) check()
  }
}

/** Resolves when no promise is left to go on by itself. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}

function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above] as Event
    if (!before(event, parent)) break
    heap[index] = parent
    index = above
  }
  heap[index] = event
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    const right = heap[child + 1]
    if (right !== undefined && before(right, heap[child] as Event)) child++
    const below = heap[child] as Event
    if (!before(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
  return first
}

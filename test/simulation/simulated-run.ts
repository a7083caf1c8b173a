import { type Clock, sleep } from '../../runtime/api/clock.ts'
import { ConnectError, FencedError, RetriableError } from '../../runtime/api/errors.ts'
import type { Broker, Producer } from '../../runtime/broker/broker.ts'
import type { OffsetStore } from '../../runtime/stores/offset-store.ts'
import type { Lease } from '../../runtime/worker/lease.ts'
import { leasedBroker } from '../../runtime/worker/leased.ts'
import { type TaskSpec, taskName } from '../../runtime/worker/task-spec.ts'
import type { Random } from '../support/random.ts'
import type { Checker } from './checker.ts'
import type { Connection } from './network.ts'
import type { OutsideWorld, RunId } from './outside-world.ts'
import { NUMBERS, ROWS } from './simulated-plugins.ts'

/** Partitions of the topic that sinks are thought to read. */
export const SINK_PARTITIONS = 5

export interface RunParts {
  readonly worker: string
  readonly clock: Clock
  readonly random: Random
  readonly groupId: string
  readonly broker: Broker
  readonly lease: Lease
  readonly connection: Connection
  readonly world: OutsideWorld
  readonly checker: Checker
  openOffsets(): Promise<OffsetStore>
  /** Whether tasks may block or fail just now. */
  trouble(): boolean
}

/** The life of one task in a simulated thread: writes a little, waits a little. */
export class SimulatedRun {
  readonly #spec: TaskSpec
  readonly #parts: RunParts
  readonly #id: RunId
  readonly #stopped = new AbortController()
  readonly #report: (state: 'RUNNING' | 'PAUSED') => void
  readonly #isCurrent: () => Promise<boolean>
  #paused: boolean
  #wake: () => void = () => {}
  /** Cut off: no thread runs it any more. */
  #gone = false
  #begun = false
  #lastWritten = false

  constructor(
    spec: TaskSpec,
    parts: RunParts,
    main: { report(state: 'RUNNING' | 'PAUSED'): void; isCurrent(): Promise<boolean> }
  ) {
    this.#spec = spec
    this.#parts = parts
    this.#report = main.report
    this.#isCurrent = main.isCurrent
    this.#paused = spec.paused
    const { connector, task, generation } = spec
    this.#id = { connector, task, generation, worker: parts.worker }
  }

  /** Runs until it is stopped. @throws what ends it otherwise */
  run(): Promise<void> {
    const kind = this.#spec.config['connector.class']
    if (kind === NUMBERS) return this.#numbers()
    return this.#rows(kind === ROWS)
  }

  pause(paused: boolean): void {
    this.#paused = paused
    this.#report(paused ? 'PAUSED' : 'RUNNING')
    this.#wake()
  }

  stop(): void {
    this.#stopped.abort('stopped')
    this.#wake()
  }

  cutOff(): void {
    this.#gone = true
    this.stop()
  }

  async #numbers(): Promise<void> {
    const { groupId, openOffsets } = this.#parts
    const broker = leasedBroker(this.#parts.broker, () => this.#mayWrite())
    const transactionalId = `${groupId}-${taskName(this.#spec)}`
    await broker.createTopics([{ name: `records-${this.#spec.connector}`, partitions: 1 }])
    const producer = await broker.producer({ clientId: transactionalId, transactionalId })
    if (!(await this.#isCurrent())) throw new RetriableError('TASK_OUTDATED', 'Outdated')
    const offsets = await openOffsets()
    await offsets.refresh()
    const { connector, config } = this.#spec
    const tables = (config['tables'] ?? '').split(',').filter((table) => table !== '')
    const positions = new Map(
      tables.map((table) => [table, Number(offsets.get(connector, { table })?.['n'] ?? 0)])
    )
    this.#report(this.#paused ? 'PAUSED' : 'RUNNING')
    while (await this.#next()) {
      const table = tables.length > 0 ? this.#parts.random.pick(tables) : undefined
      if (table === undefined) continue
      const from = positions.get(table) ?? 0
      const to = from + 1 + this.#parts.random.below(3)
      await this.#transaction(producer, offsets, { table, from, to })
      positions.set(table, to)
    }
    await producer.close()
  }

  #mayWrite(): boolean {
    const { lease, clock } = this.#parts
    return lease.allows(this.#spec.generation, clock.now())
  }

  async #transaction(
    producer: Producer,
    offsets: OffsetStore,
    { table, from, to }: { table: string; from: number; to: number }
  ): Promise<void> {
    const { connector, task, generation } = this.#spec
    const topic = `records-${connector}`
    const timestamp = this.#parts.clock.wallTime()
    const records = Array.from({ length: to - from }, (_, index) => ({
      key: table,
      value: `${from + index} ${task} ${generation}`,
      headers: [],
      timestamp
    }))
    await producer.append(topic, 0, records)
    for (const { partition, record } of offsets.records(connector, [
      { partition: { table }, offset: { n: to } }
    ])) {
      await producer.append(offsets.topic, partition, [record])
    }
    if (this.#mayWrite()) this.#parts.checker.sent(this.#id)
    await producer.commit()
  }

  async #rows(fenced: boolean): Promise<void> {
    const { task, tasks } = this.#spec
    const { connection, world, random, checker } = this.#parts
    const partitions = Array.from({ length: SINK_PARTITIONS }, (_, index) => index).filter(
      (partition) => partition % tasks === task
    )
    const claimed = fenced
      ? await connection.call(`claim rows of ${taskName(this.#spec)}`, () =>
          world.claim(this.#id, partitions)
        )
      : null
    let next: readonly number[] = claimed?.next ?? partitions.map(() => 0)
    this.#report(this.#paused ? 'PAUSED' : 'RUNNING')
    while (await this.#next()) {
      const puts = partitions.map((partition, index) => {
        return { partition, first: next[index] ?? 0, count: random.below(3) }
      })
      if (!this.#mayWrite()) throw new FencedError('The lease has ended')
      checker.sent(this.#id)
      if (claimed !== null) {
        await connection.call(`rows of ${taskName(this.#spec)}`, () =>
          world.write(this.#id, claimed.epoch, puts)
        )
      }
      next = puts.map(({ first, count }) => first + count)
    }
  }

  /** Waits until there is something to write. @returns false when it has to stop instead */
  async #next(): Promise<boolean> {
    const { clock, random, trouble } = this.#parts
    // At the start there is something to write at once, as a source has that was behind.
    const wait = this.#begun ? 150 + random.below(1500) : random.below(20)
    this.#begun = true
    await sleep(clock, wait, this.#stopped.signal)
    if (trouble()) await this.#trouble()
    while (this.#paused && !this.#stopped.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#gone) await new Promise(() => {})
    if (!this.#stopped.signal.aborted) return true
    if (this.#lastWritten || this.#paused || random.below(2) === 0) return false
    // What was read before the stop is written first, which may take its time.
    this.#lastWritten = true
    if (trouble()) await sleep(clock, random.below(1500))
    return true
  }

  async #trouble(): Promise<void> {
    const { clock, random } = this.#parts
    const chance = random.below(200)
    if (chance < 2) await sleep(clock, random.below(12_000))
    else if (chance < 5) throw new RetriableError('LOST', 'The source went away')
    else if (chance === 5) throw new ConnectError('BROKEN', 'The task cannot go on')
    else if (chance < 15 && this.#stopped.signal.aborted) await sleep(clock, random.below(2000))
  }
}

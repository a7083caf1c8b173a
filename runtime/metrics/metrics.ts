import { type Clock, systemClock } from '../api/clock.ts'
import { ClientRecord } from './client-record.ts'
import type { Readings } from './meter.ts'
import { ProcessFigures } from './process-figures.ts'
import { Recorded } from './recorded.ts'
import type { WindowSettings } from './sampled-window.ts'
import { StateTimes } from './state-times.ts'

/** A plugin that a task uses. */
export interface TaskPart {
  readonly role:
    | 'key_converter'
    | 'value_converter'
    | 'header_converter'
    | 'transform'
    | 'predicate'
  /** Its name in the connector's config, for transforms and predicates. */
  readonly alias: string | null
  /** As configured. */
  readonly className: string
  readonly version: string | null
}

/** What a task is made of; known once it has been built. */
export interface TaskParts {
  readonly kind: 'source' | 'sink'
  readonly version: string | null
  readonly parts: readonly TaskPart[]
}

/** States as the metrics of Kafka Connect write them. */
export type TaskActivity = 'unassigned' | 'running' | 'paused' | 'failed' | 'restarting' | 'stopped'

/** Everything measured of one task. */
export interface TaskFigures {
  readonly recorded: Recorded
  readonly times: StateTimes<TaskActivity>
  /** Null until it was built once. */
  parts: TaskParts | null
  /** How far behind its source it is, in milliseconds; null where it is not known. */
  lagMs: number | null
}

export type StartupOutcome = 'attempt' | 'success' | 'failure'

/** How this worker and the coordinator of its group get along. */
export interface CoordinatorRecord {
  readonly all: Recorded
  /** When the last heartbeat was sent and the last assignment came; null for never. */
  heartbeatAt: number | null
  rebalancedAt: number | null
}

export interface MetricsOptions {
  /** Kafka Connect's defaults: 2 samples of 30 seconds. */
  readonly window?: WindowSettings
  readonly clock?: Pick<Clock, 'now'>
}

/** What is measured on this worker. A task has figures from its first start until it is stopped. */
export class Metrics {
  readonly now: () => number
  readonly process: ProcessFigures
  readonly client: ClientRecord
  readonly coordinator: CoordinatorRecord
  /** Startups of connectors and tasks. */
  readonly startups: Recorded
  readonly #window: WindowSettings
  readonly #tasks = new Map<string, TaskFigures>()

  constructor({ window, clock = systemClock }: MetricsOptions = {}) {
    this.#window = window ?? { sampleMs: 30_000, samples: 2 }
    this.now = () => clock.now()
    this.startups = new Recorded(this.#window)
    this.process = new ProcessFigures(this.now)
    this.client = new ClientRecord(() => new Recorded(this.#window), this.now)
    const all = new Recorded(this.#window)
    this.coordinator = { all, heartbeatAt: null, rebalancedAt: null }
  }

  /** A task is to run here. What is said of a task before this or after `remove` counts for nothing. */
  open(connector: string, task: number): void {
    const times = new StateTimes<TaskActivity>('unassigned', this.now())
    const figures = { recorded: new Recorded(this.#window), times, parts: null, lagMs: null }
    this.#tasks.set(`${connector}-${task}`, figures)
  }

  /** A run of a task begins: its meter starts anew, its totals go on. */
  begin(connector: string, task: number): void {
    this.task(connector, task)?.recorded.begin()
  }

  take(connector: string, task: number, readings: Readings): void {
    this.task(connector, task)?.recorded.take(readings, this.now())
  }

  built(connector: string, task: number, parts: TaskParts): void {
    const known = this.task(connector, task)
    if (known !== null) known.parts = parts
  }

  state(connector: string, task: number, state: TaskActivity): void {
    this.task(connector, task)?.times.change(state, this.now())
  }

  lag(connector: string, task: number, ms: number): void {
    const known = this.task(connector, task)
    if (known !== null) known.lagMs = ms
  }

  /** Counts the start of a connector or a task: first the attempt, then how it ended. */
  startup(of: 'connector' | 'task', outcome: StartupOutcome): void {
    this.startups.add(`${of}_${outcome}`, 1, this.now())
  }

  task(connector: string, task: number): TaskFigures | null {
    return this.#tasks.get(`${connector}-${task}`) ?? null
  }

  remove(connector: string, task: number): void {
    this.#tasks.delete(`${connector}-${task}`)
  }
}

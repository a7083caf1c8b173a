/** The figures of one task. */
export interface TaskFigures {
  readonly connector: string
  readonly task: number
  /** By name in snake_case: counters since the task last started, and gauges. */
  readonly values: Readonly<Record<string, number>>
}

/** The latest figures of every task of this worker. */
export class Metrics {
  readonly #tasks = new Map<string, TaskFigures>()

  set(figures: TaskFigures): void {
    this.#tasks.set(`${figures.connector}-${figures.task}`, figures)
  }

  remove(connector: string, task: number): void {
    this.#tasks.delete(`${connector}-${task}`)
  }

  all(): readonly TaskFigures[] {
    return [...this.#tasks.values()]
  }
}

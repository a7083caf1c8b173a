import { type TaskId, taskName } from '../worker/task-spec.ts'
import type { TaskState } from '../worker/task-state.ts'
import type { TaskView } from '../worker/task-supervisor.ts'

const UNDER_WAY: ReadonlySet<TaskState> = new Set(['UNASSIGNED', 'STARTING'])

/** Waits until every task has started, or has failed to: nothing is on its way any more. */
export class ReadyWatch {
  readonly #settled = new Set<string>()
  #check: () => void = () => {}

  changed(task: TaskId, { state }: TaskView): void {
    if (UNDER_WAY.has(state)) return
    this.#settled.add(taskName(task))
    this.#check()
  }

  settled(tasks: readonly TaskId[]): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (tasks.every((task) => this.#settled.has(taskName(task)))) resolve()
      }
      this.#check()
    })
  }
}

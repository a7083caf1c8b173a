import type { RawConfig } from '../api/config.ts'
import type { TaskId } from '../worker/task-spec.ts'

/** A task as it should run here. */
export interface DesiredTask extends TaskId {
  readonly config: RawConfig
  readonly tasks: number
  readonly paused: boolean
  readonly version: string | null
}

/** A task as it runs here. */
export type PresentTask = DesiredTask

/** What to do, in this order: what moves away is stopped before anything new starts. */
export interface Changes {
  readonly stop: readonly TaskId[]
  readonly start: readonly DesiredTask[]
  readonly pause: readonly TaskId[]
  readonly resume: readonly TaskId[]
}

/**
 * The way from what runs to what should run. A task whose config and place are the same is left
 * alone, whatever else changes.
 */
export function reconcile(
  desired: readonly DesiredTask[],
  present: readonly PresentTask[]
): Changes {
  const wanted = new Map(desired.map((task) => [idOf(task), task]))
  const here = new Map(present.map((task) => [idOf(task), task]))
  const stays = (task: DesiredTask) => {
    const other = here.get(idOf(task))
    return other !== undefined && sameWork(task, other)
  }
  const kept = desired.filter(stays)
  const changesPause = (task: DesiredTask) => here.get(idOf(task))?.paused !== task.paused
  return {
    stop: present.filter((task) => {
      const want = wanted.get(idOf(task))
      return want === undefined || !sameWork(want, task)
    }),
    start: desired.filter((task) => !stays(task)),
    pause: kept.filter((task) => task.paused && changesPause(task)),
    resume: kept.filter((task) => !task.paused && changesPause(task))
  }
}

function idOf({ connector, task }: TaskId): string {
  return `${connector}-${task}`
}

/** A sink's share of the partitions depends on the number of tasks: with another it starts anew. */
function sameWork(a: DesiredTask, b: DesiredTask): boolean {
  return a.tasks === b.tasks && sameConfig(a.config, b.config)
}

/** Whether two configs say the same, in whatever order. */
export function sameConfig(a: RawConfig, b: RawConfig): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

import type { RawConfig } from '../api/config.ts'
import { type TaskId, taskKey } from '../worker/task-spec.ts'
import type { WantedTask } from '../worker/worker.ts'

/** What to do, in this order: what moves away is stopped before anything new starts. */
export interface Changes {
  readonly stop: readonly TaskId[]
  readonly start: readonly WantedTask[]
  readonly pause: readonly TaskId[]
  readonly resume: readonly TaskId[]
}

/**
 * The way from what runs to what should run. A task whose config and place are the same is left
 * alone, whatever else changes.
 */
export function reconcile(desired: readonly WantedTask[], present: readonly WantedTask[]): Changes {
  const wanted = new Map(desired.map((task) => [taskKey(task), task]))
  const here = new Map(present.map((task) => [taskKey(task), task]))
  const stays = (task: WantedTask) => {
    const other = here.get(taskKey(task))
    return other !== undefined && sameWork(task, other)
  }
  const kept = desired.filter(stays)
  const changesPause = (task: WantedTask) => here.get(taskKey(task))?.paused !== task.paused
  return {
    stop: present.filter((task) => {
      const want = wanted.get(taskKey(task))
      return want === undefined || !sameWork(want, task)
    }),
    start: desired.filter((task) => !stays(task)),
    pause: kept.filter((task) => task.paused && changesPause(task)),
    resume: kept.filter((task) => !task.paused && changesPause(task))
  }
}

/** A sink's share of the partitions depends on the number of tasks: with another it starts anew. */
function sameWork(a: WantedTask, b: WantedTask): boolean {
  const same = a.tasks === b.tasks && a.endOffset === b.endOffset
  return same && sameConfig(a.config, b.config)
}

/** Whether two configs say the same, in whatever order. */
export function sameConfig(a: RawConfig, b: RawConfig): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

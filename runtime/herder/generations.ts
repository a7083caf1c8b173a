import { RetriableError } from '../api/errors.ts'
import { type TaskId, taskKey } from '../worker/task-spec.ts'
import { EPOCH_STEP } from './group-protocol.ts'

/** 2025-01-01, in seconds since 1970: keeps generations small and below 2^31 until 2093. */
const EPOCH_SECONDS = 1_735_689_600

/**
 * A number that grows with time, and survives the loss of every topic: a sink's target may remember
 * a generation that no topic does any more.
 *
 * @param wallTime milliseconds since 1970
 */
export function generationFloor(wallTime: number): number {
  return Math.max(0, Math.floor(wallTime / 1000) - EPOCH_SECONDS)
}

/**
 * The generations of the runs that this worker starts: above all earlier ones of the same task, on
 * whatever worker. Each assignment brings an epoch to count from.
 */
export class Generations {
  readonly #used = new Map<string, number>()
  #epoch = 0

  /** Takes over the epoch of a new assignment; the same one again changes nothing. */
  begin(epoch: number): void {
    if (epoch <= this.#epoch) return
    this.#epoch = epoch
    this.#used.clear()
  }

  get epoch(): number {
    return this.#epoch
  }

  /**
   * @throws {RetriableError} EPOCH_USED_UP when the task has started so often that the next number
   * might be one of a later assignment: another epoch is needed
   */
  next(id: TaskId): number {
    const key = taskKey(id)
    const generation = Math.max(this.#epoch, (this.#used.get(key) ?? 0) + 1)
    if (generation >= this.#epoch + EPOCH_STEP) {
      throw new RetriableError(
        'EPOCH_USED_UP',
        `Task ${id.connector}-${id.task} has started ${EPOCH_STEP} times since the last rebalance`,
        { hint: 'nothing to do: the worker asks its group for a rebalance' }
      )
    }
    this.#used.set(key, generation)
    return generation
  }
}

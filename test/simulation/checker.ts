import type { TaskId } from '../../runtime/worker/task-spec.ts'
import { CONNECTOR, taskKey } from '../../runtime/worker/task-spec.ts'

/** A run of a task, by the worker that it is on and its number. */
export interface RunName extends TaskId {
  readonly worker: string
  readonly generation: number
}

/** What must never happen, whatever fails. */
export class Violation extends Error {
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

/** Watches what runs do while a simulation goes on. */
export class Checker {
  readonly #begun = new Map<string, RunName>()
  readonly #newest = new Map<string, RunName>()
  readonly #left = new Set<string>()
  #violation: Violation | null = null

  /** @throws {Violation} the first that was seen */
  check(): void {
    if (this.#violation !== null) throw this.#violation
  }

  violated(invariant: string, message: string): void {
    this.#violation ??= new Violation(invariant, message)
  }

  /** A run begins. */
  began(run: RunName): void {
    const key = taskKey(run)
    const same = this.#begun.get(nameOf(run))
    if (same !== undefined) {
      this.violated('one run for each generation', `${text(run)} began, as had ${text(same)}`)
    }
    this.#begun.set(nameOf(run), run)
    const newest = this.#newest.get(key)
    if (newest === undefined || newest.generation < run.generation) this.#newest.set(key, run)
  }

  /** A run was left behind, blocked: it may go on with what it was about to do. */
  leftBehind(run: RunName): void {
    this.#left.add(nameOf(run))
  }

  /** A run sends something to be written, and takes its lease for good. */
  sent(run: RunName): void {
    if (run.task === CONNECTOR || this.#left.has(nameOf(run))) return
    const newest = this.#newest.get(taskKey(run))
    if (newest === undefined || newest.generation <= run.generation) return
    if (newest.worker !== run.worker) {
      this.violated('a stale worker writes nothing', `${text(run)} after ${text(newest)} began`)
    }
  }

  /** Rows have come to a target that keeps offsets. */
  rowsWritten(
    run: RunName,
    partition: number,
    put: { readonly known: number; readonly first: number }
  ): void {
    if (put.first === put.known) return
    this.violated(
      'exactly once',
      `${text(run)} wrote rows of partition ${partition} from ${put.first} where ${put.known} is next`
    )
  }
}

function nameOf(run: RunName): string {
  return `${run.generation} ${taskKey(run)}`
}

function text({ connector, task, worker, generation }: RunName): string {
  return `${connector}-${task} of generation ${generation} on ${worker}`
}

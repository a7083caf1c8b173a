import { FencedError } from '../../runtime/api/errors.ts'
import type { TaskId } from '../../runtime/worker/task-spec.ts'
import { taskKey } from '../../runtime/worker/task-spec.ts'
import type { Checker } from './checker.ts'

interface Row {
  generation: number
  /** Unique to one claim: who holds an older one is fenced. */
  epoch: number
  next: number
}

/** Rows of one partition. */
export interface Put {
  readonly partition: number
  readonly first: number
  readonly count: number
}

/** Which worker's run of a task something comes from. */
export interface RunId extends TaskId {
  readonly worker: string
  readonly generation: number
}

/**
 * The systems that connectors read and write. Sources have tables, of which new ones appear; the
 * target of a fenced sink has one row for each partition, as that of the PostgreSQL sink has; the
 * target of a plain sink takes whatever comes.
 */
export class OutsideWorld {
  readonly #checker: Checker
  readonly #tables = new Map<string, number>()
  readonly #rows = new Map<string, Row>()
  readonly #watchers = new Set<() => void>()
  #epochs = 0

  constructor(checker: Checker) {
    this.#checker = checker
  }

  /** The number of tables that a source connector sees. */
  tables(connector: string): number {
    return this.#tables.get(connector) ?? 2
  }

  addTable(connector: string): void {
    this.#tables.set(connector, this.tables(connector) + 1)
    for (const watcher of [...this.#watchers]) watcher()
  }

  /** @returns a function that ends it */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Takes partitions over. @throws {FencedError} when a newer generation has one of them */
  claim(run: RunId, partitions: readonly number[]): { epoch: number; next: number[] } {
    const rows = partitions.map((partition) => this.#row(run.connector, partition))
    if (rows.some(({ generation }) => generation > run.generation)) throw lost(run)
    const epoch = ++this.#epochs
    for (const row of rows) {
      row.generation = run.generation
      row.epoch = epoch
    }
    return { epoch, next: rows.map(({ next }) => next) }
  }

  /** Writes rows and the positions after them, all or nothing. @throws {FencedError} */
  write(run: RunId, epoch: number, puts: readonly Put[]): void {
    const rows = puts.map(({ partition }) => this.#row(run.connector, partition))
    if (rows.some((row) => row.epoch !== epoch)) throw lost(run)
    puts.forEach(({ partition, first, count }, index) => {
      const row = rows[index]
      if (row === undefined) return
      this.#checker.rowsWritten(run, partition, { first, known: row.next })
      row.next = first + count
    })
  }

  #row(connector: string, partition: number): Row {
    const key = `${connector} ${partition}`
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = { generation: -1, epoch: 0, next: 0 }
    this.#rows.set(key, row)
    return row
  }
}

function lost(run: RunId): FencedError {
  return new FencedError(`Another task has taken over the partitions of ${taskKey(run)}`)
}

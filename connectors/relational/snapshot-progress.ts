/** The key columns of a row, each as text. */
export type KeyText = readonly string[]

/** How much of a table was read: up to a key in key order, or all of it. */
export type TableProgress = KeyText | 'done'

/**
 * How far a snapshot is: for every table that was begun, by what identifies it, what was read of it.
 * Tables stand side by side, so that several can be read at a time.
 */
export class SnapshotProgress<Id extends string | number> {
  /** Rows passed on so far, for progress. */
  rows: number
  readonly #tables: Map<Id, TableProgress>
  #done: string | undefined

  constructor(rows: number, tables: Map<Id, TableProgress>) {
    this.rows = rows
    this.#tables = tables
  }

  isDone(id: Id): boolean {
    return this.#tables.get(id) === 'done'
  }

  /** The key up to which a table was read, or null: read it from its beginning. */
  resumeKey(id: Id): KeyText | null {
    const progress = this.#tables.get(id)
    return progress === undefined || progress === 'done' ? null : progress
  }

  /** Notes that the rows up to here were passed on. */
  advance(id: Id, progress: TableProgress): void {
    this.#tables.set(id, progress)
    if (progress !== 'done' || this.#done === undefined) return
    this.#done += `${this.#done === '' ? '' : ','}${JSON.stringify(id)}`
  }

  /** Members of a JSON object: `rows`, `done`, `begun`. Complete tables change seldom, so their part is kept. */
  protected members(): string {
    const begun: string[] = []
    for (const [id, progress] of this.#tables) {
      if (progress === 'done') continue
      begun.push(`${JSON.stringify(String(id))}:${JSON.stringify(progress)}`)
    }
    this.#done ??= [...this.#tables.keys()]
      .filter((id) => this.isDone(id))
      .map((id) => JSON.stringify(id))
      .join(',')
    return `"rows":${this.rows},"done":[${this.#done}],"begun":{${begun.join(',')}}`
  }
}

/** What {@link SnapshotProgress} wrote. */
export interface StoredProgress<Id extends string | number> {
  readonly rows: number
  readonly done: readonly Id[]
  readonly begun: Readonly<Record<string, KeyText>>
}

/** @param idOf makes an identifier from its text */
export function progressTables<Id extends string | number>(
  stored: StoredProgress<Id>,
  idOf: (text: string) => Id
): Map<Id, TableProgress> {
  const tables = new Map<Id, TableProgress>()
  for (const id of stored.done) tables.set(id, 'done')
  for (const [id, key] of Object.entries(stored.begun)) tables.set(idOf(id), key)
  return tables
}

import type { Unconvertible } from './unconvertible.ts'

type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void

/** What is worth a warning about captured tables, but not with every row. */
export class TableWarnings {
  readonly #warn: Warn
  readonly #given = new Set<string>()
  /** Values that became null, by column. */
  readonly #unconvertible = new Map<string, number>()

  constructor(warn: Warn) {
    this.#warn = warn
  }

  /** @param what the warning is known by: it is given the first time only */
  once(what: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#given.has(what)) return
    this.#given.add(what)
    this.#warn(message, fields)
  }

  /**
   * Columns of a table that its events do not have.
   *
   * @param remedy a sentence that follows; empty when there is none
   */
  leftOut(
    table: string,
    columns: readonly { readonly column: string; readonly type: string }[],
    remedy: string
  ): void {
    if (columns.length === 0) return
    const names = columns.map(({ column, type }) => `${column} (${type})`).join(', ')
    this.once(
      `columns of ${table}`,
      `Columns of ${table} are left out, because their types have no mapping: ${names}${remedy}`,
      { table }
    )
  }

  /**
   * What a codec does about values that the events cannot have: write null and warn.
   *
   * @param mode `event.converting.failure.handling.mode`: with `fail` the codec throws
   */
  unconvertible(mode: 'fail' | 'warn' | 'skip'): {
    readonly onUnconvertible?: (value: Unconvertible) => void
  } {
    if (mode === 'fail') return {}
    return {
      onUnconvertible: ({ column, reason }) => {
        const count = (this.#unconvertible.get(column) ?? 0) + 1
        this.#unconvertible.set(column, count)
        // Each power of two: neither silent nor a flood.
        if ((count & (count - 1)) !== 0) return
        this.#warn(`A value of ${column} is written as null: ${reason}`, { column, count })
      }
    }
  }
}

import type { Position } from './offset.ts'

/**
 * What a task passed on before it was started again: events of the first transaction, and rows of the event
 * after them. They are skipped when the server sends that transaction again.
 */
export class PassedOn {
  #events: number
  #rows: number
  readonly #counts: { readonly first: boolean; readonly later: boolean }
  #isFirst = true

  /**
   * @param countsQueries whether the text of a statement counts as an event, as in Debezium's offsets: in the
   * transaction that the stream starts in, and in all later ones
   */
  constructor(
    start: Pick<Position, 'events' | 'rows'>,
    countsQueries: { readonly first: boolean; readonly later: boolean }
  ) {
    this.#events = start.events
    this.#rows = start.rows
    this.#counts = countsQueries
  }

  /** As part of a position. */
  get counts(): Pick<Position, 'events' | 'rows'> {
    return { events: this.#events, rows: this.#rows }
  }

  get countsQueries(): boolean {
    return this.#isFirst ? this.#counts.first : this.#counts.later
  }

  /** Whether the event that comes after so many of its transaction was passed on as a whole. */
  has(events: number): boolean {
    return events < this.#events
  }

  /** How many of its rows were passed on. */
  rowsOf(events: number): number {
    if (this.has(events)) return Number.POSITIVE_INFINITY
    return events === this.#events ? this.#rows : 0
  }

  /** The first transaction is over: nothing after it was passed on. */
  end(): void {
    this.#isFirst = false
    this.#events = 0
    this.#rows = 0
  }
}

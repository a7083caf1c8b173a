import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { knowsGtids, logEnd } from './binlog/position.ts'
import type { Doubt } from './change-stream.ts'
import { logChanged } from './log-changed.ts'
import { isBefore } from './log-point.ts'
import type { Position } from './offset.ts'
import type { TaskParts } from './phase.ts'
import { identityOf } from './server-check.ts'
import { availabilityOf } from './start-point.ts'
import type { TransactionFilter } from './transaction-filter.ts'

/** Where a reader is. */
export interface ReadPlace {
  /** What an offset would say. */
  readonly position: Position
  /** The server that the position is of; null when that is not known. */
  readonly identity: string | null
  /** Where the connection reads: never before the position, and always of the server that sends. */
  readonly file: string
  readonly pos: number
}

/**
 * Asks the server whether its log is still the one that is read. After RESET MASTER it is silent until its new
 * log is as long as the old one was, and then may go on behind that.
 */
export class LogWatch {
  readonly #parts: TaskParts
  readonly #filter: TransactionFilter

  constructor(parts: TaskParts, filter: TransactionFilter) {
    this.#parts = parts
    this.#filter = filter
  }

  /**
   * @param place from before the call, so that what commits meanwhile is behind it
   * @throws {ConnectError} MYSQL_LOG_CHANGED
   */
  async look(doubt: Exclude<Doubt, 'none'>, place: ReadPlace): Promise<void> {
    if (doubt === 'broken') throw this.#changed(place)
    if (doubt === 'quiet') await this.#lookAtEnd(place)
    else await this.#lookFor(place)
  }

  /**
   * @param error why the server does not send its log any more
   * @returns that, or MYSQL_LOG_CHANGED when it has another log
   */
  async explain(error: ConnectError, place: ReadPlace): Promise<ConnectError> {
    if (error.retriable || this.#parts.context.signal.aborted) return error
    try {
      await this.#lookFor(place, error)
      return error
    } catch (found) {
      const isCause = found instanceof ConnectError && found.code === 'MYSQL_LOG_CHANGED'
      // That the server cannot be asked tells less than what it has said.
      return isCause ? found : error
    }
  }

  /** Two short queries. */
  async #lookAtEnd(place: ReadPlace): Promise<void> {
    const { session, flavor } = this.#parts
    const { gtids } = place.position
    const end = await logEnd(session, flavor)
    const goesBack = isBefore({ file: end.file, pos: end.position }, place)
    const knowsAll =
      gtids === null || (await knowsGtids(session, flavor, gtids, this.#filter.keeps))
    if ((goesBack || !knowsAll) && (await this.#asksTheSame())) throw this.#changed(place)
  }

  /** As at a start. */
  async #lookFor(place: ReadPlace, cause?: unknown): Promise<void> {
    if (!(await this.#asksTheSame())) return
    const { session, flavor, identity } = this.#parts
    const facts = { identity, filter: this.#filter }
    if ((await availabilityOf(session, flavor, place, facts)) === 'unknown') {
      throw this.#changed(place, cause)
    }
  }

  /** With `snapshot.mode: when_needed` the task starts again, and takes a snapshot. */
  #changed({ position }: ReadPlace, cause?: unknown): ConnectError {
    const error = logChanged(position, cause)
    if (this.#parts.config['snapshot.mode'] !== 'when_needed') return error
    return new RetriableError(error.code, error.message, { cause: cause ?? error })
  }

  /** Behind an address that has moved on there may be another server than the one that is read. */
  async #asksTheSame(): Promise<boolean> {
    const { session, flavor, identity } = this.#parts
    return (await identityOf(session, flavor)) === identity
  }
}

import type { OffsetValue, SourceOffset } from '../../runtime/api/record.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { IncrementalSnapshot } from './incremental-snapshot.ts'
import {
  conditionFor,
  type ExecuteSnapshot,
  logMessage,
  matchingTables,
  readSignal,
  type Signal
} from './signals.ts'

const BLOCKING = 'millrace_blocking_snapshots'

/** A snapshot for which the stream stands still. */
export interface BlockingSnapshot {
  /** Of the signal. */
  readonly id: string
  /** Tables to read, in order; statement: the SELECT to read one with, or null for all of its rows. */
  readonly tables: readonly { readonly id: string; readonly statement: string | null }[]
}

/**
 * Does what signals ask for, whichever channel they come from:
 *
 *     handler.resume(storedOffset)                  // once, at the start
 *     handler.handle(signalOfRow(row))              // an inserted row of the signal table, in the stream
 *     if (handler.blocking !== null) {              // between two transactions
 *       ...                                         // read its tables, then
 *       handler.blockingDone()
 *     }
 *     offset = { ...offset, ...handler.offsetFields() }
 *
 * A blocking snapshot that a restart cuts is begun anew.
 */
export class SignalHandler {
  readonly #about: {
    readonly snapshot: IncrementalSnapshot | null
    readonly captured: () => readonly string[]
    readonly offset: () => unknown
    readonly logger: Logger
  }
  #blocking: BlockingSnapshot[] = []

  /**
   * @param about snapshot: null when there is neither `signal.data.collection` nor `read.only`; captured: names of the
   * captured tables, without the signal table; offset: what `{}` stands for in a `log` signal
   */
  constructor(about: {
    readonly snapshot: IncrementalSnapshot | null
    readonly captured: () => readonly string[]
    readonly offset: () => unknown
    readonly logger: Logger
  }) {
    this.#about = about
  }

  handle(signal: Signal): void {
    const action = readSignal(signal)
    const { logger, offset } = this.#about
    switch (action.kind) {
      case 'window':
        return
      case 'unusable':
        logger.warn(`Signal '${signal.id}' is left alone: ${action.reason}`, { type: signal.type })
        return
      case 'log':
        logger.info(logMessage(action.message, JSON.stringify(offset())), { signal: signal.id })
        return
      case 'execute-snapshot':
        this.#execute(action)
        return
      default:
        this.#steer(action)
    }
  }

  /** The blocking snapshot to read next; null when none was asked for. */
  get blocking(): BlockingSnapshot | null {
    return this.#blocking[0] ?? null
  }

  /** All rows of {@link blocking} have been passed on. */
  blockingDone(): void {
    this.#blocking.shift()
  }

  /** For the offset: blocking snapshots that are still to be read. */
  offsetFields(): Readonly<Record<string, OffsetValue>> {
    return this.#blocking.length === 0 ? {} : { [BLOCKING]: JSON.stringify(this.#blocking) }
  }

  resume(offset: SourceOffset): void {
    const stored = offset[BLOCKING]
    if (typeof stored === 'string') this.#blocking = JSON.parse(stored) as BlockingSnapshot[]
  }

  #execute(action: ExecuteSnapshot): void {
    const { snapshot, captured, logger } = this.#about
    logger.info(`Signal '${action.id}' asks for a snapshot`, {
      mode: action.mode,
      tables: action.collections
    })
    if (action.mode === 'incremental') {
      if (snapshot === null) this.#unable(action.id)
      else snapshot.execute(action, captured())
      return
    }
    const known = captured()
    const tables = matchingTables(action.collections, known).filter((id) => {
      if (known.includes(id)) return true
      logger.warn('A table is left out of the blocking snapshot: it is not captured', { table: id })
      return false
    })
    if (tables.length === 0) return
    const statement = (id: string) => conditionFor(action.conditions, id)
    this.#blocking.push({
      id: action.id,
      tables: tables.map((id) => ({ id, statement: statement(id) }))
    })
  }

  #steer(
    action:
      | { readonly kind: 'pause-snapshot' | 'resume-snapshot'; readonly id: string }
      | {
          readonly kind: 'stop-snapshot'
          readonly id: string
          readonly collections: readonly string[] | null
        }
  ): void {
    const { snapshot } = this.#about
    if (snapshot === null) this.#unable(action.id)
    else if (action.kind === 'stop-snapshot') snapshot.stop(action.collections)
    else if (action.kind === 'pause-snapshot') snapshot.pause()
    else snapshot.unpause()
  }

  #unable(id: string): void {
    this.#about.logger.warn(
      `Signal '${id}' is left alone: incremental snapshots need signal.data.collection, or read.only=true`
    )
  }
}

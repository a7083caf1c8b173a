import { GtidSet } from './binlog/gtid-set.ts'
import { isBefore } from './log-point.ts'
import type { Flavor } from './types/column-codec.ts'

/**
 * Whether a log is still the one that was begun with. `unsure`: only the server can tell. `broken`: something
 * was passed over.
 */
export type Continuity = 'whole' | 'unsure' | 'broken'

/**
 * Sees it from the log itself, file by file, for one connection. After RESET MASTER a server sends the rest of
 * the old file, and then, without a word, the second file of its new log (seen with MariaDB 10.11).
 */
export class LogContinuity {
  readonly #flavor: Flavor
  #file: string | undefined
  /** Whether the connection is still in the file that it began in. */
  isFirstFile = true
  /** The last transaction that came over this connection. */
  #gtid: string | null = null

  constructor(flavor: Flavor) {
    this.#flavor = flavor
  }

  /** The log goes on in a file, or begins there. */
  enter(file: string): Continuity {
    const before = this.#file
    this.#file = file
    if (before === undefined || before === file) return 'whole'
    this.isFirstFile = false
    return isBefore({ file, pos: 0 }, { file: before, pos: 0 }) ? 'broken' : 'whole'
  }

  /** A transaction begins. */
  begin(gtid: string | null): void {
    if (gtid !== null) this.#gtid = gtid
  }

  /**
   * Every file begins with the transactions before it. That of the first file is from before the place where
   * the connection began.
   * @param gtids as a GTID list event has them
   */
  check(gtids: string): Continuity {
    if (this.isFirstFile || this.#gtid === null) return 'whole'
    if (this.#flavor === 'mysql') {
      return GtidSet.parse(gtids).has(this.#gtid) ? 'whole' : 'unsure'
    }
    const last = lastOfDomain(gtids, this.#gtid)
    // FLUSH BINARY LOGS DELETE_DOMAIN_ID takes domains away.
    if (last === undefined) return 'unsure'
    return last === this.#gtid ? 'whole' : 'broken'
  }
}

/** Of several servers in a domain MariaDB writes the one last that came last. */
function lastOfDomain(gtids: string, gtid: string): string | undefined {
  const domain = gtid.slice(0, gtid.indexOf('-') + 1)
  return gtids.split(',').findLast((one) => one.startsWith(domain))
}

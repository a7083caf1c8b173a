import { ConnectError } from '../../runtime/api/errors.ts'
import type { OffsetValue, SourceOffset } from '../../runtime/api/record.ts'
import { currentPosition, type Queries } from './binlog/position.ts'
import { isBefore, type LogPoint, reaches } from './log-point.ts'
import type { Flavor } from './types/column-codec.ts'

const FIELD = 'millrace_read_until'

/**
 * Up to which place of the log rows were read that the stream had not come to yet: a snapshot that was cut
 * goes on with a later view of them. A change before that place may be of a row that was gone when it
 * would have been read, which matters where the log does not have all of its values.
 */
export class LaterView {
  readonly #flavor: Flavor
  #until: LogPoint | null = null

  constructor(flavor: Flavor) {
    this.#flavor = flavor
  }

  /** @throws {ConnectError} MYSQL_OFFSET for an offset that nobody could have written */
  resume(offset: SourceOffset): void {
    const text = offset[FIELD]
    this.#until = text === undefined || text === null ? null : parsePoint(String(text))
  }

  /** Rows are read from now on, in a view that was just taken. */
  async taken(queries: Queries): Promise<void> {
    const { file, position, gtids } = await currentPosition(queries, this.#flavor)
    this.#until = { file, pos: position, gtids: gtids || null }
  }

  /** Whether a change at a place of the log may be older than the rows that were read. */
  includes(at: {
    readonly file: string
    readonly pos: number
    readonly gtid: string | null
  }): boolean {
    return this.#until !== null && reaches(this.#until, at, this.#flavor)
  }

  /** What the offset says, after a place to which the stream has come. */
  offsetFields(at: Pick<LogPoint, 'file' | 'pos'>): Readonly<Record<string, OffsetValue>> {
    if (this.#until !== null && !isBefore(at, this.#until)) this.#until = null
    return this.#until === null ? {} : { [FIELD]: JSON.stringify(this.#until) }
  }
}

function parsePoint(text: string): LogPoint {
  try {
    const { file, pos, gtids } = JSON.parse(text) as Partial<LogPoint>
    if (typeof file === 'string' && Number.isSafeInteger(pos)) {
      return { file, pos: Number(pos), gtids: typeof gtids === 'string' ? gtids : null }
    }
  } catch {
    // Told below.
  }
  throw new ConnectError('MYSQL_OFFSET', `The stored offset has ${FIELD} = ${text}`, {
    hint: 'Reset the offsets of the connector'
  })
}

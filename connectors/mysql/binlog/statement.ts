import type { ByteReader } from './byte-reader.ts'

/** Status variables of a QUERY event, as far as they are read. */
const Status = {
  FLAGS: 0,
  SQL_MODE: 1,
  AUTO_INCREMENT: 3,
  CHARSET: 4,
  TIME_ZONE: 5,
  CATALOG: 6
} as const

/**
 * The text of a statement, in the character set of the client that sent it.
 * @param status the status variables of the event
 * @param text the rest of it
 */
export function readStatement(
  status: ByteReader,
  text: ByteReader
): { sql: string; sqlMode: number } {
  let sqlMode = 0
  loop: while (status.remaining > 0) {
    switch (status.u8()) {
      case Status.FLAGS:
        status.skip(4)
        break
      case Status.SQL_MODE:
        sqlMode = Number(status.u64())
        break
      case Status.CATALOG:
      case Status.TIME_ZONE:
        status.skip(status.u8())
        break
      case Status.AUTO_INCREMENT:
        status.skip(4)
        break
      default:
        // Nothing of interest follows.
        break loop
    }
  }
  return { sql: text.rest().toString('utf8'), sqlMode }
}

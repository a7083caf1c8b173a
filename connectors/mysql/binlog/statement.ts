import { textReader } from '../types/charset.ts'
import { charsetOfCollation } from '../types/collation.ts'
import type { ByteReader } from './byte-reader.ts'

/**
 * Status variables of a QUERY event, in the order in which servers write them, up to the last that is read:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Query__event.html
 */
const Status = {
  FLAGS: 0,
  SQL_MODE: 1,
  AUTO_INCREMENT: 3,
  CHARSET: 4,
  CATALOG: 6
} as const

/** Statements of clients that name no character set that text can have are taken for this one. */
const USUAL_CHARSET = 'utf8mb4'

/**
 * The text of a statement, in the character set of the client that sent it.
 * @param status the status variables of the event
 * @param text the rest of it
 * @throws {ConnectError} MYSQL_UNKNOWN_CHARSET
 */
export function readStatement(
  status: ByteReader,
  text: ByteReader
): { sql: string; sqlMode: number } {
  let sqlMode = 0
  let charset: string | null = null
  loop: while (status.remaining > 0) {
    switch (status.u8()) {
      case Status.FLAGS:
      case Status.AUTO_INCREMENT:
        status.skip(4)
        break
      case Status.SQL_MODE:
        sqlMode = Number(status.u64())
        break
      case Status.CATALOG:
        status.skip(status.u8())
        break
      case Status.CHARSET:
        charset = charsetOfCollation(status.u16())
        break loop
      default:
        break loop
    }
  }
  const isTold = charset !== null && charset !== 'binary'
  const read = textReader((isTold && charset) || USUAL_CHARSET)
  return { sql: read(text.buffer, text.position, text.end), sqlMode }
}

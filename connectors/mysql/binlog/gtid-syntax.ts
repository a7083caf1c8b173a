import { ConnectError } from '../../../runtime/api/errors.ts'

export function badGtid(text: string, expected: string): ConnectError {
  return new ConnectError('MYSQL_GTID_SYNTAX', `'${text}' is no ${expected}`, {
    hint: 'A set of MySQL is like 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5, a list of MariaDB like 0-1-100. Has the connector read another kind of server before? Then reset its offsets'
  })
}

/** The parts of a list between commas; none of an empty one. */
export function partsOf(text: string): string[] {
  const trimmed = text.replaceAll(/\s/g, '')
  return trimmed === '' ? [] : trimmed.split(',')
}

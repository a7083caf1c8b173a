import { ConnectError } from '../../runtime/api/errors.ts'

/**
 * A position in the write-ahead log, in bytes. A plain number is exact up to 2^53, which is nine
 * petabytes of log, and costs nothing where a bigint would cost an allocation per row.
 */
export type Lsn = number

const LSN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/

/** @param text as PostgreSQL prints it, such as `0/16B3748` */
export function parseLsn(text: string): Lsn {
  const [, high, low] = LSN.exec(text) ?? []
  if (high === undefined || low === undefined) {
    throw new ConnectError('POSTGRES_PROTOCOL', `'${text}' is not a position in the log (LSN)`)
  }
  return Number.parseInt(high, 16) * 0x1_0000_0000 + Number.parseInt(low, 16)
}

export function formatLsn(lsn: Lsn): string {
  const high = Math.floor(lsn / 0x1_0000_0000)
  const low = lsn % 0x1_0000_0000
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`
}

export function readLsn(buffer: Buffer, at: number): Lsn {
  return buffer.readUInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4)
}

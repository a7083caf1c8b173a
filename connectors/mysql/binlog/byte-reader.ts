import { ConnectError } from '../../../runtime/api/errors.ts'

/** An event that cannot be what it says it is. */
export function badEvent(message: string, cause?: unknown): ConnectError {
  return new ConnectError(
    'MYSQL_BINLOG_EVENT',
    `An event of the binary log cannot be read: ${message}`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'mysqlbinlog (mariadb-binlog) with --verify-binlog-checksum shows whether the file is damaged; otherwise report it with the version of the server'
    }
  )
}

/** Reads the little-endian fields of an event, one after the other, and never past its end. */
export class ByteReader {
  readonly buffer: Buffer
  readonly end: number
  position: number

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** @returns where the next `length` bytes start, and moves past them */
  skip(length: number): number {
    const at = this.position
    if (length > this.end - at) {
      throw badEvent(`it ends where ${length} more bytes are due`)
    }
    this.position = at + length
    return at
  }

  u8(): number {
    return this.buffer.readUInt8(this.skip(1))
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.skip(2))
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.skip(4))
  }

  /** An integer of up to six bytes. */
  uint(bytes: number): number {
    return this.buffer.readUIntLE(this.skip(bytes), bytes)
  }

  u64(): bigint {
    return this.buffer.readBigUInt64LE(this.skip(8))
  }

  /** An integer with its length in front, at most 2^53. */
  lengthEncoded(): number {
    const first = this.u8()
    if (first < 0xfb) return first
    if (first === 0xfc) return this.u16()
    if (first === 0xfd) return this.uint(3)
    if (first !== 0xfe) throw badEvent(`a length starts with ${first}`)
    const value = this.u64()
    if (value > Number.MAX_SAFE_INTEGER) throw badEvent(`a length is ${value}`)
    return Number(value)
  }

  bytes(length: number): Buffer {
    const at = this.skip(length)
    return this.buffer.subarray(at, at + length)
  }

  text(length: number): string {
    const at = this.skip(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  /** Everything that is left. */
  rest(): Buffer {
    return this.bytes(this.remaining)
  }
}

import { crc32 } from 'node:zlib'

/** An event to write: code and fields, and what in its header is not the default. */
export interface WrittenEvent {
  readonly code: number
  readonly fields: Buffer
  readonly timestamp?: number
  readonly serverId?: number
  readonly flags?: number
  /** 0 for an event that does not tell its position. Default: behind the event before. */
  readonly nextPosition?: number
}

export const u8 = (...values: number[]): Buffer => Buffer.from(values)
export const u16 = (value: number): Buffer => little(BigInt(value), 2)
export const u32 = (value: number): Buffer => little(BigInt(value), 4)
export const u48 = (value: number): Buffer => little(BigInt(value), 6)
export const u56 = (value: bigint): Buffer => little(value, 7)
export const u64 = (value: number | bigint): Buffer => little(BigInt(value), 8)
export const text = (value: string): Buffer => Buffer.from(value, 'utf8')

/** A byte of length, then the text. */
export const short = (value: string): Buffer => Buffer.concat([u8(value.length), text(value)])

/** A length-encoded integer. */
export function packed(value: number): Buffer {
  if (value < 251) return u8(value)
  if (value < 65_536) return Buffer.concat([u8(0xfc), u16(value)])
  return Buffer.concat([u8(0xfd), little(BigInt(value), 3)])
}

export const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)

/** A field of type, length and value. */
export const field = (type: number, value: Buffer): Buffer =>
  Buffer.concat([u8(type), packed(value.length), value])

/**
 * Writes a file of the binary log as a server of MySQL does:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html
 */
export class BinlogWriter {
  readonly #checksums: boolean
  #position = 4

  constructor(options: { readonly checksums: boolean }) {
    this.#checksums = options.checksums
  }

  /** The event that tells the version of the server. */
  format(serverVersion: string, flags = 0): Buffer {
    const version = Buffer.alloc(50)
    version.write(serverVersion)
    const fields = join(
      u16(4),
      version,
      u32(0),
      u8(19),
      Buffer.alloc(42),
      u8(this.#checksums ? 1 : 0)
    )
    const size = 19 + fields.length + 4
    const next = this.#next(size)
    const event = join(header({ code: 15, fields }, size, next), fields)
    const sum = u32(crc32(event))
    // The flag is set in the file, after the sum was made.
    event.writeUInt16LE(flags, 17)
    return join(event, sum)
  }

  event(event: WrittenEvent): Buffer {
    const size = 19 + event.fields.length + (this.#checksums ? 4 : 0)
    const artificial = ((event.flags ?? 0) & 0x20) !== 0
    const next = event.nextPosition ?? (artificial ? 0 : this.#next(size))
    const bytes = join(header(event, size, next), event.fields)
    return this.#checksums ? join(bytes, u32(crc32(bytes))) : bytes
  }

  /** As it is inside a compressed transaction. */
  inner(event: WrittenEvent): Buffer {
    return join(header(event, 19 + event.fields.length, 0), event.fields)
  }

  #next(size: number): number {
    this.#position += size
    return this.#position
  }
}

function header(event: WrittenEvent, size: number, nextPosition: number): Buffer {
  const { code, timestamp = 1_700_000_000, serverId = 1, flags = 0 } = event
  return join(u32(timestamp), u8(code), u32(serverId), u32(size), u32(nextPosition), u16(flags))
}

function little(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index++) {
    bytes[index] = Number((value >> BigInt(8 * index)) & 0xffn)
  }
  return bytes
}

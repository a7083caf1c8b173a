import { crc32 } from 'node:zlib'
import { ConnectError } from '../../../runtime/api/errors.ts'
import type { BinlogEvent, EventHeader } from './binlog-event.ts'
import { ByteReader, badEvent } from './byte-reader.ts'
import { EVENT_CHECKSUM, EVENT_HEADER, EventCode, EventFlag } from './event-code.ts'
import { EventDecoder } from './event-decoder.ts'

/** Positions in the header of an event have 32 bits, also where files are larger. */
const WRAP = 2 ** 32

/**
 * Reads what a server sends of its binary log: checks the events, follows the position, and takes compressed
 * transactions apart. Give it the bytes of one event with {@link feed} and take what is in them with {@link next}.
 */
export class EventReader {
  readonly #decoder = new EventDecoder()
  #file = ''
  /** Where the next event starts. */
  #position = 4
  #hasChecksums = false
  #header: EventHeader = NO_HEADER
  #fed: ByteReader | undefined
  /** The rest of a compressed transaction, and the event it came in. */
  #payload: ByteReader | undefined
  #outer: EventHeader = NO_HEADER

  /** Of the event that {@link next} gave last. */
  get header(): EventHeader {
    return this.#header
  }

  /** The file that is being read: after a rotate event the one that it names. */
  get file(): string {
    return this.#file
  }

  /** Where in it the next event starts. */
  get position(): number {
    return this.#position
  }

  /**
   * Takes the bytes of one event as the server sent it. Those before must have been taken with {@link next}.
   * @throws {ConnectError} MYSQL_BINLOG_CHECKSUM, MYSQL_BINLOG_EVENT
   */
  feed(buffer: Buffer, start: number, end: number): void {
    const reader = new ByteReader(buffer, start, end)
    const header = this.#readHeader(reader)
    if (header.size !== end - start) {
      throw badEvent(`it has ${end - start} bytes and says ${header.size}`)
    }
    const fieldsEnd = this.#checkedEnd(header, buffer, start, end)
    if (fieldsEnd < reader.position) throw badEvent('it ends within its header')
    this.#header = header
    this.#fed = new ByteReader(buffer, reader.position, fieldsEnd)
  }

  /**
   * @returns the next event of what was fed, or undefined when all have been taken
   * @throws {ConnectError} MYSQL_BINLOG_EVENT
   */
  next(): BinlogEvent | undefined {
    if (this.#payload !== undefined) return this.#nextInner(this.#payload)
    const reader = this.#fed
    if (reader === undefined) return undefined
    this.#fed = undefined
    const header = this.#header
    const event = this.#decoder.decode(header, reader)
    this.#position = header.nextPosition
    if (event.kind === 'payload') {
      this.#outer = header
      return this.#nextInner(new ByteReader(event.events, 0, event.events.length))
    }
    if (event.kind === 'rotate') {
      this.#file = event.file
      this.#position = event.position
    }
    return event
  }

  #nextInner(payload: ByteReader): BinlogEvent | undefined {
    this.#payload = payload.remaining > 0 ? payload : undefined
    if (this.#payload === undefined) return undefined
    const inner = readHeader(payload)
    const { position, nextPosition } = this.#outer
    this.#header = { ...inner, size: 0, position, nextPosition }
    if (inner.size < EVENT_HEADER) throw badEvent(`one of a transaction says ${inner.size} bytes`)
    const fields = inner.size - EVENT_HEADER
    const reader = new ByteReader(payload.buffer, payload.skip(fields), payload.position)
    const event = this.#decoder.decode(this.#header, reader)
    if (event.kind === 'payload') throw badEvent('a compressed transaction is inside another')
    if (payload.remaining === 0) this.#payload = undefined
    return event
  }

  #readHeader(reader: ByteReader): EventHeader {
    const { nextPosition: told, ...header } = readHeader(reader)
    if (isOutsideFile(header, told)) {
      return { ...header, position: this.#position, nextPosition: this.#position }
    }
    // Inside a transaction MariaDB 11.4 and later do not tell it.
    if (told === 0) {
      return { ...header, position: this.#position, nextPosition: this.#position + header.size }
    }
    const high = this.#position - (this.#position % WRAP)
    const nextPosition = high + told < this.#position ? high + WRAP + told : high + told
    return { ...header, position: nextPosition - header.size, nextPosition }
  }

  /** @returns where the fields of the event end */
  #checkedEnd(header: EventHeader, buffer: Buffer, start: number, end: number): number {
    const sum = end - EVENT_CHECKSUM
    if (header.code === EventCode.FORMAT_DESCRIPTION) {
      if (sum - 1 < start + EVENT_HEADER) throw badEvent('the description of the file is too short')
      this.#hasChecksums = buffer[sum - 1] === 1
      if (this.#hasChecksums) check(header, maskInUse(buffer.subarray(start, end)))
      return sum - 1
    }
    // Before the description of the file nothing says whether there is a checksum.
    const isUnknown = (header.flags & EventFlag.ARTIFICIAL) !== 0
    if (isUnknown && header.code === EventCode.ROTATE) {
      return isChecked(buffer.subarray(start, end)) ? sum : end
    }
    if (!this.#hasChecksums) return end
    check(header, buffer.subarray(start, end))
    return sum
  }
}

const NO_HEADER: EventHeader = {
  timestamp: 0,
  code: 0,
  serverId: 0,
  size: 0,
  position: 0,
  nextPosition: 0,
  flags: 0
}

/** @returns the header as it is in the log */
function readHeader(reader: ByteReader): EventHeader {
  const timestamp = reader.u32()
  const code = reader.u8()
  const serverId = reader.u32()
  const size = reader.u32()
  const nextPosition = reader.u32()
  return { timestamp, code, serverId, size, position: 0, nextPosition, flags: reader.u16() }
}

/** Events that the server makes for the reader take no place in the file. */
function isOutsideFile(header: Pick<EventHeader, 'code' | 'flags'>, position: number): boolean {
  const { code, flags } = header
  if ((flags & EventFlag.ARTIFICIAL) !== 0) return true
  if (code === EventCode.HEARTBEAT || code === EventCode.HEARTBEAT_V2) return true
  return code === EventCode.FORMAT_DESCRIPTION && position === 0
}

function isChecked(event: Buffer): boolean {
  const sum = event.length - EVENT_CHECKSUM
  return sum >= EVENT_HEADER && crc32(event.subarray(0, sum)) === event.readUInt32LE(sum)
}

function check(header: EventHeader, event: Buffer): void {
  if (isChecked(event)) return
  throw new ConnectError(
    'MYSQL_BINLOG_CHECKSUM',
    `The event at position ${header.position} of the binary log does not match its checksum`,
    {
      hint: 'The file is damaged, or the network changes bytes: mysqlbinlog (mariadb-binlog) with --verify-binlog-checksum on the server tells which. If the file is good, start the task again'
    }
  )
}

/** The flag is set after the checksum was written. */
function maskInUse(event: Buffer): Buffer {
  const flags = event.readUInt16LE(17)
  if ((flags & EventFlag.IN_USE) === 0) return event
  const copy = Buffer.from(event)
  copy.writeUInt16LE(flags & ~EventFlag.IN_USE, 17)
  return copy
}

import type { Socket } from 'node:net'
import { ConnectError } from '../../runtime/api/errors.ts'

/** Of every packet: three bytes of length, one of sequence. */
const HEADER = 4

/** A packet of this length is continued by the next one. */
const FULL = 0xffffff

/** The part of a connection of `mysql2` that its types do not show. */
export interface WireConnection {
  readonly stream: Socket
}

/**
 * Takes the packets of a connection of `mysql2` straight from its socket, from attaching to {@link detach}.
 *
 * `mysql2` makes a command object do something for every packet and cannot hold packets back. Here they stay
 * in the buffers that the socket delivered, until somebody asks for the next one; the socket is paused while
 * too many wait. Packets: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
 */
export class PacketSocket {
  readonly #socket: Socket
  readonly #maxBytes: number
  readonly #previous: ((chunk: Buffer) => void)[]
  #chunks: Buffer[] = []
  #head = 0
  /** Where the next packet starts in the first chunk. */
  #at = 0
  #waitingBytes = 0
  /** Bytes that the next packet needs, as far as known. */
  #wanted = HEADER
  #sequence = 0
  #parts: Buffer[] = []
  #paused = false
  #wake: (() => void) | undefined
  /** When bytes last arrived, by `performance.now()`. */
  lastArrival = performance.now()
  /** The payload that {@link next} found: from `start` to `end` of `buffer`. */
  buffer: Buffer = Buffer.alloc(0)
  start = 0
  end = 0

  /**
   * Attach while the connection is idle.
   * @param maxBytes stop reading from the socket while more bytes than this wait
   */
  constructor(connection: WireConnection, maxBytes: number) {
    this.#socket = connection.stream
    this.#maxBytes = maxBytes
    this.#previous = this.#socket.listeners('data') as ((chunk: Buffer) => void)[]
    for (const listener of this.#previous) this.#socket.removeListener('data', listener)
    this.#socket.on('data', this.#onData)
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Sends a command: its byte and what follows. Shorter than 16 MiB. */
  send(command: Buffer): void {
    const packet = Buffer.allocUnsafe(HEADER + command.length)
    packet.writeUIntLE(command.length, 0, 3)
    packet[3] = 0
    command.copy(packet, HEADER)
    this.#sequence = 1
    this.#socket.write(packet)
  }

  /**
   * Moves to the next payload, put together if it came in several packets.
   * @returns false when it has not arrived as a whole
   * @throws {ConnectError} MYSQL_PROTOCOL when packets are missing
   */
  next(): boolean {
    while (this.#nextPacket()) {
      const isFull = this.end - this.start === FULL
      if (!isFull && this.#parts.length === 0) return true
      this.#parts.push(this.buffer.subarray(this.start, this.end))
      if (isFull) continue
      this.buffer = Buffer.concat(this.#parts)
      this.#parts = []
      this.start = 0
      this.end = this.buffer.length
      return true
    }
    return false
  }

  /** Calls `wake` once when the next packet arrives. */
  onPacket(wake: (() => void) | undefined): void {
    this.#wake = wake
  }

  /** Gives the connection back to `mysql2`. Everything that was sent must have been taken. */
  detach(): void {
    this.#socket.removeListener('data', this.#onData)
    for (const listener of this.#previous) this.#socket.on('data', listener)
    this.#resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.lastArrival = performance.now()
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
    if (!this.#paused && this.#waitingBytes > Math.max(this.#maxBytes, this.#wanted)) {
      this.#paused = true
      this.#socket.pause()
    }
    if (this.#waitingBytes < this.#wanted) return
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #nextPacket(): boolean {
    const chunk = this.#chunks[this.#head]
    if (chunk === undefined) return this.#waitFor(HEADER)
    const start = this.#at + HEADER
    if (start > chunk.length) return this.#gather()
    const end = start + chunk.readUIntLE(this.#at, 3)
    if (end > chunk.length) return this.#gather()
    this.#accept(chunk, start, end)
    this.#at = end
    if (end === chunk.length) this.#dropChunk()
    this.#took(end - start + HEADER)
    return true
  }

  /** A packet that spans chunks. */
  #gather(): boolean {
    if (this.#waitingBytes < HEADER) return this.#waitFor(HEADER)
    const size = HEADER + this.#peek(HEADER).readUIntLE(0, 3)
    if (this.#waitingBytes < size) return this.#waitFor(size)
    const packet = this.#peek(size)
    this.#skip(size)
    this.#accept(packet, HEADER, size)
    this.#took(size)
    return true
  }

  #accept(buffer: Buffer, start: number, end: number): void {
    const sequence = buffer[start - 1]
    if (sequence !== this.#sequence) {
      throw new ConnectError(
        'MYSQL_PROTOCOL',
        `Packet ${sequence} of the connection came where ${this.#sequence} was due`,
        { hint: 'Something between client and server loses or adds bytes: connect without a proxy' }
      )
    }
    this.#sequence = (sequence + 1) & 0xff
    this.buffer = buffer
    this.start = start
    this.end = end
  }

  /** A packet may be larger than what is allowed to wait: it must be able to arrive. */
  #waitFor(bytes: number): false {
    this.#wanted = bytes
    if (this.#waitingBytes <= Math.max(this.#maxBytes, bytes)) this.#resume()
    return false
  }

  #took(bytes: number): void {
    this.#waitingBytes -= bytes
    this.#wanted = HEADER
    if (this.#waitingBytes < this.#maxBytes / 2) this.#resume()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  /** @returns a copy of the next bytes, which must have arrived */
  #peek(size: number): Buffer {
    const copy = Buffer.allocUnsafe(size)
    let filled = 0
    let from = this.#at
    for (let index = this.#head; filled < size; index++) {
      const chunk = this.#chunks[index]
      if (chunk === undefined) throw new RangeError('Not that many bytes wait')
      filled += chunk.copy(copy, filled, from, Math.min(chunk.length, from + size - filled))
      from = 0
    }
    return copy
  }

  #skip(size: number): void {
    let left = size
    for (let chunk = this.#chunks[this.#head]; chunk !== undefined; ) {
      const rest = chunk.length - this.#at
      if (left < rest) {
        this.#at += left
        return
      }
      left -= rest
      this.#dropChunk()
      chunk = this.#chunks[this.#head]
    }
  }

  #dropChunk(): void {
    this.#head++
    this.#at = 0
    // Not only when all are taken: under load that never comes, and the array would keep every chunk.
    if (this.#head * 2 < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#head)
    this.#head = 0
  }
}

import type { Socket } from 'node:net'
import type { Client } from 'pg'

const COPY_DATA = 0x64
/** Every frame of the protocol: one byte of type, four bytes of length that count themselves. */
const HEADER = 5

export interface CopySocketOptions {
  /** Stop reading from the socket while more bytes than this wait to be taken. */
  readonly maxBytes: number
  /** Sees the payload of every CopyData frame on arrival, before it waits its turn. Must be quick. */
  readonly onArrival?: (buffer: Buffer, payloadStart: number) => void
}

/**
 * Takes the CopyData frames of a connection of `pg` straight from its socket, and hands every other
 * frame to `pg` as before.
 *
 * `pg` makes one object and one event per frame, and its buffers are reused, so that every frame
 * would have to be copied: that costs more than decoding a row. Here the frames stay in the buffers
 * that the socket delivered. A block is a buffer of one or more whole CopyData frames, back to back
 * with their headers; readers walk it with {@link frameEnd}.
 */
export class CopySocket {
  readonly #socket: Socket
  readonly #options: CopySocketOptions
  readonly #previous: ((buffer: Buffer) => void)[]
  #blocks: Buffer[] = []
  #head = 0
  #waitingBytes = 0
  #paused = false
  #detached = false
  /** Pieces of a frame that has not arrived as a whole, and how many bytes of it are missing. */
  #pieces: Buffer[] = []
  #piecesBytes = 0
  #wanted = HEADER
  #wake: (() => void) | undefined
  /** When bytes last arrived, by `Date.now()`. */
  lastArrival = Date.now()

  /** Attach while the connection is idle: at the start of a frame. */
  constructor(client: Client, options: CopySocketOptions) {
    this.#socket = socketOf(client)
    this.#options = options
    this.#previous = this.#socket.listeners('data') as ((buffer: Buffer) => void)[]
    for (const listener of this.#previous) this.#socket.removeListener('data', listener)
    this.#socket.on('data', this.#onData)
  }

  /** Bytes that have arrived and have not been taken. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get paused(): boolean {
    return this.#paused
  }

  /** @returns the next block, or undefined when none is waiting */
  take(): Buffer | undefined {
    const block = this.#blocks[this.#head]
    if (block === undefined) return undefined
    this.#head++
    // Not only when all are taken: under load that never comes, and the array would keep every block.
    if (this.#head * 2 >= this.#blocks.length) {
      this.#blocks = this.#blocks.slice(this.#head)
      this.#head = 0
    }
    this.#waitingBytes -= block.length
    if (this.#paused && this.#waitingBytes < this.#options.maxBytes / 2) {
      this.#paused = false
      this.#socket.resume()
    }
    return block
  }

  /** Calls `wake` once when the next block arrives. */
  onBlock(wake: (() => void) | undefined): void {
    this.#wake = wake
  }

  /** Gives the connection back to `pg`. Blocks that wait can still be taken. */
  detach(): void {
    if (this.#detached) return
    this.#detached = true
    this.#socket.removeListener('data', this.#onData)
    for (const listener of this.#previous) this.#socket.on('data', listener)
    if (this.#paused) this.#socket.resume()
    this.#paused = false
  }

  readonly #onData = (chunk: Buffer): void => {
    this.lastArrival = Date.now()
    let rest = chunk
    while (this.#piecesBytes > 0 && rest.length > 0) rest = this.#complete(rest)
    if (rest.length > 0) this.#scan(rest)
    if (!this.#paused && this.#waitingBytes > this.#options.maxBytes) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  /** Adds to the frame that is under way. @returns what is left of the chunk */
  #complete(chunk: Buffer): Buffer {
    const missing = this.#wanted - this.#piecesBytes
    const used = Math.min(missing, chunk.length)
    this.#pieces.push(chunk.subarray(0, used))
    this.#piecesBytes += used
    if (used < missing) return chunk.subarray(used)
    if (this.#wanted === HEADER) {
      const header = Buffer.concat(this.#pieces)
      this.#pieces = [header]
      this.#wanted = 1 + header.readUInt32BE(1)
    }
    if (this.#piecesBytes === this.#wanted) {
      const frame = Buffer.concat(this.#pieces)
      this.#pieces = []
      this.#piecesBytes = 0
      this.#scan(frame)
    }
    return chunk.subarray(used)
  }

  /** Cuts a buffer that starts at a frame into blocks, foreign frames and an incomplete rest. */
  #scan(buffer: Buffer): void {
    let blockStart = 0
    let at = 0
    const end = buffer.length
    const onArrival = this.#options.onArrival
    while (end - at >= HEADER) {
      const next = frameEnd(buffer, at)
      if (next > end) break
      if (buffer[at] === COPY_DATA) {
        onArrival?.(buffer, at + HEADER)
      } else {
        this.#push(buffer.subarray(blockStart, at))
        for (const listener of this.#previous)
          listener.call(this.#socket, buffer.subarray(at, next))
        blockStart = next
      }
      at = next
    }
    this.#push(buffer.subarray(blockStart, at))
    if (at === end) return
    this.#pieces = [buffer.subarray(at)]
    this.#piecesBytes = end - at
    this.#wanted = this.#piecesBytes < HEADER ? HEADER : 1 + buffer.readUInt32BE(at + 1)
  }

  #push(block: Buffer): void {
    if (block.length === 0) return
    this.#blocks.push(block)
    this.#waitingBytes += block.length
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** @returns where the frame that starts at `at` ends. Its payload starts at `at + 5`. */
export function frameEnd(block: Buffer, at: number): number {
  return at + 1 + block.readUInt32BE(at + 1)
}

/** The parts of `pg`'s connection that replication needs and its types do not show. */
export interface WireConnection {
  readonly stream: Socket
  sendCopyFromChunk(chunk: Buffer): void
}

export function wireOf(client: Client): WireConnection {
  return (client as unknown as { connection: WireConnection }).connection
}

function socketOf(client: Client): Socket {
  return wireOf(client).stream
}

import { ConnectError } from '../../api/errors.ts'

/*
 * Primitive types of Kafka's protocol ("Protocol Primitive Types" in the Kafka protocol guide): big
 * endian numbers, strings with an int16 length, arrays with an int32 count. The compact forms of the
 * flexible versions have an unsigned varint of length + 1.
 */

const FIRST_CAPACITY = 256

/** Writes a request. Large parts that exist already are not copied: see `addBytes`. */
export class WireWriter {
  readonly #chunks: Buffer[] = []
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY)
  #start = 0
  #end = 0
  #size = 0

  int8(value: number): this {
    this.#reserve(1)
    this.#end = this.#buffer.writeInt8(value, this.#end)
    return this
  }

  int16(value: number): this {
    this.#reserve(2)
    this.#end = this.#buffer.writeInt16BE(value, this.#end)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#end = this.#buffer.writeInt32BE(value, this.#end)
    return this
  }

  int64(value: number | bigint): this {
    this.#reserve(8)
    this.#end = this.#buffer.writeBigInt64BE(BigInt(value), this.#end)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  uvarint(value: number): this {
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) this.int8(((rest & 0x7f) | 0x80) - 256)
    return this.int8(rest)
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = Buffer.byteLength(value)
    if (bytes > 0x7fff) throw new RangeError(`A name of ${bytes} bytes is too long for Kafka`)
    this.int16(bytes)
    return this.#text(value, bytes)
  }

  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0)
    const bytes = Buffer.byteLength(value)
    this.uvarint(bytes + 1)
    return this.#text(value, bytes)
  }

  array<T>(items: readonly T[] | null, write: (item: T) => void): this {
    this.int32(items === null ? -1 : items.length)
    for (const item of items ?? []) write(item)
    return this
  }

  /** Adds bytes with their int32 length, without a copy: they must not change before they are sent. */
  bytes(value: Buffer): this {
    this.int32(value.length)
    this.#cut()
    this.#chunks.push(value)
    this.#size += value.length
    return this
  }

  /** The parts of the message, and their size together. */
  finish(): { readonly chunks: readonly Buffer[]; readonly size: number } {
    this.#cut()
    return { chunks: this.#chunks, size: this.#size }
  }

  #text(value: string, bytes: number): this {
    this.#reserve(bytes)
    this.#end += this.#buffer.write(value, this.#end, 'utf8')
    return this
  }

  #cut(): void {
    if (this.#end === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#end))
    this.#size += this.#end - this.#start
    this.#start = this.#end
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    this.#cut()
    this.#buffer = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, bytes))
    this.#start = 0
    this.#end = 0
  }
}

/** Reads an answer from start to end. */
export class WireReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  bigint64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8))
  }

  /** An offset, time or size: never beyond the safe integers. */
  int64(): number {
    const at = this.#take(8)
    return this.#buffer.readInt32BE(at) * 4294967296 + this.#buffer.readUInt32BE(at + 4)
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  nullableString(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const at = this.#take(length)
    return this.#buffer.toString('utf8', at, at + length)
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  /** A view, empty for null. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    const at = this.#take(length)
    return this.#buffer.subarray(at, at + length)
  }

  array<T>(read: (reader: WireReader) => T): T[] {
    const count = this.int32()
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(read(this))
    return items
  }

  /** As `array`, with the count of the flexible versions. */
  compactArray<T>(read: (reader: WireReader) => T): T[] {
    const items: T[] = []
    for (let count = this.#uvarint() - 1; count > 0; count--) items.push(read(this))
    return items
  }

  compactString(): string {
    const length = Math.max(0, this.#uvarint() - 1)
    const at = this.#take(length)
    return this.#buffer.toString('utf8', at, at + length)
  }

  /** The empty tag section of the flexible versions; tags are optional facts, so they are skipped. */
  skipTags(): void {
    for (let count = this.#uvarint(); count > 0; count--) {
      this.#uvarint()
      this.#take(this.#uvarint())
    }
  }

  #uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed()
  }

  #take(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#buffer.length) throw malformed()
    this.#at = at + bytes
    return at
  }
}

function malformed(): ConnectError {
  return new ConnectError('KAFKA_PROTOCOL', 'Kafka sent an answer that ends too early', {
    hint: 'check that bootstrap.servers names Kafka brokers and no other kind of server'
  })
}

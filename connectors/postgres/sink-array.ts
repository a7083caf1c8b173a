/**
 * One column of many rows as a PostgreSQL array in binary format (`array_recv`): number of
 * dimensions, whether there are nulls, type of the elements, then size and lower bound of the
 * dimension, then each element as its length and bytes, -1 for null. Nothing has to be escaped.
 */
export class ArrayBuilder {
  #bytes: Buffer
  #at = HEADER
  #count = 0
  #nulls = 0

  /** @param expected about how many bytes it will take; it grows as needed */
  constructor(expected = 1024) {
    this.#bytes = Buffer.allocUnsafe(Math.max(expected, 64))
  }

  /** Begins a new array in the memory of the last one, which must not be in use any more. */
  reset(): this {
    if (this.#bytes.length > MOST_KEPT) this.#bytes = Buffer.allocUnsafe(MOST_KEPT)
    this.#at = HEADER
    this.#count = 0
    this.#nulls = 0
    return this
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }

  /** Makes room for an element. It may replace the buffer: ask for the place before writing. */
  #element(length: number): number {
    this.#room(length + 4)
    const at = this.#bytes.writeInt32BE(length, this.#at)
    this.#at = at + length
    this.#count++
    return at
  }

  null(): void {
    this.#room(4)
    this.#at = this.#bytes.writeInt32BE(-1, this.#at)
    this.#count++
    this.#nulls = 1
  }

  boolean(value: boolean): void {
    const at = this.#element(1)
    this.#bytes.writeUInt8(value ? 1 : 0, at)
  }

  int16(value: number): void {
    const at = this.#element(2)
    this.#bytes.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#element(4)
    this.#bytes.writeInt32BE(value, at)
  }

  /** @param value a safe integer or a bigint within 64 bits */
  int64(value: number | bigint): void {
    const at = this.#element(8)
    if (typeof value === 'bigint') {
      this.#bytes.writeBigInt64BE(value, at)
      return
    }
    const high = Math.floor(value / 4_294_967_296)
    this.#bytes.writeInt32BE(high, at)
    this.#bytes.writeUInt32BE(value - high * 4_294_967_296, at + 4)
  }

  float32(value: number): void {
    const at = this.#element(4)
    this.#bytes.writeFloatBE(value, at)
  }

  float64(value: number): void {
    const at = this.#element(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  text(value: string): void {
    // A character takes at most three bytes in UTF-8 (a pair of surrogates four).
    this.#room(4 + value.length * 3)
    const length = this.#bytes.write(value, this.#at + 4, 'utf8')
    this.#at = this.#bytes.writeInt32BE(length, this.#at) + length
    this.#count++
  }

  bytes(value: Uint8Array): void {
    const at = this.#element(value.length)
    this.#bytes.set(value, at)
  }

  /** The whole array: a view, good until the next reset. */
  finish(elementOid: number): Buffer {
    const bytes = this.#bytes
    bytes.writeInt32BE(1, 0)
    bytes.writeInt32BE(this.#nulls, 4)
    bytes.writeInt32BE(elementOid, 8)
    bytes.writeInt32BE(this.#count, 12)
    bytes.writeInt32BE(1, 16)
    return bytes.subarray(0, this.#at)
  }
}

const HEADER = 20
/** One batch of large values must not hold its memory for ever. */
const MOST_KEPT = 1024 * 1024

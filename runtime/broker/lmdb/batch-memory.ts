/** Smaller ones come and go without moving the bounds of V8's garbage collector. */
const MIN_BYTES = 64 * 1024
/** What one producer keeps for the next transaction: that of a busy task, and some room. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024

/**
 * Memory of large batches, used again when they are on disk. Fresh memory for every batch would make
 * V8 collect the whole heap after every few of them, and the process grow until it does.
 */
export class BatchMemory {
  #free: Buffer[] = []
  #freeBytes = 0

  /** @returns a buffer of this size; what it holds is left over from others */
  readonly allocate = (bytes: number): Buffer => {
    if (bytes < MIN_BYTES) return Buffer.allocUnsafeSlow(bytes)
    const at = this.#free.findLastIndex((block) => block.length >= bytes)
    const [block] = at < 0 ? [] : this.#free.splice(at, 1)
    if (block === undefined) return Buffer.allocUnsafeSlow(sizeOfBlock(bytes)).subarray(0, bytes)
    this.#freeBytes -= block.length
    return block.subarray(0, bytes)
  }

  /** Takes back buffers that nothing reads any more. */
  free(buffers: readonly Buffer[]): void {
    for (const { buffer, byteLength } of buffers) {
      if (byteLength < MIN_BYTES || this.#freeBytes + buffer.byteLength > MAX_KEPT_BYTES) continue
      this.#free.push(Buffer.from(buffer))
      this.#freeBytes += buffer.byteLength
    }
  }
}

/** Powers of two, so that most blocks fit most batches. */
function sizeOfBlock(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes))
}

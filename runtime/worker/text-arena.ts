/** Holds many records of the usual size, and a quiet task keeps no more than this. */
const CHUNK_BYTES = 256 * 1024
/** No UTF-16 unit takes more than three bytes of UTF-8. */
const MOST_PER_UNIT = 3

/** `utf8Write` of Node's buffers skips the dispatch by encoding, a third of the cost of `write`. */
type TextBuffer = Buffer & { utf8Write(text: string, at: number): number }

/**
 * Memory for converted keys and values, used over and over. Records wait for their transaction for
 * longer than V8's young generation lasts: as strings they would all move to the old one, and fill
 * it again and again. As bytes they are outside the heap, in memory that is there already.
 */
export class TextArena {
  readonly #chunks: TextBuffer[] = []
  #current = -1
  #at = CHUNK_BYTES

  /** @returns the text in UTF-8, valid until {@link clear} */
  encode(text: string): Uint8Array {
    const most = text.length * MOST_PER_UNIT
    if (most > CHUNK_BYTES) return Buffer.from(text)
    const chunk = this.#chunkFor(most)
    const start = this.#at
    this.#at += chunk.utf8Write(text, start)
    return chunk.subarray(start, this.#at)
  }

  /** Makes the memory free for other texts. */
  clear(): void {
    this.#current = -1
    this.#at = CHUNK_BYTES
  }

  #chunkFor(bytes: number): TextBuffer {
    const current = this.#chunks[this.#current]
    if (current !== undefined && this.#at + bytes <= CHUNK_BYTES) return current
    this.#current++
    this.#at = 0
    const next = this.#chunks[this.#current] ?? (Buffer.allocUnsafeSlow(CHUNK_BYTES) as TextBuffer)
    this.#chunks[this.#current] = next
    return next
  }
}

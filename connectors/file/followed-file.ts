import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ConnectError } from '../../runtime/api/errors.ts'
import { codeOf } from './errors.ts'

/** How many bytes at its start tell a file from another one of the same name. */
const HEAD = 1024
const READ_SIZE = 256 * 1024

/** Where reading stands: bytes read, and a fingerprint of the start of the file they are from. */
export interface FilePosition {
  readonly position: number
  /** `<bytes>:<hash of them>`, or empty where nothing was read yet or nobody knows. */
  readonly head: string
}

/** A whole line, without its end. */
export interface Line {
  readonly bytes: Buffer
  /** The position after it and its end. */
  readonly end: number
}

/** One file, read line by line from a position on. A last line without an end waits for the rest. */
export class FollowedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #maxLine: number
  #position: number
  #head: string
  #buffer: Buffer

  private constructor(path: string, handle: FileHandle, from: FilePosition & { maxLine: number }) {
    this.path = path
    this.#handle = handle
    this.#position = from.position
    this.#head = from.head
    this.#maxLine = from.maxLine
    this.#buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, from.maxLine))
  }

  /** @returns the file, or null when there is none */
  static async open(
    path: string,
    from: FilePosition & { maxLine: number }
  ): Promise<FollowedFile | null> {
    try {
      return new FollowedFile(path, await open(path, 'r'), from)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  }

  get position(): number {
    return this.#position
  }

  /** Whether the position was reached in this very file: it is long enough and starts the same. */
  async holds({ position, head }: FilePosition): Promise<boolean> {
    const { size } = await this.#handle.stat()
    if (size < position) return false
    const length = Number(head.split(':')[0])
    return head === '' || (await this.#fingerprint(length)) === head
  }

  /** Whether what was read so far is still there. */
  async intact(): Promise<boolean> {
    return await this.holds({ position: this.#position, head: this.#head })
  }

  /** Whether the path names another file by now. While it names none, this one may still grow. */
  async replaced(): Promise<boolean> {
    try {
      const [own, named] = [await this.#handle.stat(), await stat(this.path)]
      return own.ino !== named.ino || own.dev !== named.dev
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
  }

  /** The next whole lines, at most as many as asked for. Views of a buffer: use them before the next call. */
  async lines(most: number): Promise<Line[]> {
    for (;;) {
      const { bytesRead } = await this.#handle.read(
        this.#buffer,
        0,
        this.#buffer.length,
        this.#position
      )
      const lines = this.#split(bytesRead, most)
      if (lines.length > 0 || bytesRead < this.#buffer.length) return lines
      if (this.#buffer.length >= this.#maxLine) throw this.#tooLong()
      this.#buffer = Buffer.allocUnsafe(Math.min(this.#buffer.length * 4, this.#maxLine))
    }
  }

  /** Everything after the position, as the last line of a file that will not grow any more. */
  async rest(): Promise<Line[]> {
    const { bytesRead } = await this.#handle.read(
      this.#buffer,
      0,
      this.#buffer.length,
      this.#position
    )
    if (bytesRead === 0) return []
    return [{ bytes: this.#buffer.subarray(0, bytesRead), end: this.#position + bytesRead }]
  }

  #split(length: number, most: number): Line[] {
    const lines: Line[] = []
    let start = 0
    while (lines.length < most) {
      const end = this.#buffer.subarray(0, length).indexOf(0x0a, start)
      if (end === -1) break
      const last = end > start && this.#buffer[end - 1] === 0x0d ? end - 1 : end
      lines.push({ bytes: this.#buffer.subarray(start, last), end: this.#position + end + 1 })
      start = end + 1
    }
    return lines
  }

  /** Goes on after the line. */
  async advance(to: number): Promise<FilePosition> {
    this.#position = to
    const known = Number(this.#head.split(':')[0] || 0)
    if (known < HEAD && known < to) this.#head = await this.#fingerprint(Math.min(HEAD, to))
    return { position: to, head: this.#head }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #fingerprint(length: number): Promise<string> {
    const head = Buffer.alloc(length)
    const { bytesRead } = await this.#handle.read(head, 0, length, 0)
    return `${length}:${createHash('sha256').update(head.subarray(0, bytesRead)).digest('hex').slice(0, 16)}`
  }

  #tooLong(): ConnectError {
    return new ConnectError(
      'FILE_LINE_TOO_LONG',
      `File ${this.path} has a line of more than ${this.#maxLine} bytes at byte ${this.#position}`,
      { hint: 'Raise max.line.bytes, or end the line.' }
    )
  }
}

/** The file that a position was reached in, under the name that rotation gave it; null when it is gone. */
export async function findRotated(
  path: string,
  from: FilePosition & { maxLine: number }
): Promise<FollowedFile | null> {
  if (from.head === '') return null
  const name = basename(path)
  const siblings = (await readdir(dirname(path))).filter(
    (other) => other.startsWith(name) && other !== name
  )
  for (const sibling of siblings.sort()) {
    const file = await FollowedFile.open(join(dirname(path), sibling), from).catch(() => null)
    if (file === null) continue
    if (await file.holds(from).catch(() => false)) return file
    await file.close()
  }
  return null
}

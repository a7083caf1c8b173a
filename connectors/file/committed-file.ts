import { readFileSync, renameSync, writeSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SinkOffsetChange } from '../../runtime/api/connector.ts'
import { ConnectError, FencedError } from '../../runtime/api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import { codeOf } from './errors.ts'

/** What the file beside the data says: how much of the data counts, and up to which offsets. */
interface Commit {
  readonly version: 1
  /** Bytes of the data file that are committed; what follows is from a write that never ended. */
  readonly length: number
  readonly offsets: readonly TopicPartitionOffset[]
  readonly generation: number
  /** Grows with each claim: a writer that finds another one has been replaced. */
  readonly claim: number
}

/**
 * A file to which batches are appended exactly once. Beside it, `<file>.offsets` holds the committed
 * length and the offsets of the records in it. It is replaced by a rename after the data is on disk,
 * so that both change together; whatever is beyond the committed length is cut off at the next start.
 */
export class CommittedFile {
  readonly #path: string
  readonly #data: FileHandle
  #commit: Commit

  private constructor(path: string, data: FileHandle, commit: Commit) {
    this.#path = path
    this.#data = data
    this.#commit = commit
  }

  /**
   * Takes the file over: cuts off what was not committed. A file that was there before is kept, and
   * appended to.
   *
   * @throws {FencedError} when a newer generation has it
   * @throws {ConnectError} FILE_CHANGED when committed data is missing, FILE_OFFSETS_BROKEN
   */
  static async claim(path: string, generation: number): Promise<CommittedFile> {
    const data = await openData(path)
    try {
      const { size } = await data.stat()
      const found = readCommit(path)
      if (found && found.generation > generation) throw fenced(path)
      if (found && size < found.length) throw shorter(path, size, found.length)
      const length = found?.length ?? size
      if (size > length) await data.truncate(length)
      await data.sync()
      const offsets = found?.offsets ?? []
      const commit: Commit = {
        version: 1,
        length,
        offsets,
        generation,
        claim: (found?.claim ?? 0) + 1
      }
      await storeCommit(path, commit, () => checkUnchanged(path, found))
      // What a killed writer had begun to store.
      if (found) await rm(draftOf(path, found), { force: true })
      return new CommittedFile(path, data, commit)
    } catch (error) {
      await data.close()
      throw error
    }
  }

  get offsets(): readonly TopicPartitionOffset[] {
    return this.#commit.offsets
  }

  /**
   * Appends bytes and stores the offsets after them, both or none of them.
   *
   * @throws {FencedError} when somebody else has taken the file over
   */
  async append(bytes: Uint8Array, next: readonly TopicPartitionOffset[]): Promise<void> {
    const { length, offsets } = this.#commit
    // A process that is stopped here and goes on when another has taken over must find that out: so
    // nothing comes between the look at the owner and the change, neither here nor below.
    this.#checkOwner()
    // Written at the committed length, so that a write that failed half way is written over.
    for (let written = 0; written < bytes.length; ) {
      const left = bytes.length - written
      written += writeSync(this.#data.fd, bytes, written, left, length + written)
    }
    if (bytes.length > 0) await this.#data.datasync()
    const commit = {
      ...this.#commit,
      length: length + bytes.length,
      offsets: merged(offsets, next)
    }
    await storeCommit(this.#path, commit, () => this.#checkOwner())
    this.#commit = commit
  }

  async close(): Promise<void> {
    await this.#data.close()
  }

  #checkOwner(): void {
    checkUnchanged(this.#path, this.#commit)
  }
}

/**
 * Changes the offsets of a file without changing what is in it, and takes it away from a writer that
 * may still be there. A null offset is forgotten.
 *
 * @throws {ConnectError} FILE_OFFSETS_BROKEN
 */
export async function alterCommitted(
  path: string,
  changes: readonly SinkOffsetChange[] | 'reset'
): Promise<void> {
  const found = readCommit(path)
  if (found === null) return
  const kept = changes === 'reset' ? [] : without(found.offsets, changes)
  const moved = (changes === 'reset' ? [] : changes).flatMap(({ topic, partition, offset }) =>
    offset === null ? [] : [{ topic, partition, offset }]
  )
  const commit = { ...found, claim: found.claim + 1, offsets: [...kept, ...moved] }
  await storeCommit(path, commit, () => checkUnchanged(path, found))
}

async function openData(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const made = await open(path, 'wx+')
    await syncFolder(path)
    return made
  }
}

function readCommit(path: string): Commit | null {
  let text: string
  try {
    text = readFileSync(`${path}.offsets`, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  const commit = parseCommit(text)
  if (commit) return commit
  throw new ConnectError(
    'FILE_OFFSETS_BROKEN',
    `${path}.offsets is not what the file sink writes`,
    {
      hint: `Without it the file sink cannot know which records ${path} has. Restore it, or move both files away to begin anew.`
    }
  )
}

function parseCommit(text: string): Commit | null {
  try {
    const commit = JSON.parse(text) as Partial<Commit>
    const numbers = [commit.length, commit.generation, commit.claim]
    const whole = numbers.every((value) => Number.isSafeInteger(value))
    return commit.version === 1 && whole && Array.isArray(commit.offsets)
      ? (commit as Commit)
      : null
  } catch {
    return null
  }
}

/** @throws {FencedError} when the last claim on the file is another one */
function checkUnchanged(path: string, last: Commit | null): void {
  const found = readCommit(path)
  if (found?.claim !== last?.claim || found?.generation !== last?.generation) throw fenced(path)
}

/**
 * Replaces what the file beside the data says.
 * @param check throws when somebody else has the file by now
 */
async function storeCommit(path: string, commit: Commit, check: () => void): Promise<void> {
  const target = `${path}.offsets`
  // Of this claim alone: another writer's half written file must not be taken for ours.
  const draft = draftOf(path, commit)
  const file = await open(draft, 'w')
  try {
    await file.writeFile(`${JSON.stringify(commit)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    check()
    renameSync(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(target)
}

function draftOf(path: string, { generation, claim }: Commit): string {
  return `${path}.offsets.${generation}-${claim}.new`
}

/** A rename lasts once the folder is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function merged(
  before: readonly TopicPartitionOffset[],
  next: readonly TopicPartitionOffset[]
): TopicPartitionOffset[] {
  return [...without(before, next), ...next]
}

function without(
  offsets: readonly TopicPartitionOffset[],
  places: readonly TopicPartition[]
): TopicPartitionOffset[] {
  return offsets.filter(
    (one) =>
      !places.some(({ topic, partition }) => topic === one.topic && partition === one.partition)
  )
}

function fenced(path: string): FencedError {
  return new FencedError(`Another task has taken over file ${path}`, {
    hint: `If there is no other task (the worker's own data was deleted), remove ${path}.offsets to append to the file anew.`
  })
}

function shorter(path: string, size: number, committed: number): ConnectError {
  return new ConnectError(
    'FILE_CHANGED',
    `File ${path} has ${size} bytes, but ${committed} were committed: somebody cut or replaced it`,
    {
      hint: `Restore it; or, to begin a new file that goes on after the records written so far, set "length" in ${path}.offsets to ${size}.`
    }
  )
}

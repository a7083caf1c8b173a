import { isUtf8 } from 'node:buffer'
import { access } from 'node:fs/promises'
import { int, string } from '../../runtime/api/config.ts'
import { defineSource, type SourceOffsetChange } from '../../runtime/api/connector.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceBatch, SourceRecord } from '../../runtime/api/record.ts'
import * as schemas from '../../runtime/api/schema.ts'
import type { SourceTask, SourceTaskContext } from '../../runtime/api/task.ts'
import { explainFile } from './errors.ts'
import { type FilePosition, FollowedFile, findRotated, type Line } from './followed-file.ts'
import { QuietWait } from './quiet-wait.ts'

const LINE = schemas.string()
const START: FilePosition = { position: 0, head: '' }

interface Options {
  readonly file: string
  readonly topic: string
  readonly batchSize: number
  readonly maxLine: number
  readonly pollMs: number
}

/** Reads the lines of a file as they are appended. */
class FileSourceTask implements SourceTask {
  readonly #options: Options
  #context: SourceTaskContext | null = null
  #file: FollowedFile | null = null
  /** Where to begin in the file that is opened next. */
  #from: FilePosition = START
  #saidMissing = false
  readonly #quiet: QuietWait

  constructor(options: Options) {
    this.#options = options
    this.#quiet = new QuietWait(options.file, options.pollMs)
  }

  async start(context: SourceTaskContext): Promise<void> {
    this.#context = context
    const stored = await context.committed({ filename: this.#options.file })
    if (stored) {
      const { position, head } = stored
      this.#from = { position: Number(position ?? 0), head: typeof head === 'string' ? head : '' }
    }
  }

  async poll(): Promise<readonly SourceBatch[]> {
    const context = this.#context
    if (context === null) throw new ConnectError('SOURCE_NOT_STARTED', 'The task was not started')
    try {
      while (!context.signal.aborted) {
        this.#file ??= await this.#open(context)
        if (this.#file === null) this.#sayMissing(context)
        const lines = this.#file ? await this.#read(context, this.#file) : []
        if (lines.length > 0) return [await this.#batch(lines)]
        await this.#quiet.wait(this.#file?.path === this.#options.file, context.signal)
      }
      return []
    } catch (error) {
      throw explainFile(error, 'read', this.#options.file)
    }
  }

  async stop(): Promise<void> {
    this.#quiet.close()
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  /** The file that the position is in, or else the one that has its name now, from its start. */
  async #open(context: SourceTaskContext): Promise<FollowedFile | null> {
    const { file: path, maxLine } = this.#options
    const from = { ...this.#from, maxLine }
    const named = await FollowedFile.open(path, from)
    if (this.#from.position === 0 || (named && (await named.holds(from)))) return named
    const rotated = await findRotated(path, from)
    if (rotated) {
      context.logger.info('going on in the rotated file', { file: rotated.path })
      await named?.close()
      return rotated
    }
    if (named === null) return null
    context.logger.warn(
      'the file was replaced or cut: reading it from its start; what the old one had after the last position read is not known',
      {
        file: path,
        position: this.#from.position
      }
    )
    await named.close()
    this.#from = START
    return await FollowedFile.open(path, { ...START, maxLine })
  }

  /** The next lines; at the end of a file that was cut or moved, it goes on in the new one. */
  async #read(context: SourceTaskContext, file: FollowedFile): Promise<Line[]> {
    if (!(await file.intact())) {
      context.logger.warn('the file was cut: reading it from its start', { file: file.path })
      await this.#leave(file)
      return []
    }
    const lines = await file.lines(this.#options.batchSize)
    if (lines.length > 0) return lines
    const rotated = file.path !== this.#options.file
    const done = rotated ? await exists(this.#options.file) : await file.replaced()
    if (!done) return []
    // Its writer has turned to the new file: a last line without an end is complete.
    const more = await file.lines(this.#options.batchSize)
    const last = more.length > 0 ? more : await file.rest()
    if (last.length === 0) await this.#leave(file)
    return last
  }

  async #leave(file: FollowedFile): Promise<void> {
    this.#from = START
    this.#file = null
    await file.close()
  }

  async #batch(lines: readonly Line[]): Promise<SourceBatch> {
    const { file: path, topic } = this.#options
    this.#quiet.found()
    const records = lines.map((line) => toRecord(topic, this.#text(line)))
    const end = lines.at(-1)?.end ?? 0
    const position = this.#file ? await this.#file.advance(end) : START
    this.#from = position
    this.#context?.progress({ phase: 'streaming', detail: path, done: end })
    return { sourcePartition: { filename: path }, sourceOffset: { ...position }, records }
  }

  #text({ bytes, end }: Line): string {
    const text = bytes.toString('utf8')
    if (!text.includes('\ufffd') || isUtf8(bytes)) return text
    throw new ConnectError(
      'FILE_NOT_TEXT',
      `The line before byte ${end} of ${this.#options.file} is not UTF-8 text`
    )
  }

  #sayMissing(context: SourceTaskContext): void {
    if (this.#saidMissing) return
    this.#saidMissing = true
    context.logger.warn('waiting for a file that does not exist', { file: this.#options.file })
  }
}

function toRecord(topic: string, value: string): SourceRecord {
  return {
    topic,
    partition: null,
    keySchema: null,
    key: null,
    valueSchema: LINE,
    value,
    headers: [],
    timestamp: null
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false
  )
}

function named(file: string | null): string {
  if (file) return file
  throw new ConnectError('FILE_NOT_NAMED', 'There is no file to read', {
    hint: "set file: the standard input of a worker is not read, as Kafka Connect's source would"
  })
}

/**
 * As Kafka Connect's FileStreamSource, text for text. What else an offset or a partition holds does no
 * harm; a file that was read under an earlier config has its own partition.
 */
function checkOffset({ partition, offset }: SourceOffsetChange): void {
  if (offset === null) return
  if (!Object.hasOwn(offset, 'position')) {
    throw new ConnectError(
      'FILE_BAD_OFFSET',
      "Offset objects should either be null or contain the key 'position'"
    )
  }
  const { position } = offset
  if (typeof position !== 'bigint' && !Number.isSafeInteger(position)) {
    throw new ConnectError(
      'FILE_BAD_OFFSET',
      "The value for the 'position' key in the offset is expected to be a Long value"
    )
  }
  if (Number(position) < 0) {
    throw new ConnectError(
      'FILE_BAD_OFFSET',
      "The value for the 'position' key in the offset should be a non-negative value"
    )
  }
  if (!Object.hasOwn(partition, 'filename')) {
    throw new ConnectError('FILE_BAD_OFFSET', "Partition objects should contain the key 'filename'")
  }
}

export default defineSource({
  summary: 'The lines of a file, as they are appended.',
  classNames: ['org.apache.kafka.connect.file.FileStreamSourceConnector', 'FileStreamSource'],
  taskClass: 'org.apache.kafka.connect.file.FileStreamSourceTask',
  config: {
    file: string({
      doc: 'The file to read. It may appear later.',
      default: null,
      importance: 'HIGH',
      examples: ['/var/log/app.log']
    }),
    topic: string({
      doc: 'The topic for its lines.',
      importance: 'HIGH',
      validator: (topic) => (topic.trim() === '' ? 'must not be empty' : undefined),
      listing: { refusal: () => 'String must be non-empty' }
    }),
    'batch.size': int({
      doc: 'Most lines in one batch.',
      default: 2000,
      importance: 'LOW',
      validator: (size) => (size < 1 ? `must be at least 1, not ${size}` : undefined)
    }),
    'max.line.bytes': int({
      doc: 'Longest line. A longer one fails the task, because it has to fit into memory and into a record.',
      default: 8_388_608,
      min: 1024,
      importance: 'LOW',
      listing: { hidden: true }
    }),
    'file.poll.interval.ms': int({
      doc: 'How long to wait at the end of the file before looking for more. A file that has been quiet for long is read when the system reports a change, or else within a second.',
      default: 100,
      min: 1,
      importance: 'LOW',
      listing: { hidden: true }
    })
  },
  validate: ({ file }) =>
    file ? [] : [{ key: 'file', message: 'file is required: a worker reads no standard input' }],
  // Kafka Connect's source reads the standard input where there is no file, which cannot be read again.
  supportsExactlyOnce: ({ file }) => Boolean(file),
  checkOffsets: (_config, _raw, changes) => changes.forEach(checkOffset),
  createTask: (config) =>
    new FileSourceTask({
      file: named(config.file),
      topic: config.topic,
      batchSize: config['batch.size'],
      maxLine: config['max.line.bytes'],
      pollMs: config['file.poll.interval.ms']
    })
})

import { oneOf, string } from '../../runtime/api/config.ts'
import { defineSink } from '../../runtime/api/connector.ts'
import { ConnectError, DataError, FencedError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { SinkTask, SinkTaskContext } from '../../runtime/api/task.ts'
import { alterCommitted, CommittedFile } from './committed-file.ts'
import { explainFile } from './errors.ts'
import { type LineFormat, lineOf } from './lines.ts'

/** Appends records as lines to one file, each exactly once. */
class FileSinkTask implements SinkTask {
  readonly #path: string
  readonly #format: LineFormat
  #context: SinkTaskContext | null = null
  #file: CommittedFile | null = null

  constructor(path: string, format: LineFormat) {
    this.#path = path
    this.#format = format
  }

  async start(context: SinkTaskContext): Promise<void> {
    this.#context = context
  }

  async open(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const { offsets } = await this.#claim()
    return offsets.filter(({ topic, partition }) =>
      partitions.some((one) => one.topic === topic && one.partition === partition)
    )
  }

  async put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void> {
    const file = this.#file ?? (await this.#claim())
    const lines = await linesOf(notYetIn(file, records), this.#format, this.#context)
    try {
      await file.append(Buffer.from(lines), next)
    } catch (error) {
      // What is on disk is not known: the next delivery looks.
      if (!(error instanceof FencedError)) await this.stop()
      throw explainFile(error, 'write', this.#path)
    }
  }

  async stop(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  async #claim(): Promise<CommittedFile> {
    const context = this.#context
    if (context === null) throw new ConnectError('SINK_NOT_STARTED', 'The task was not started')
    await this.stop()
    try {
      this.#file = await CommittedFile.claim(this.#path, context.generation)
      return this.#file
    } catch (error) {
      throw explainFile(error, 'open', this.#path)
    }
  }
}

/** Without a file: what was printed cannot be taken back, so that after a crash some lines come twice. */
function standardOutputTask(format: LineFormat, output: NodeJS.WritableStream): SinkTask {
  let context: SinkTaskContext | null = null
  return {
    async start(given) {
      context = given
    },
    async put(records) {
      const lines = await linesOf(records, format, context)
      if (lines === '') return
      await new Promise<void>((resolve, reject) => {
        output.write(lines, (error) => (error ? reject(error) : resolve()))
      })
    },
    async stop() {}
  }
}

/** The records as lines, each with its end; those that cannot be lines are set aside. */
async function linesOf(
  records: readonly SinkRecord[],
  format: LineFormat,
  context: SinkTaskContext | null
): Promise<string> {
  let lines = ''
  for (const record of records) {
    try {
      lines += lineOf(record, format)
    } catch (error) {
      if (!(error instanceof DataError || error instanceof TypeError)) throw error
      await context?.reject(record, error)
    }
  }
  return lines
}

/** Leaves out what a write stored whose end was not known when it was delivered again. */
function notYetIn(file: CommittedFile, records: readonly SinkRecord[]): readonly SinkRecord[] {
  const stored = new Map(
    file.offsets.map(({ topic, partition, offset }) => [`${topic}\0${partition}`, offset])
  )
  return records.filter(({ original: { topic, partition, offset } }) => {
    return offset >= (stored.get(`${topic}\0${partition}`) ?? 0)
  })
}

export default defineSink({
  summary: 'Records as lines of a file, JSON or text, each exactly once.',
  classNames: ['org.apache.kafka.connect.file.FileStreamSinkConnector', 'FileStreamSink'],
  taskClass: 'org.apache.kafka.connect.file.FileStreamSinkTask',
  config: {
    file: string({
      doc: 'The file to append to. Its folder must exist. `<file>.offsets` beside it remembers which records it has. Without it, lines go to the standard output of the worker, after a crash some of them twice.',
      default: null,
      importance: 'HIGH',
      examples: ['/var/lib/millrace/orders.jsonl']
    }),
    format: oneOf(['auto', 'json'], {
      doc: '`auto` writes text as it is and everything else as JSON; `json` writes text as JSON, too.',
      default: 'auto',
      importance: 'MEDIUM',
      listing: { hidden: true }
    })
  },
  oneWriter: true,
  alterOffsets: async ({ file }, _raw, _connector, changes) => {
    if (!file) return
    try {
      await alterCommitted(file, changes)
    } catch (error) {
      throw explainFile(error, 'write', file)
    }
  },
  createTask: ({ file, format }) =>
    file ? new FileSinkTask(file, format) : standardOutputTask(format, process.stdout)
})

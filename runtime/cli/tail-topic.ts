import type { TopicPartitionOffset } from '../api/record.ts'
import type { Broker, FetchedBatch, Reader } from '../broker/broker.ts'
import { usageError } from './exit-code.ts'
import { interrupted } from './interrupt.ts'
import { type BrokerOptions, openBrokerOf } from './open-broker.ts'
import { type RecordFormat, recordFormat } from './record-format.ts'
import { write } from './terminal.ts'
import { choosePartitions, describeTopic, startPositions } from './topic-position.ts'

/** Options of `millrace topics tail`. */
export interface TailOptions extends BrokerOptions {
  readonly from: string
  readonly partition?: string
  readonly limit?: string
  readonly format: string
  readonly follow: boolean
}

const READ_BYTES = 1024 * 1024
const READ_WAIT_MS = 1000

/** Prints records of a topic until the limit, the end (without `follow`) or Ctrl-C. */
export async function tailTopic(topic: string, options: TailOptions): Promise<void> {
  const format = recordFormat(options.format)
  const limit = limitOf(options.limit)
  const signal = interrupted()
  const broker = await openBrokerOf(options, process.cwd())
  try {
    const partitions = choosePartitions(await describeTopic(broker, topic), options.partition)
    const positions = await startPositions(broker, partitions, options.from)
    const ends = options.follow ? null : await broker.offsets(partitions, 'latest')
    await using reader = await assigned(broker, positions)
    await new Tail({ reader: reader.reader, format, limit, ends, signal }).run(positions)
  } finally {
    await broker.close()
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^\d+$/.test(text)) return Number(text)
  throw usageError(`--limit must be a whole number, not '${text}'`)
}

async function assigned(
  broker: Broker,
  positions: readonly TopicPartitionOffset[]
): Promise<AsyncDisposable & { reader: Reader }> {
  const reader = await broker.reader()
  reader.assign(positions)
  return { reader, [Symbol.asyncDispose]: () => reader.close() }
}

interface TailParts {
  readonly reader: Reader
  readonly format: RecordFormat
  readonly limit: number
  /** Where to end, or null to follow. */
  readonly ends: readonly TopicPartitionOffset[] | null
  readonly signal: AbortSignal
}

class Tail {
  readonly #parts: TailParts
  #printed = 0

  constructor(parts: TailParts) {
    this.#parts = parts
  }

  async run(starts: readonly TopicPartitionOffset[]): Promise<void> {
    const { reader, signal, ends } = this.#parts
    const positions = new Map(starts.map(({ partition, offset }) => [partition, offset]))
    const done = () =>
      ends?.every(({ partition, offset }) => (positions.get(partition) ?? 0) >= offset) ?? false
    while (!signal.aborted && this.#printed < this.#parts.limit && !done()) {
      for (const batch of await readOrStop(reader, signal)) {
        await this.#print(batch)
        positions.set(batch.partition, batch.nextOffset)
      }
    }
  }

  async #print({ topic, partition, records }: FetchedBatch): Promise<void> {
    const { format, limit, ends, signal } = this.#parts
    const end = ends?.find((position) => position.partition === partition)?.offset
    for (const record of records) {
      if (this.#printed >= limit || signal.aborted) return
      if (end !== undefined && record.offset >= end) return
      await write(format({ ...record, topic, partition }))
      this.#printed++
    }
  }
}

/** Reads, where being interrupted means that there is nothing more. */
export async function readOrStop(
  reader: Reader,
  signal: AbortSignal
): Promise<readonly FetchedBatch[]> {
  try {
    return await reader.read({ maxBytes: READ_BYTES, maxWaitMs: READ_WAIT_MS, signal })
  } catch (error) {
    if (signal.aborted) return []
    throw error
  }
}

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { TopicPartitionOffset } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import type { Broker, FetchedBatch, Producer } from '../broker/broker.ts'
import { type BrokerSettings, openBroker } from '../broker/open-broker.ts'
import { CopyProgress } from './copy-progress.ts'
import { usageError } from './exit-code.ts'
import { interrupted } from './interrupt.ts'
import { brokerSettings, warningsOnly, workerOf } from './open-broker.ts'
import { readOrStop } from './tail-topic.ts'
import { print } from './terminal.ts'
import { choosePartitions, describeTopic } from './topic-position.ts'

/** Options of `millrace topics copy`. */
export interface CopyOptions {
  readonly from: string
  readonly to: string
  readonly follow?: boolean
  readonly append?: boolean
  readonly replicationFactor: string
}

/** Configs that mean the same everywhere; the others belong to the cluster that a topic is in. */
const COPIED_CONFIGS = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'max.message.bytes']

/** Copies topics one after another, or with `follow` side by side. */
export async function copyTopics(topics: readonly string[], options: CopyOptions): Promise<void> {
  const cwd = process.cwd()
  const from = await placeOf(options.from, cwd)
  const to = await placeOf(options.to, cwd)
  if (from.id === to.id) throw usageError('--from and --to are the same place')
  const signal = interrupted()
  const source = await openBroker(from.settings, logger)
  try {
    const target = await openBroker(to.settings, logger)
    try {
      const copies = topics.map(
        (topic) => new TopicCopy({ topic, source, target, from: from.id, options, signal })
      )
      if (options.follow) await Promise.all(copies.map((copy) => copy.run()))
      else for (const copy of copies) await copy.run()
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

const logger: Logger = warningsOnly

interface Place {
  /** The same for the same place, so that an interrupted copy is recognized. */
  readonly id: string
  readonly settings: BrokerSettings
}

async function placeOf(text: string, cwd: string): Promise<Place> {
  const kind = await stat(resolve(cwd, text)).catch(() => null)
  const options = kind?.isFile()
    ? { worker: text }
    : /^[^/\\]+:\d+(,|$)/.test(text)
      ? { bootstrapServers: text }
      : { dataDir: text }
  const settings = brokerSettings(await workerOf(options, cwd), cwd)
  const id =
    settings.kind === 'lmdb'
      ? settings.path
      : (settings.config['bootstrap.servers'] ?? '')
          .split(',')
          .map((s) => s.trim())
          .toSorted()
          .join(',')
  return { id, settings }
}

interface CopyParts {
  readonly topic: string
  readonly source: Broker
  readonly target: Broker
  readonly from: string
  readonly options: CopyOptions
  readonly signal: AbortSignal
}

class TopicCopy {
  readonly #parts: CopyParts
  #copied = 0

  constructor(parts: CopyParts) {
    this.#parts = parts
  }

  async run(): Promise<void> {
    const { topic, source, target, from } = this.#parts
    const described = await describeTopic(source, topic)
    const partitions = choosePartitions(described, undefined)
    await this.#createTarget(described.partitions, described.configs)
    const progress = await CopyProgress.open(target, { from, topic })
    const producer = await this.#openProducer()
    try {
      // Read after the producer is open: an older copy of the same topic can add nothing any more.
      await progress.read()
      await this.#requireOwnRecords(described.partitions, progress)
      const starts = await source.offsets(partitions, 'earliest')
      const positions = starts.map((start) => ({
        ...start,
        offset: Math.max(start.offset, progress.next(start.partition) ?? 0)
      }))
      await this.#copy(positions, progress, producer)
    } finally {
      await producer.close()
    }
    // Kafka shows a transaction a moment after its commit. Opening the id again waits for that moment,
    // so that whoever reads the copy next finds all of it.
    await (await this.#openProducer()).close()
  }

  #openProducer(): Promise<Producer> {
    const { topic, target } = this.#parts
    return target.producer({
      clientId: 'millrace-copy',
      transactionalId: `millrace-copy-${topic}`
    })
  }

  async #createTarget(
    partitions: number,
    configs: Readonly<Record<string, string>>
  ): Promise<void> {
    const { topic, target, options } = this.#parts
    const kept = Object.entries(configs).filter(([name]) => COPIED_CONFIGS.includes(name))
    const replicationFactor = Number(options.replicationFactor)
    await target.createTopics([
      { name: topic, partitions, configs: Object.fromEntries(kept), replicationFactor }
    ])
    const [created] = await target.describeTopics([topic])
    if (created && created.partitions < partitions) {
      throw usageError(
        `${topic} has ${created.partitions} partitions at the target, but ${partitions} at the source`,
        'add partitions at the target, or copy into another place'
      )
    }
  }

  /** Records that another wrote would be mixed with the copied ones, or the copy would be a second one. */
  async #requireOwnRecords(partitions: number, progress: CopyProgress): Promise<void> {
    const { topic, target, options } = this.#parts
    if (options.append || !progress.isEmpty) return
    const all = choosePartitions({ name: topic, partitions, configs: {} }, undefined)
    const starts = await target.offsets(all, 'earliest')
    const ends = await target.offsets(all, 'latest')
    if (ends.every((end, index) => end.offset === starts[index]?.offset)) return
    throw usageError(
      `${topic} has records at the target that were not copied from here`,
      'delete the topic there first, or add --append to write after them'
    )
  }

  async #copy(
    starts: readonly TopicPartitionOffset[],
    progress: CopyProgress,
    producer: Producer
  ): Promise<void> {
    const { topic, source, options, signal } = this.#parts
    const ends = await source.offsets(starts, 'latest')
    const total = ends.reduce((sum, end, i) => sum + end.offset - (starts[i]?.offset ?? 0), 0)
    const positions = new Map(starts.map(({ partition, offset }) => [partition, offset]))
    const reader = await source.reader()
    reader.assign(starts)
    const done = () =>
      !options.follow && ends.every((end) => (positions.get(end.partition) ?? 0) >= end.offset)
    try {
      while (!signal.aborted && !done()) {
        const batches = await readOrStop(reader, signal)
        if (batches.length === 0) continue
        await this.#append(batches, progress, producer)
        for (const batch of batches) positions.set(batch.partition, batch.nextOffset)
        showProgress(topic, this.#copied, total)
      }
    } finally {
      await reader.close()
    }
    const complete = done() || options.follow
    await print(
      `${topic}: ${this.#copied} records copied${complete ? '' : '; interrupted, the same command goes on from here'}`
    )
  }

  /** One transaction: the records, and how far they reach at the source. */
  async #append(
    batches: readonly FetchedBatch[],
    progress: CopyProgress,
    producer: Producer
  ): Promise<void> {
    for (const { topic, partition, records, nextOffset } of batches) {
      if (records.length > 0) await producer.append(topic, partition, records)
      await producer.append(CopyProgress.topic, 0, [progress.record(partition, nextOffset)])
      this.#copied += records.length
    }
    await producer.commit()
  }
}

function showProgress(topic: string, copied: number, total: number): void {
  if (!process.stderr.isTTY) return
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((copied / total) * 100))
  process.stderr.write(`\r\u001b[K${topic}: ${copied} records (${percent} %)\r`)
}

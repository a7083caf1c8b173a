import { systemClock } from '../api/clock.ts'
import { describeError } from '../api/errors.ts'
import type { TopicPartition, TopicPartitionOffset } from '../api/record.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import { shareOf, type TopicSelection } from './sink-assignment.ts'

export interface SinkPartitionsOptions {
  readonly broker: Broker
  readonly selection: TopicSelection
  readonly task: number
  readonly tasks: number
  /**
   * How often to look for new topics and partitions, in milliseconds; more often after a change and
   * while there is none.
   */
  readonly refreshMs: number
  readonly logger: Logger
  onChange(): void
}

/** Topics seldom come alone: after a start and after a change the next look is soon. */
const SOON_MS = 200
const SOON_LOOKS = 25
/** And while a topic is missing: whoever named it is waiting for it. */
const MISSING_MS = 1000

/** Looks for the partitions of a sink task, again and again: topics come and go, and grow. */
export class SinkPartitions {
  readonly #options: SinkPartitionsOptions
  #current: readonly TopicPartition[] = []
  #found: readonly TopicPartition[] | undefined
  #cancelLook: (() => void) | undefined
  #looking: Promise<void> | undefined
  #closed = false
  #soonLooks = SOON_LOOKS
  /** Whether every topic that was named, or any that matches, has been found. */
  #isComplete = false

  constructor(options: SinkPartitionsOptions) {
    this.#options = options
  }

  /** @returns the partitions, when they have changed since the last call */
  takeChange(): readonly TopicPartition[] | undefined {
    const found = this.#found
    this.#found = undefined
    if (found !== undefined) this.#current = found
    return found
  }

  /** Looks once and then every `refreshMs`. @throws when the first look fails */
  async start(): Promise<void> {
    await this.#look()
    this.#schedule()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelLook?.()
    await this.#looking
  }

  #schedule(): void {
    if (this.#closed) return
    const { refreshMs } = this.#options
    const soon = this.#soonLooks-- > 0 ? SOON_MS : this.#isComplete ? refreshMs : MISSING_MS
    this.#cancelLook = systemClock.atNext(Math.min(soon, refreshMs), () => {
      this.#looking = this.#look()
        .catch((error: unknown) => {
          const fields = { error: describeError(error) }
          this.#options.logger.warn('Cannot look for new topics; trying again.', fields)
        })
        .finally(() => this.#schedule())
    })
  }

  async #look(): Promise<void> {
    const { broker, selection, task, tasks, onChange } = this.#options
    const described = await broker.describeTopics(selection.names ?? undefined)
    const topics = described.filter(({ name }) => selection.matches(name))
    const share = shareOf(topics, task, tasks)
    this.#isComplete = topics.length >= (selection.names?.length ?? 1)
    if (samePartitions(share, this.#found ?? this.#current)) return
    this.#found = share
    this.#soonLooks = SOON_LOOKS
    onChange()
  }
}

function samePartitions(a: readonly TopicPartition[], b: readonly TopicPartition[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => one.topic === b[index]?.topic && one.partition === b[index]?.partition)
  )
}

/** Positions by topic and partition. */
export class Positions {
  readonly #byKey = new Map<string, TopicPartitionOffset>()

  set(position: TopicPartitionOffset): void {
    this.#byKey.set(keyOf(position), position)
  }

  get(partition: TopicPartition): TopicPartitionOffset | undefined {
    return this.#byKey.get(keyOf(partition))
  }

  /** Forgets the partitions that are not among these. */
  keep(partitions: readonly TopicPartition[]): void {
    const kept = new Set(partitions.map(keyOf))
    for (const key of this.#byKey.keys()) if (!kept.has(key)) this.#byKey.delete(key)
  }

  all(): TopicPartitionOffset[] {
    return [...this.#byKey.values()]
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}

/** How a sink finds its first position in a partition. */
export interface StartOptions {
  readonly broker: Broker
  readonly group: string
  /** Where to start without any stored position: `auto.offset.reset`. */
  readonly reset: 'earliest' | 'latest'
}

/**
 * The positions to read from: those that the target stores, else those committed for the group, else
 * the reset position.
 */
export async function startPositions(
  partitions: readonly TopicPartition[],
  stored: readonly TopicPartitionOffset[],
  { broker, group, reset }: StartOptions
): Promise<TopicPartitionOffset[]> {
  const known = new Positions()
  const committed = await broker.groupOffsets(group)
  for (const position of [...committed, ...stored]) known.set(position)
  const unknown = partitions.filter((partition) => known.get(partition) === undefined)
  if (unknown.length > 0) {
    for (const position of await broker.offsets(unknown, reset)) known.set(position)
  }
  return partitions.flatMap((partition) => known.get(partition) ?? [])
}

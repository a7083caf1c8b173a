import { ConnectError, FencedError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'

/** Whose offsets, and in which table of the target. */
export interface OffsetsPlace {
  readonly connector: string
  /** Its name, with or without a schema (in MySQL a database). */
  readonly table: string
}

/** What the target has stored for a partition that this task owns. */
export interface StoredClaim extends TopicPartition {
  /** The next offset to read; null when nothing was stored yet. */
  readonly offset: number | null
  /** Grows with each claim: whoever holds an older one is fenced. */
  readonly epoch: string
}

/** A row of that table: topic, partition, next offset, epoch. */
export function toClaim([topic, partition, offset, epoch]: readonly (
  | string
  | null
)[]): StoredClaim {
  return {
    topic: topic ?? '',
    partition: Number(partition),
    offset: offset === null || offset === undefined ? null : Number(offset),
    epoch: epoch ?? ''
  }
}

/**
 * The partitions that a task owns in a table of the target, and the offsets it has stored there. A
 * row of that table belongs to the task that claimed it last; an older task's next transaction fails.
 */
export class OffsetClaims {
  readonly #connector: string
  readonly #removal: string
  readonly #claims = new Map<string, StoredClaim>()

  /** @param removal the statement that removes the connector's rows, for the hint of an error */
  constructor(connector: string, removal: string) {
    this.#connector = connector
    this.#removal = removal
  }

  clear(): void {
    this.#claims.clear()
  }

  get held(): readonly StoredClaim[] {
    return [...this.#claims.values()]
  }

  /** Takes partitions as they were just claimed. @returns the positions stored for them */
  take(stored: readonly StoredClaim[]): TopicPartitionOffset[] {
    for (const claim of stored) this.#claims.set(keyOf(claim), claim)
    return this.held.flatMap(({ topic, partition, offset }) =>
      offset === null ? [] : [{ topic, partition, offset }]
    )
  }

  /**
   * Takes in what was read again, after a transaction whose end is not known.
   *
   * @throws {FencedError} when somebody else has claimed a partition meanwhile
   */
  confirm(stored: readonly StoredClaim[]): void {
    for (const claim of stored) {
      if (this.#claims.get(keyOf(claim))?.epoch !== claim.epoch) throw this.fenced()
      this.#claims.set(keyOf(claim), claim)
    }
    if (stored.length < this.#claims.size) throw this.fenced()
  }

  /** @throws {ConnectError} SINK_NOT_OPEN when the partition is not this task's */
  epochOf(place: TopicPartition): string {
    const claim = this.#claims.get(keyOf(place))
    if (claim) return claim.epoch
    const { topic, partition } = place
    throw new ConnectError(
      'SINK_NOT_OPEN',
      `Partition ${partition} of topic ${topic} was not opened`
    )
  }

  /** Whether the record's effect is in the target already. */
  isDone({ original }: SinkRecord): boolean {
    const claim = this.#claims.get(keyOf(original))
    return claim !== undefined && claim.offset !== null && original.offset < claim.offset
  }

  /** Those positions are in the target now. */
  stored(next: readonly TopicPartitionOffset[]): void {
    for (const place of next) {
      const claim = this.#claims.get(keyOf(place))
      if (claim) this.#claims.set(keyOf(place), { ...claim, offset: place.offset })
    }
  }

  /** The error for a task that is not the last one to claim its partitions. */
  fenced(): FencedError {
    return new FencedError(
      `Another task of connector ${this.#connector} has taken over its partitions in the target`,
      {
        hint: `If there is no other task (the worker's own data was deleted, or two clusters share the target), remove its rows: ${this.#removal}`
      }
    )
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}\0${partition}`
}

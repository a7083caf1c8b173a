import { ConnectError, FencedError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { RunQuery } from './connection.ts'
import { quoteName } from './sink-naming.ts'

/** A partition that this task owns in the target. */
interface Claim extends TopicPartition {
  /** The next offset to read; null when nothing was stored yet. */
  readonly offset: number | null
  /** Grows with each claim: whoever holds an older one is fenced. */
  readonly epoch: string
}

/** Statement and parameters, ready to send. */
export interface FenceQuery {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * The offsets of topic partitions in a table of the target, changed in the same transaction as the
 * rows. A row belongs to the task that claimed it last; an older task's next transaction fails.
 */
export class TargetOffsets {
  readonly #connector: string
  readonly #table: string
  readonly #claims = new Map<string, Claim>()

  /** @param table its name, with or without a schema */
  constructor(connector: string, table: string) {
    this.#connector = connector
    this.#table = table.split('.').map(quoteName).join('.')
  }

  /** Makes the table where it is missing. */
  async prepare(query: RunQuery): Promise<void> {
    const [found] = await query('SELECT to_regclass($1)::text', [this.#table])
    if (found?.[0]) return
    const creation = `CREATE TABLE IF NOT EXISTS ${this.#table} (
  connector text NOT NULL, topic text NOT NULL, partition integer NOT NULL,
  next_offset bigint, generation bigint NOT NULL, epoch bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (connector, topic, partition))`
    try {
      await query(creation)
    } catch (error) {
      // Two tasks that start together may both find it missing, and one of them fails to make it.
      const [made] = await query('SELECT to_regclass($1)::text', [this.#table])
      if (!made?.[0]) throw error
    }
  }

  /**
   * Takes partitions over. Waits for a transaction of their former owner that is still open.
   *
   * @returns the stored positions
   * @throws {FencedError} when a task of a newer generation owns one of them
   */
  async claim(
    query: RunQuery,
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<TopicPartitionOffset[]> {
    this.#claims.clear()
    if (partitions.length === 0) return []
    const text = `INSERT INTO ${this.#table} AS o (connector, topic, partition, generation, epoch)
SELECT $1, t, p, $4, 1 FROM unnest($2::text[], $3::integer[]) AS r(t, p) ORDER BY t, p
ON CONFLICT (connector, topic, partition) DO UPDATE
SET generation = EXCLUDED.generation, epoch = o.epoch + 1, updated_at = now()
WHERE o.generation <= EXCLUDED.generation
RETURNING topic, partition, next_offset, epoch`
    await query('BEGIN')
    const parameters = [this.#connector, ...lists(partitions), String(generation)]
    const rows = await query(text, parameters)
    if (rows.length < partitions.length) {
      await query('ROLLBACK')
      throw this.#fenced()
    }
    await query('COMMIT')
    for (const row of rows) this.#remember(row)
    return this.#positions()
  }

  /**
   * Reads the stored positions again, after a transaction whose end is not known.
   *
   * @throws {FencedError} when somebody else has claimed a partition meanwhile
   */
  async refresh(query: RunQuery): Promise<void> {
    const held = [...this.#claims.values()]
    if (held.length === 0) return
    const text = `SELECT topic, partition, next_offset, epoch FROM ${this.#table}
WHERE connector = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::integer[]))`
    const rows = await query(text, [this.#connector, ...lists(held)])
    for (const row of rows) {
      const claim = this.#claims.get(keyOf(row[0] ?? '', Number(row[1])))
      if (claim?.epoch !== row[3]) throw this.#fenced()
      this.#remember(row)
    }
    if (rows.length < held.length) throw this.#fenced()
  }

  /** Whether the record's effect is in the target already. */
  isDone({ original }: SinkRecord): boolean {
    const claim = this.#claims.get(keyOf(original.topic, original.partition))
    return claim !== undefined && claim.offset !== null && original.offset < claim.offset
  }

  /**
   * The statement that stores the positions and locks their rows. It fails with division by zero
   * when one of them has been claimed by somebody else.
   */
  fence(next: readonly TopicPartitionOffset[]): FenceQuery {
    const epochs = next.map(({ topic, partition }) => {
      const claim = this.#claims.get(keyOf(topic, partition))
      if (claim) return claim.epoch
      throw new ConnectError(
        'SINK_NOT_OPEN',
        `Partition ${partition} of topic ${topic} was not opened`
      )
    })
    const text = `WITH stored AS (
  UPDATE ${this.#table} AS o SET next_offset = r.n, updated_at = now()
  FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS r(t, p, n, e)
  WHERE o.connector = $1 AND o.topic = r.t AND o.partition = r.p AND o.epoch = r.e RETURNING 1
) SELECT 1 / (count(*) = cardinality($2::text[]))::integer FROM stored`
    const offsets = next.map(({ offset }) => String(offset))
    const values = [this.#connector, ...lists(next), literal(offsets), literal(epochs)]
    return { name: 'millrace_fence', text, values }
  }

  /** Those positions are in the target now. */
  stored(next: readonly TopicPartitionOffset[]): void {
    for (const { topic, partition, offset } of next) {
      const claim = this.#claims.get(keyOf(topic, partition))
      if (claim) this.#claims.set(keyOf(topic, partition), { ...claim, offset })
    }
  }

  /** The error for a statement of {@link fence} that failed with division by zero. */
  #fenced(): FencedError {
    return new FencedError(
      `Another task of connector ${this.#connector} has taken over its partitions in the target`,
      {
        hint: `If there is no other task (the worker's own data was deleted, or two clusters share the target), remove its rows: DELETE FROM ${this.#table} WHERE connector = '${this.#connector.replaceAll("'", "''")}'`
      }
    )
  }

  fencedError(): FencedError {
    return this.#fenced()
  }

  #remember(row: readonly (string | null)[]): void {
    const [topic, partition, offset, epoch] = row
    const claim = {
      topic: topic ?? '',
      partition: Number(partition),
      offset: offset === null || offset === undefined ? null : Number(offset),
      epoch: epoch ?? ''
    }
    this.#claims.set(keyOf(claim.topic, claim.partition), claim)
  }

  #positions(): TopicPartitionOffset[] {
    return [...this.#claims.values()].flatMap(({ topic, partition, offset }) =>
      offset === null ? [] : [{ topic, partition, offset }]
    )
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}\0${partition}`
}

/** A text array literal. Topic names have no characters that need more than quotes. */
function literal(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}

function lists(partitions: readonly TopicPartition[]): [topics: string, numbers: string] {
  return [
    literal(partitions.map(({ topic }) => topic)),
    literal(partitions.map(({ partition }) => String(partition)))
  ]
}

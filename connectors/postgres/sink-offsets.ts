import type { TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import { OffsetClaims, type OffsetsPlace, toClaim } from '../relational/sink-claims.ts'
import type { RunQuery } from './connection.ts'
import { pathSql } from './sink-names.ts'

/** The claims of a connector that has none yet. */
export function noClaims({ connector, table }: OffsetsPlace): OffsetClaims {
  const name = connector.replaceAll("'", "''")
  return new OffsetClaims(connector, `DELETE FROM ${pathSql(table)} WHERE connector = '${name}'`)
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
  readonly claims: OffsetClaims
  readonly #connector: string
  readonly #table: string

  constructor(claims: OffsetClaims, { connector, table }: OffsetsPlace) {
    this.claims = claims
    this.#connector = connector
    this.#table = pathSql(table)
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
    this.claims.clear()
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
      throw this.claims.fenced()
    }
    await query('COMMIT')
    return this.claims.take(rows.map(toClaim))
  }

  /**
   * Reads the stored positions again, after a transaction whose end is not known.
   *
   * @throws {FencedError} when somebody else has claimed a partition meanwhile
   */
  async refresh(query: RunQuery): Promise<void> {
    const { held } = this.claims
    if (held.length === 0) return
    const text = `SELECT topic, partition, next_offset, epoch FROM ${this.#table}
WHERE connector = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::integer[]))`
    const rows = await query(text, [this.#connector, ...lists(held)])
    this.claims.confirm(rows.map(toClaim))
  }

  /**
   * The statement that stores the positions and locks their rows. It fails with division by zero
   * when one of them has been claimed by somebody else.
   */
  fence(next: readonly TopicPartitionOffset[]): FenceQuery {
    const epochs = next.map((place) => this.claims.epochOf(place))
    const text = `WITH stored AS (
  UPDATE ${this.#table} AS o SET next_offset = r.n, updated_at = now()
  FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS r(t, p, n, e)
  WHERE o.connector = $1 AND o.topic = r.t AND o.partition = r.p AND o.epoch = r.e RETURNING 1
) SELECT 1 / (count(*) = cardinality($2::text[]))::integer FROM stored`
    const offsets = next.map(({ offset }) => String(offset))
    const values = [this.#connector, ...lists(next), literal(offsets), literal(epochs)]
    return { name: 'millrace_fence', text, values }
  }
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

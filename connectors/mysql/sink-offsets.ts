import type { TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import {
  OffsetClaims,
  type OffsetsPlace,
  type StoredClaim,
  toClaim
} from '../relational/sink-claims.ts'
import { errorNumber } from './errors.ts'
import type { SinkConnection } from './sink-connection.ts'
import { pathSql, textSql } from './sink-names.ts'
import { refuseNonTransactional } from './sink-tables.ts'

/** The claims of a connector that has none yet. */
export function noClaims({ connector, table }: OffsetsPlace): OffsetClaims {
  return new OffsetClaims(
    connector,
    `DELETE FROM ${pathSql(table)} WHERE connector = ${textSql(connector)}`
  )
}

const DEADLOCK = 1213
const TRIES = 5

/**
 * The offsets of topic partitions in a table of the target, changed in the same transaction as the
 * rows. A row belongs to the task that claimed it last; an older task's next transaction fails.
 */
export class TargetOffsets {
  readonly claims: OffsetClaims
  readonly #connector: string
  readonly #path: string
  readonly #table: string

  constructor(claims: OffsetClaims, { connector, table }: OffsetsPlace) {
    this.claims = claims
    this.#connector = connector
    this.#path = table
    this.#table = pathSql(table)
  }

  /**
   * Makes the table where it is missing.
   *
   * @throws {ConnectError} SINK_NOT_TRANSACTIONAL
   */
  async prepare(connection: SinkConnection): Promise<void> {
    const { exactCollation } = connection.facts
    const text = (length: number) =>
      `varchar(${length}) CHARACTER SET utf8mb4 COLLATE ${exactCollation} NOT NULL`
    await connection.run(`CREATE TABLE IF NOT EXISTS ${this.#table} (
  connector ${text(255)}, topic ${text(249)}, \`partition\` int NOT NULL,
  next_offset bigint NULL, generation bigint NOT NULL, epoch bigint NOT NULL,
  updated_at datetime(6) NOT NULL, PRIMARY KEY (connector, topic, \`partition\`)) ENGINE=InnoDB`)
    const [table, schema] = this.#path.split('.').reverse()
    await refuseNonTransactional(connection, { schema: schema ?? null, table: table ?? '' })
  }

  /**
   * Takes partitions over. Waits for a transaction of their former owner that is still open.
   *
   * @returns the stored positions
   * @throws {FencedError} when a task of a newer generation owns one of them
   */
  async claim(
    connection: SinkConnection,
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<TopicPartitionOffset[]> {
    this.claims.clear()
    if (partitions.length === 0) return []
    for (let tries = 1; ; tries++) {
      await connection.run('START TRANSACTION')
      try {
        const stored = await this.#take(connection, partitions, generation)
        await connection.run('COMMIT')
        return this.claims.take(stored)
      } catch (error) {
        await connection.run('ROLLBACK')
        // Tasks that make rows of one connector at the same time can wait for one another.
        if (errorNumber(error) !== DEADLOCK || tries === TRIES) throw error
      }
    }
  }

  async #take(
    connection: SinkConnection,
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<StoredClaim[]> {
    const rows = partitions
      .toSorted((a, b) =>
        a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
      )
      .map(
        ({ topic, partition }) =>
          `(${textSql(this.#connector)}, ${textSql(topic)}, ${partition}, ${generation}, 1, UTC_TIMESTAMP(6))`
      )
    // In this order: each assignment sees those before it.
    await connection.run(`INSERT INTO ${this.#table} (connector, topic, \`partition\`, generation, epoch, updated_at)
VALUES ${rows.join(', ')} ON DUPLICATE KEY UPDATE
epoch = IF(generation <= VALUES(generation), epoch + 1, epoch), updated_at = UTC_TIMESTAMP(6),
generation = GREATEST(generation, VALUES(generation))`)
    const found = await connection.run(
      `${this.#selection(partitions)} AND generation = ${generation}`
    )
    if (found.rows.length < partitions.length) throw this.claims.fenced()
    return found.rows.map(toClaim)
  }

  /**
   * Reads the stored positions again, after a transaction whose end is not known.
   *
   * @throws {FencedError} when somebody else has claimed a partition meanwhile
   */
  async refresh(connection: SinkConnection): Promise<void> {
    const { held } = this.claims
    if (held.length === 0) return
    const { rows } = await connection.run(this.#selection(held))
    this.claims.confirm(rows.map(toClaim))
  }

  /**
   * The statement that stores the positions and locks their rows. It finds fewer rows than there are positions
   * when one of them has been claimed by somebody else.
   */
  fence(next: readonly TopicPartitionOffset[]): string {
    const places = next.map((place) => {
      const found = `topic = ${textSql(place.topic)} AND \`partition\` = ${place.partition}`
      return { found, epoch: this.claims.epochOf(place), offset: place.offset }
    })
    const cases = places.map(({ found, offset }) => `WHEN ${found} THEN ${offset}`)
    const owned = places.map(({ found, epoch }) => `(${found} AND epoch = ${epoch})`)
    return `UPDATE ${this.#table} SET next_offset = CASE ${cases.join(' ')} END, updated_at = UTC_TIMESTAMP(6)
WHERE connector = ${textSql(this.#connector)} AND (${owned.join(' OR ')})`
  }

  #selection(partitions: readonly TopicPartition[]): string {
    const places = partitions.map(
      ({ topic, partition }) => `(topic = ${textSql(topic)} AND \`partition\` = ${partition})`
    )
    return `SELECT topic, \`partition\`, next_offset, epoch FROM ${this.#table}
WHERE connector = ${textSql(this.#connector)} AND (${places.join(' OR ')})`
  }
}

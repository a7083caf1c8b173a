import type { SinkOffsetChange } from '../../runtime/api/connector.ts'
import { errorNumber } from './errors.ts'
import type { SinkConnection } from './sink-connection.ts'
import { pathSql, textSql } from './sink-names.ts'

const NO_TABLE = 1146

/**
 * Changes the offsets that a stopped sink has in its target. Its rows keep their generation and get a
 * new epoch, so that a task that is still about to write is fenced.
 */
export async function alterTargetOffsets(
  connection: SinkConnection,
  options: {
    readonly connector: string
    /** `offsets.table.name`, with or without a database. */
    readonly table: string
    readonly changes: readonly SinkOffsetChange[] | 'reset'
  }
): Promise<void> {
  const { connector, changes } = options
  const update = (offset: number | null) =>
    `UPDATE ${pathSql(options.table)} SET next_offset = ${offset ?? 'NULL'}, epoch = epoch + 1, updated_at = UTC_TIMESTAMP(6) WHERE connector = ${textSql(connector)}`
  try {
    await connection.run('START TRANSACTION')
    if (changes === 'reset') await connection.run(update(null))
    else {
      for (const { topic, partition, offset } of changes) {
        await connection.run(
          `${update(offset)} AND topic = ${textSql(topic)} AND \`partition\` = ${partition}`
        )
      }
    }
    await connection.run('COMMIT')
  } catch (error) {
    // Without the table nothing was ever stored.
    if (errorNumber(error) !== NO_TABLE) throw error
  }
}

import type { SinkOffsetChange } from '../../runtime/api/connector.ts'
import type { RunQuery } from './connection.ts'
import { pathSql } from './sink-names.ts'

/**
 * Changes the offsets that a stopped sink has in its target. Its rows keep their generation and get a
 * new epoch, so that a task that is still about to write is fenced.
 */
export async function alterTargetOffsets(
  query: RunQuery,
  options: {
    readonly connector: string
    /** `offsets.table.name`, with or without a schema. */
    readonly table: string
    readonly changes: readonly SinkOffsetChange[] | 'reset'
  }
): Promise<void> {
  const { connector, changes } = options
  const table = pathSql(options.table)
  const [found] = await query('SELECT to_regclass($1)::text', [table])
  if (!found?.[0]) return
  const update = `UPDATE ${table}
SET next_offset = $2::bigint, epoch = epoch + 1, updated_at = now() WHERE connector = $1`
  if (changes === 'reset') {
    await query(update, [connector, null])
    return
  }
  await query('BEGIN')
  for (const { topic, partition, offset } of changes) {
    const position = offset === null ? null : String(offset)
    const place = [topic, String(partition)]
    await query(`${update} AND topic = $3 AND partition = $4::integer`, [
      connector,
      position,
      ...place
    ])
  }
  await query('COMMIT')
}

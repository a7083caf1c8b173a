import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceConfig } from './source-config.ts'

const KEY = 'snapshot.select.statement.overrides'

/** The statement that a snapshot runs instead of reading a table, or null. */
export function selectStatement(
  config: SourceConfig,
  raw: RawConfig,
  table: string
): string | null {
  if (!config[KEY].includes(table)) return null
  return raw[`${KEY}.${table}`] ?? null
}

/** Statements without a table and tables without a statement: they do nothing. */
export function idleOverrides(config: SourceConfig, raw: RawConfig): readonly string[] {
  const listed = config[KEY]
  const given = Object.keys(raw).filter((key) => key.startsWith(`${KEY}.`))
  return [
    ...listed
      .filter((table) => raw[`${KEY}.${table}`] === undefined)
      .map(
        (table) => `${KEY} has '${table}', but there is no ${KEY}.${table}: the whole table is read`
      ),
    ...given
      .filter((key) => !listed.includes(key.slice(KEY.length + 1)))
      .map((key) => `${key} has no effect: its table is not in ${KEY}`)
  ]
}

import type { KeyProblem } from '../../runtime/api/connector.ts'
import { type NameAdjustment, nameAdjuster } from '../../runtime/api/name-adjuster.ts'
import { NameFilter } from './name-filter.ts'

/**
 * Debezium's topic of a table: what a topic name must not have becomes an underscore.
 *
 * @param parts schema or database, and table
 */
export function topicName(
  config: { readonly 'topic.prefix': string; readonly 'topic.delimiter': string },
  ...parts: readonly string[]
): string {
  const name = [config['topic.prefix'], ...parts].join(config['topic.delimiter'])
  return name.replaceAll(/[^a-zA-Z0-9._-]/g, '_')
}

/** Columns that `message.key.columns` (`table:column,column;table:column`) gives a table, or null. */
export function messageKey(setting: string | null, id: string): readonly string[] | null {
  for (const entry of (setting ?? '').split(';')) {
    const colon = entry.lastIndexOf(':')
    if (colon < 0 || !new NameFilter([entry.slice(0, colon).trim()]).includes(id)) continue
    return entry
      .slice(colon + 1)
      .split(',')
      .map((column) => column.trim())
  }
  return null
}

/** What is wrong with the form of `message.key.columns`. */
export function messageKeyProblems(setting: string | null): KeyProblem[] {
  return (setting ?? '')
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !/^[^:]+:[^:]+$/.test(entry))
    .map((entry) => ({
      key: 'message.key.columns',
      message: `message.key.columns must be table:column,column;table:column, and '${entry}' is not`
    }))
}

/** What makes the names of schemas and fields legal; nothing where they stay as they are. */
export function nameAdjusters(config: {
  readonly 'schema.name.adjustment.mode': NameAdjustment
  readonly 'field.name.adjustment.mode': NameAdjustment
}): {
  readonly schemaName?: (name: string) => string
  readonly fieldName?: (name: string) => string
} {
  const schemaName = nameAdjuster(config['schema.name.adjustment.mode'], true)
  const fieldName = nameAdjuster(config['field.name.adjustment.mode'], false)
  return { ...(schemaName ? { schemaName } : {}), ...(fieldName ? { fieldName } : {}) }
}

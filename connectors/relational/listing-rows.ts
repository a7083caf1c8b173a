import type { ListingRow } from '../../runtime/api/listing.ts'
import { connectionRows } from './listing-connection.ts'
import { connectorRows } from './listing-connector.ts'
import type { Row } from './listing-row.ts'

// How Debezium lists its keys over the REST API: captured from its connectors.

const shared = new Map([...connectionRows, ...connectorRows].map((row) => [row[0], row]))

/**
 * The keys of one of Debezium's groups, in its order.
 *
 * @param keys a key's name alone: it is listed as for all connectors
 * @throws {Error} for such a name that is not
 */
export function rows(group: string, keys: readonly (Row | string)[]): ListingRow[] {
  return keys.map((row) => {
    const [key, width, displayName, more] = typeof row === 'string' ? sharedRow(row) : row
    return [key, group, width, displayName, more ?? {}]
  })
}

function sharedRow(name: string): Row {
  const row = shared.get(name)
  if (row === undefined) throw new Error(`'${name}' is not listed for all connectors`)
  return row
}

import type { ListingRow } from '../../runtime/api/listing.ts'

// How Debezium 3.6 lists its keys over the REST API: captured from its PostgresConnector.

type Row = readonly [
  key: string,
  width: ListingRow[2],
  displayName: string,
  more?: Exclude<ListingRow[4], undefined>
]

/** The keys of one of Debezium's groups, in its order. */
export function rows(group: string, keys: readonly Row[]): ListingRow[] {
  return keys.map(([key, width, displayName, more]) => [key, group, width, displayName, more ?? {}])
}

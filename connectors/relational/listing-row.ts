import type { ListingRow } from '../../runtime/api/listing.ts'

/** Key, width, display name, and what else differs from the declaration. */
export type Row = readonly [
  key: string,
  width: ListingRow[2],
  displayName: string,
  more?: Exclude<ListingRow[4], undefined>
]

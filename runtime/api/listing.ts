import type { ConfigSpec, Listing, Width } from './config.ts'

/** A key in a list: name, group, width, display name, and what else differs from its declaration. */
export type ListingRow = readonly [
  key: string,
  group: string | null,
  width: Width,
  displayName: string,
  more?: Omit<Listing, 'group' | 'width' | 'displayName'>
]

/**
 * The spec with its keys as clients of the REST API know them: in the order of the rows, numbered
 * within each group from 1. Keys without a row come after them and are hidden.
 *
 * @throws {Error} when a row names no key
 */
export function listed<S extends ConfigSpec>(spec: S, rows: readonly ListingRow[]): S {
  const places = new Map<string | null, number>()
  const ordered: Record<string, ConfigSpec[string]> = {}
  for (const [name, group, width, displayName, more] of rows) {
    const key = spec[name]
    if (key === undefined) throw new Error(`there is no key '${name}' to list`)
    const place = (places.get(group) ?? 0) + 1
    places.set(group, place)
    const listing = { group, order: place, width, displayName, ...more }
    ordered[name] = withListing(key, listing)
  }
  for (const [name, key] of Object.entries(spec)) {
    ordered[name] ??= withListing(key, { hidden: true })
  }
  return ordered as S
}

function withListing(key: ConfigSpec[string], listing: Listing): ConfigSpec[string] {
  return { ...key, options: { ...key.options, listing: { ...key.options.listing, ...listing } } }
}

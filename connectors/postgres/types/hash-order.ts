/**
 * The order in which Java's HashMap of strings gives its entries, which is how Debezium writes
 * hstore: by the low bits of the spread hash, entries of one bucket in the order of their insertion.
 */
export function inHashOrder<T>(
  entries: readonly (readonly [key: string, value: T])[]
): (readonly [key: string, value: T])[] {
  if (entries.length < 2) return [...entries]
  let capacity = 16
  while (entries.length > capacity * 0.75) capacity *= 2
  const keyed = entries.map((entry) => ({ entry, bucket: spreadHash(entry[0]) & (capacity - 1) }))
  return keyed.sort((a, b) => a.bucket - b.bucket).map(({ entry }) => entry)
}

function spreadHash(key: string): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0
  return hash ^ (hash >>> 16)
}

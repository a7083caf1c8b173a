// Kafka Connect keeps configurations in HashMaps of Java, and their order shows in its answers.

/** A map as Java's `HashMap.toString` prints it: texts of Kafka Connect quote configs so. */
export function javaMapText(map: Readonly<Record<string, string | null>>): string {
  const keys = Object.keys(map)
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(16, keys.length / 0.75 + 1)))
  return `{${inHashOrder(keys, buckets)
    .map((key) => `${key}=${map[key]}`)
    .join(', ')}}`
}

/** Keys in the order of a HashMap. @param buckets of the map, a power of two */
export function inHashOrder(keys: readonly string[], buckets = 16): string[] {
  return keys.toSorted((a, b) => bucketOf(a, buckets) - bucketOf(b, buckets))
}

/** As `String.hashCode` and `HashMap.hash` say. */
function bucketOf(key: string, buckets: number): number {
  let hash = 0
  for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & (buckets - 1)
}

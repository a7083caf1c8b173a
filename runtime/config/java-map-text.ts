/**
 * A map as Java's `HashMap.toString` prints it, order included: texts of Kafka Connect quote configs so.
 */
export function javaMapText(map: Readonly<Record<string, string | null>>): string {
  const entries = Object.entries(map)
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(16, entries.length / 0.75 + 1)))
  const inOrder = entries.toSorted(([a], [b]) => bucket(a, buckets) - bucket(b, buckets))
  return `{${inOrder.map(([key, value]) => `${key}=${value}`).join(', ')}}`
}

function bucket(key: string, buckets: number): number {
  let hash = 0
  for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & (buckets - 1)
}

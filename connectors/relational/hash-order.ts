/**
 * Names in the order in which Java's HashMap and HashSet hand them out. Debezium collects several lists of
 * its records in one, and consumers compare texts. Hash: Java SE API, `String.hashCode`; spreading and
 * growth of the table: OpenJDK, `java.util.HashMap` (at least 16 buckets, doubled when more than three
 * quarters full; names of one bucket keep the order in which they came).
 *
 * @param names without duplicates, in the order in which they were added
 */
export function hashOrder(names: readonly string[]): string[] {
  let buckets = 16
  while (names.length > buckets * 0.75) buckets *= 2
  return names
    .map((name) => ({ name, bucket: spread(javaHash(name)) & (buckets - 1) }))
    .sort((left, right) => left.bucket - right.bucket)
    .map(({ name }) => name)
}

function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16)
}

import { createHash } from 'node:crypto'

/** Numbers below are left to replicas, which people number by hand. */
const FIRST = 1_000_000_000
const COUNT = 3_000_000_000

/**
 * The number by which the server knows this reader. It stays the same over restarts: a reader that its worker
 * has given up is then ended by the server when the next one comes.
 */
export function serverIdOf(configured: number | null, connector: string, prefix: string): number {
  if (configured !== null) return configured
  const hash = createHash('sha256').update(`${connector}\0${prefix}`).digest()
  return FIRST + (hash.readUInt32BE(0) % COUNT)
}

import { randomBytes } from 'node:crypto'
import { CLUSTER_KEY, CREATION_KEY } from './log-keys.ts'
import type { WriteQueue } from './log-transaction.ts'

/** Kafka's cluster ids are 16 random bytes in base64url: 22 characters. */
const CLUSTER_ID_BYTES = 16

/** The id of this log, which is made when it is first asked for. */
export function readClusterId(queue: WriteQueue): Promise<string> {
  const fresh = randomBytes(CLUSTER_ID_BYTES).toString('base64url')
  return queue.run((transaction) => {
    const stored = transaction.read(CLUSTER_KEY)
    if (stored !== undefined) return stored.toString('latin1')
    transaction.touch(CREATION_KEY)
    transaction.put(CLUSTER_KEY, Buffer.from(fresh, 'latin1'))
    return fresh
  })
}

import { openLmdbBroker } from '../runtime/broker/lmdb/lmdb-broker.ts'
import type { TopicProbe } from './system.ts'

/** Topics of an embedded log that another process writes. */
export async function openEmbeddedProbe(path: string): Promise<TopicProbe> {
  const broker = await openLmdbBroker({ path })
  return {
    async endOffset(topic) {
      if ((await broker.describeTopics([topic])).length === 0) return 0
      const [end] = await broker.offsets([{ topic, partition: 0 }], 'latest')
      return end?.offset ?? 0
    },
    async fill(topic, batches) {
      await broker.createTopics([{ name: topic, partitions: 1 }])
      const producer = await broker.producer({ clientId: 'bench' })
      for (const batch of batches) {
        const timestamp = Date.now()
        const records = batch.map((record) => ({ ...record, headers: [], timestamp }))
        await producer.append(topic, 0, records)
      }
      await producer.close()
    },
    async follow(topic, onValue) {
      const reader = await broker.reader()
      reader.assign([{ topic, partition: 0, offset: 0 }])
      const stop = new AbortController()
      const { signal } = stop
      const loop = async () => {
        while (!signal.aborted) {
          for (const batch of await reader.read({ maxBytes: 4 << 20, maxWaitMs: 500, signal })) {
            for (const { value } of batch.records) if (value) onValue(value)
          }
        }
      }
      const ended = loop().catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
      return {
        async [Symbol.asyncDispose]() {
          stop.abort()
          await ended
          await reader.close()
        }
      }
    },
    [Symbol.asyncDispose]: () => broker.close()
  }
}

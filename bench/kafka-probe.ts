import { Kafka, logLevel } from 'kafkajs'
import type { TopicProbe } from './system.ts'

/** A client that says nothing about topics that are not there yet. */
export function kafkaClient(bootstrap: string): Kafka {
  return new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING })
}

export async function openKafkaProbe(bootstrap: string): Promise<TopicProbe> {
  const kafka = kafkaClient(bootstrap)
  const admin = kafka.admin()
  await admin.connect()
  const known = new Set<string>()
  return {
    async endOffset(topic) {
      // Asking for the offsets of a missing topic makes kafkajs retry for seconds.
      if (!known.has(topic)) for (const name of await admin.listTopics()) known.add(name)
      if (!known.has(topic)) return 0
      const partitions = await admin.fetchTopicOffsets(topic)
      return Number(partitions[0]?.high ?? 0)
    },
    async follow(topic, onValue) {
      const groupId = `bench-${crypto.randomUUID()}`
      const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500 })
      const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) if (value) onValue(value)
        }
      })
      await joined
      return { [Symbol.asyncDispose]: () => consumer.disconnect() }
    },
    [Symbol.asyncDispose]: () => admin.disconnect()
  }
}

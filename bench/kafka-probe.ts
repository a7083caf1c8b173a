import { Kafka, logLevel } from 'kafkajs'
import type { TopicProbe } from './system.ts'

export async function openKafkaProbe(bootstrap: string): Promise<TopicProbe> {
  // Without a log: most of what it would say is that a topic is not there yet.
  const kafka = new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING })
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
    async fill(topic, batches) {
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
      const producer = kafka.producer()
      await producer.connect()
      for (const batch of batches) await producer.send({ topic, messages: [...batch] })
      await producer.disconnect()
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

import type { Broker, StoredRecord } from '../../runtime/broker/broker.ts'

/** All records of a topic, partition after partition; none when there is no such topic. */
export async function readTopic(broker: Broker, topic: string): Promise<StoredRecord[]> {
  const [description] = await broker.describeTopics([topic])
  const records: StoredRecord[] = []
  for (let partition = 0; partition < (description?.partitions ?? 0); partition++) {
    for await (const record of recordsOf(broker, topic, partition)) records.push(record)
  }
  return records
}

/** The records of one partition, from its first to what was its last at the start. */
export async function* recordsOf(
  broker: Broker,
  topic: string,
  partition: number
): AsyncGenerator<StoredRecord> {
  const [first] = await broker.offsets([{ topic, partition }], 'earliest')
  const [last] = await broker.offsets([{ topic, partition }], 'latest')
  if (!first || !last) return
  const reader = await broker.reader()
  reader.assign([first])
  try {
    for (let position = first.offset; position < last.offset; ) {
      for (const batch of await reader.read({ maxBytes: 8 << 20, maxWaitMs: 1000 })) {
        yield* batch.records
        position = batch.nextOffset
      }
    }
  } finally {
    await reader.close()
  }
}

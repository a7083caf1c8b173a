import type { Broker } from '../../runtime/broker/broker.ts'

const PATIENCE_MS = 1000

/** Whether anybody can write into topics at this moment: whether a probe is durable within a second. */
export async function canWrite(broker: Broker, probe: string): Promise<boolean> {
  const write = async () => {
    await broker.createTopics([{ name: probe, partitions: 1, replicationFactor: -1 }])
    const producer = await broker.producer({ clientId: probe })
    await producer.append(probe, 0, [{ key: null, value: '', headers: [], timestamp: 0 }])
    await producer.close()
    return true
  }
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS))
  return Promise.race([write(), late])
}

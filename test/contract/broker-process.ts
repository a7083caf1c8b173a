import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { Broker, Producer } from '../../runtime/broker/broker.ts'
import type { RemoteBroker } from './broker-fixture.ts'

/** Runs as a child process: opens a broker as told by its argument, and appends what it is sent. */
interface Command {
  readonly topic: string
  readonly value: string
  readonly partition?: number
  readonly transactionalId?: string
}

const remote: RemoteBroker = JSON.parse(process.argv[2] ?? '')
const opener = (await import(pathToFileURL(remote.module).href))[remote.open]
const broker: Broker = await opener(remote.argument)
const producers = new Map<string, Producer>()

async function append({ topic, value, partition = 0, transactionalId }: Command): Promise<void> {
  const id = transactionalId ?? ''
  const options = { clientId: 'other', ...(transactionalId !== undefined && { transactionalId }) }
  const producer = producers.get(id) ?? (await broker.producer(options))
  producers.set(id, producer)
  await producer.append(topic, partition, [
    { key: null, value, headers: [], timestamp: Date.now() }
  ])
  await producer.commit()
}

process.on('message', (command: Command) => {
  append(command).then(
    () => process.send?.('done'),
    (error) => process.send?.(String(error))
  )
})
process.once('disconnect', async () => {
  for (const producer of producers.values()) await producer.close()
  await broker.close()
})
process.send?.('ready')

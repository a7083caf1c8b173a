import { writeSync } from 'node:fs'
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import type { LogRecord } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'

/**
 * Runs as a process or a worker thread: commits one transaction after another, each over three
 * partitions, and tells the number of each one that is durable. Ends at the first error, which it
 * tells as well.
 */
interface WriterOptions {
  readonly path: string
  readonly transactionalId: string
  readonly padding: number
}

const options: WriterOptions = workerData ?? JSON.parse(process.argv[2] ?? '')
const { path, transactionalId, padding } = options

function tell(line: string): void {
  if (parentPort) parentPort.postMessage(line)
  else writeSync(1, `${line}\n`)
}

const broker = await openLmdbBroker({ path })
const producer = await broker.producer({ clientId: 'writer', transactionalId })
const record = (value: string): LogRecord => ({
  key: transactionalId,
  value,
  headers: [],
  timestamp: Date.now()
})

/** Read after the producer is open: what an earlier one has written is settled only then. */
async function nextNumber(): Promise<number> {
  const reader = await broker.reader()
  reader.assign([{ topic: 'offsets', partition: 0, offset: 0 }])
  for (let next = 0; ; ) {
    const batches = await reader.read({ maxBytes: 8 << 20, maxWaitMs: 0 })
    if (batches.length === 0) return next
    for (const { key, value } of batches.flatMap((batch) => batch.records)) {
      if (String(key) === transactionalId) next = Number(value) + 1
    }
  }
}

try {
  for (let number = await nextNumber(); ; number++) {
    const value = `${number}`.padEnd(padding)
    await producer.append('data', 0, [record(value), record(value)])
    await producer.append('data', 1, [record(value)])
    await producer.append('offsets', 0, [record(String(number))])
    await producer.commit()
    tell(String(number))
  }
} catch (error) {
  tell(error instanceof Error && 'code' in error ? String(error.code) : String(error))
}
await broker.close()

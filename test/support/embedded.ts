import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TopicPartition } from '../../runtime/api/record.ts'
import type { Logger } from '../../runtime/api/task.ts'
import type { Broker, StoredRecord } from '../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { recordsOf } from './read-topic.ts'

/** Embedded topics in a folder of their own, removed at the end. */
export interface EmbeddedTopics extends AsyncDisposable {
  readonly broker: Broker
  readonly folder: string
}

export async function embeddedTopics(): Promise<EmbeddedTopics> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-topics-'))
  const broker = await openLmdbBroker({ path: join(folder, 'topics') })
  return {
    broker,
    folder,
    async [Symbol.asyncDispose]() {
      await broker.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Every record of one partition, in order. */
export async function readAll(
  broker: Broker,
  topic: string,
  partition = 0
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  await eachRecord(broker, { topic, partition }, (record) => records.push(record))
  return records
}

/** Visits every record of one partition, in order, without keeping them. */
export async function eachRecord(
  broker: Broker,
  place: TopicPartition,
  visit: (record: StoredRecord) => void
): Promise<void> {
  for await (const record of recordsOf(broker, place.topic, place.partition)) visit(record)
}

/** Keeps its lines, for tests that look at them. */
export class MemoryLogger implements Logger {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] =
    []
  readonly #add =
    (level: string) =>
    (message: string, fields = {}) =>
      void this.lines.push({ level, message, fields })

  readonly debug: Logger['debug'] = this.#add('debug')
  readonly info: Logger['info'] = this.#add('info')
  readonly warn: Logger['warn'] = this.#add('warn')
  readonly error: Logger['error'] = this.#add('error')
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../../runtime/api/task.ts'
import type { Broker, StoredRecord } from '../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'

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
  const place = [{ topic, partition }]
  const [first] = await broker.offsets(place, 'earliest')
  const [last] = await broker.offsets(place, 'latest')
  if (!first || !last) return []
  const reader = await broker.reader()
  reader.assign([first])
  const records: StoredRecord[] = []
  for (let position = first.offset; position < last.offset; ) {
    for (const batch of await reader.read({ maxBytes: 8 << 20, maxWaitMs: 1000 })) {
      records.push(...batch.records)
      position = batch.nextOffset
    }
  }
  await reader.close()
  return records
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

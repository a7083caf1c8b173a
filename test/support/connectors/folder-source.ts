import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { list, string } from '../../../runtime/api/config.ts'
import { defineSource } from '../../../runtime/api/connector.ts'
import type { SourceBatch, SourceRecord } from '../../../runtime/api/record.ts'
import type { SourceTask } from '../../../runtime/api/task.ts'

const LOOK_MS = 20

/** The lines of every file in a folder. New files are noticed, and dealt to the tasks anew. */
export default defineSource({
  summary: 'Folder, for tests.',
  config: {
    folder: string({ doc: 'Folder to watch.' }),
    topic: string({ doc: 'Topic of all lines.' }),
    files: list({ doc: 'Files of one task.', default: [] })
  },
  async taskConfigs({ folder }, _raw, tasksMax) {
    const files = await filesIn(folder)
    const tasks = Math.min(tasksMax, files.length)
    return Array.from({ length: tasks }, (_, task) => {
      return { files: files.filter((_name, index) => index % tasks === task).join(',') }
    })
  },
  async monitor({ folder }, _raw, { signal, requestTaskReconfiguration }) {
    let known = (await filesIn(folder)).join()
    while (!signal.aborted) {
      const now = (await filesIn(folder)).join()
      if (now !== known) requestTaskReconfiguration()
      known = now
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
  },
  createTask: ({ folder, topic, files }) => new FilesTask(folder, topic, files)
})

class FilesTask implements SourceTask {
  readonly #folder: string
  readonly #topic: string
  readonly #lines: Map<string, number>
  #signal: AbortSignal | undefined

  constructor(folder: string, topic: string, files: readonly string[]) {
    this.#folder = folder
    this.#topic = topic
    this.#lines = new Map(files.map((file) => [file, 0]))
  }

  async start({ committed, signal }: Parameters<SourceTask['start']>[0]): Promise<void> {
    this.#signal = signal
    for (const file of this.#lines.keys()) {
      const offset = await committed({ folder: this.#folder, file })
      this.#lines.set(file, Number(offset?.['lines'] ?? 0))
    }
  }

  async poll(): Promise<readonly SourceBatch[]> {
    while (!this.#signal?.aborted) {
      const batches = await Promise.all([...this.#lines.keys()].map((file) => this.#more(file)))
      const found = batches.filter(({ records }) => records.length > 0)
      if (found.length > 0) return found
      await sleep(LOOK_MS, undefined, { signal: this.#signal }).catch(() => undefined)
    }
    return []
  }

  async stop(): Promise<void> {}

  async #more(file: string): Promise<SourceBatch> {
    const text = await readFile(join(this.#folder, file), 'utf8')
    const lines = text.split('\n').slice(0, -1)
    const records = lines.slice(this.#lines.get(file)).map((line) => this.#record(line))
    this.#lines.set(file, lines.length)
    const sourcePartition = { folder: this.#folder, file }
    return { sourcePartition, sourceOffset: { lines: lines.length }, records }
  }

  #record(value: string): SourceRecord {
    return {
      topic: this.#topic,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: null,
      value,
      headers: [],
      timestamp: null
    }
  }
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).toSorted()
}

import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceConnector } from '../../runtime/api/connector.ts'
import type { SourceOffset } from '../../runtime/api/record.ts'
import type { SourceTask } from '../../runtime/api/task.ts'
import { parsed } from './sink-harness.ts'

export interface RunningSource {
  readonly task: SourceTask
  /** Warnings that it logged. */
  readonly warnings: string[]
  /** @param committed the offset to go on from, or null for a first run */
  start(committed: SourceOffset | null): Promise<void>
  /** Polls until there are so many records, and returns what each holds. */
  read<T>(count: number, toValue: (value: unknown) => T): Promise<T[]>
  /** The offset after the records read so far. */
  readonly offset: SourceOffset | null
  abort(): void
}

/** A task of a source, to be run without a worker around it. */
export function startSource(plugin: SourceConnector, raw: RawConfig): RunningSource {
  const task = plugin.createTask(parsed(plugin, raw) as never, raw)
  const controller = new AbortController()
  const warnings: string[] = []
  let offset: SourceOffset | null = null
  const logger = {
    debug() {},
    info() {},
    warn: (text: string) => void warnings.push(text),
    error() {}
  }
  return {
    task,
    warnings,
    start: (committed) =>
      task.start({
        connector: 'source',
        task: 0,
        generation: 1,
        logger,
        signal: controller.signal,
        progress() {},
        metric() {},
        committed: async () => committed
      }),
    async read(count, toValue) {
      const values: ReturnType<typeof toValue>[] = []
      while (values.length < count) {
        for (const batch of await task.poll()) {
          for (const record of batch.records) values.push(toValue(record.value))
          offset = batch.sourceOffset ?? offset
        }
      }
      return values
    },
    get offset() {
      return offset
    },
    abort: () => controller.abort()
  }
}

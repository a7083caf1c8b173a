import { int, string } from '../../../runtime/api/config.ts'
import { defineSource } from '../../../runtime/api/connector.ts'
import { RetriableError } from '../../../runtime/api/errors.ts'
import type { SourceBatch } from '../../../runtime/api/record.ts'

/** Writes the numbers from 0 to `end` into a topic, then waits. */
export default defineSource({
  summary: 'Counts, for tests.',
  version: '1.0',
  config: {
    topic: string({ doc: 'Topic of the numbers.' }),
    end: int({ doc: 'Where to stop counting.', default: 1_000_000_000 }),
    'per.poll': int({ doc: 'Numbers in one poll.', default: 7 }),
    'value.bytes': int({ doc: 'Length of each value.', default: 0 }),
    'crash.at': int({ doc: 'The number at which the thread dies.', default: -1 }),
    'lose.connection': int({ doc: 'How many starts fail with an error that passes.', default: 0 }),
    'block.ms': int({ doc: 'How long the first poll blocks its thread.', default: 0 })
  },
  createTask(config) {
    const partition = { topic: config.topic }
    let next = 0
    let signal: AbortSignal | undefined
    const batch = (): SourceBatch => {
      const records = []
      for (let count = 0; count < config['per.poll'] && next < config.end; count++) {
        if (next === config['crash.at']) setImmediate(() => crash())
        const value = String(next).padEnd(config['value.bytes'])
        records.push({
          topic: config.topic,
          partition: null,
          keySchema: null,
          key: null,
          valueSchema: null,
          value,
          headers: [],
          timestamp: null
        })
        next++
      }
      return { sourcePartition: partition, sourceOffset: { next }, records }
    }
    return {
      async start(context) {
        signal = context.signal
        next = Number((await context.committed(partition))?.['next'] ?? 0)
        context.logger.debug('Counts on.', { next })
        if (starts++ < config['lose.connection']) throw new RetriableError('LOST', 'No connection')
        context.progress({ phase: 'counting', done: next, total: config.end })
      },
      async poll() {
        block(config['block.ms'])
        if (next < config.end) return [batch()]
        const stop = signal
        if (stop === undefined || stop.aborted) return []
        await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
        return []
      },
      async stop() {}
    }
  }
})

let starts = 0
let blocked = false

function crash(): never {
  throw new Error('an error that no connector catches')
}

/** Holds up the whole thread, as a loop without end would. */
function block(ms: number): void {
  if (blocked || ms === 0) return
  blocked = true
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

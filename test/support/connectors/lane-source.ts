import type { RawConfig } from '../../../runtime/api/config.ts'
import { int, list, string } from '../../../runtime/api/config.ts'
import { defineSource } from '../../../runtime/api/connector.ts'
import type { SourceBatch, SourceRecord } from '../../../runtime/api/record.ts'
import { int32, int64, Struct, struct } from '../../../runtime/api/schema.ts'

const ROW = struct({ lane: int32(), number: int64(), generation: int64() }, { name: 'lane.Row' })

/**
 * Counts in several lanes, each from 0 and each in a topic partition of its own. The tasks share the
 * lanes, so that lanes move from task to task when their number changes. Each record says which
 * generation of the task has written it.
 */
export default defineSource({
  summary: 'Counts in lanes that tasks share, for tests.',
  version: '1.0',
  config: {
    topic: string({ doc: 'Topic of the numbers.' }),
    lanes: int({ doc: 'How many lanes there are.', default: 3 }),
    'per.poll': int({ doc: 'Numbers of each lane in one poll.', default: 5 }),
    'interval.ms': int({ doc: 'Pause between two polls.', default: 25 }),
    'own.lanes': list({ doc: 'The lanes of one task.', default: [] })
  },
  taskConfigs({ lanes }, _raw, tasksMax): RawConfig[] {
    const tasks = Math.min(lanes, tasksMax)
    const all = Array.from({ length: lanes }, (_, lane) => lane)
    return Array.from({ length: tasks }, (_, task) => ({
      'own.lanes': all.filter((lane) => lane % tasks === task).join(',')
    }))
  },
  createTask(config) {
    const { topic } = config
    const lanes = config['own.lanes'].map(Number)
    const next = new Map<number, number>()
    let signal: AbortSignal | undefined
    let generation = 0
    const batchOf = (lane: number): SourceBatch => {
      const first = next.get(lane) ?? 0
      const count = config['per.poll']
      next.set(lane, first + count)
      const records = Array.from({ length: count }, (_, index) => {
        return recordOf(topic, lane, new Struct(ROW, [lane, first + index, generation]))
      })
      return { sourcePartition: { topic, lane }, sourceOffset: { next: first + count }, records }
    }
    return {
      async start(context) {
        signal = context.signal
        generation = context.generation
        for (const lane of lanes) {
          const offset = await context.committed({ topic, lane })
          next.set(lane, Number(offset?.['next'] ?? 0))
        }
      },
      async poll() {
        await pause(config['interval.ms'], signal)
        return signal?.aborted ? [] : lanes.map(batchOf)
      },
      async stop() {}
    }
  }
})

function recordOf(topic: string, lane: number, value: Struct): SourceRecord {
  return {
    topic,
    partition: lane,
    keySchema: null,
    key: null,
    valueSchema: ROW,
    value,
    headers: [],
    timestamp: null
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}

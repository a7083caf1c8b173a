import type { TopicPartitionOffset } from '../api/record.ts'
import type { Broker, Producer } from '../broker/broker.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { printExactJson } from '../stores/exact-json.ts'
import type { OffsetEntry } from '../stores/offset-store.ts'
import { openOffsets, readOffsets, readTasks } from './connector-offsets.ts'
import { usageError } from './exit-code.ts'
import { type BrokerOptions, openBrokerOf, workerOf } from './open-broker.ts'
import { print } from './terminal.ts'
import { startPositions } from './topic-position.ts'

/** Options of `millrace offsets reset`. */
export interface ResetOptions extends BrokerOptions {
  readonly group?: string
  readonly to: string
  readonly yes?: boolean
  readonly force?: boolean
}

/**
 * Forgets the offsets of a stopped source, or moves those of a stopped sink.
 *
 * @throws {ConnectError} USAGE when the connector runs, or nothing is stored for it
 */
export async function resetOffsets(name: string, options: ResetOptions): Promise<void> {
  const cwd = process.cwd()
  const { config } = await workerOf(options, cwd)
  const broker = await openBrokerOf(options, cwd)
  try {
    const { source, sink, group } = await readOffsets(broker, config, {
      name,
      group: options.group
    })
    if (source.length === 0 && sink.length === 0) {
      throw usageError(`no offsets are stored for ${name}`, 'check the name')
    }
    const tasks = await readTasks(broker, config, name)
    if (tasks.active.length > 0 && !options.force) {
      throw usageError(
        `${name} has not been stopped: ${tasks.active.join(', ')}`,
        'stop the worker first; after it was killed, add --force'
      )
    }
    const does = options.yes ? '' : 'would '
    if (source.length > 0) {
      if (options.yes) await forget(broker, config, { name, entries: source, tasks: tasks.count })
      for (const { partition, offset } of source) {
        await print(`${does}forget ${printExactJson(partition)}: ${printExactJson(offset)}`)
      }
    }
    for (const line of await move(broker, { group, sink, options })) await print(`${does}${line}`)
    if (!options.yes) await print('nothing was changed: add --yes to do it')
  } finally {
    await broker.close()
  }
}

/** Writes tombstones, after fencing tasks that may still be about to write offsets. */
async function forget(
  broker: Broker,
  config: WorkerConfig,
  { name, entries, tasks }: { name: string; entries: readonly OffsetEntry[]; tasks: number }
): Promise<void> {
  const opened = await openOffsets(broker, config, name)
  if (opened === null) return
  const { store, close } = opened
  const producers: Producer[] = []
  try {
    for (let task = 0; task < Math.max(1, tasks); task++) {
      const transactionalId = `${config['group.id']}-${name}-${task}`
      producers.push(await broker.producer({ clientId: 'millrace-cli', transactionalId }))
    }
    // Read after fencing: nothing is added any more.
    await store.refresh()
    await store.write(
      name,
      entries.map(({ partition }) => ({ partition, offset: null }))
    )
  } finally {
    for (const producer of producers) await producer.close()
    await close()
  }
}

/** @returns what was or would be done, a line for each partition */
async function move(
  broker: Broker,
  parts: { group: string; sink: readonly TopicPartitionOffset[]; options: ResetOptions }
): Promise<readonly string[]> {
  const { group, sink, options } = parts
  if (sink.length === 0) return []
  const positions = await startPositions(broker, sink, options.to)
  if (options.yes) await broker.commitGroupOffsets(group, positions)
  return positions.map(
    ({ topic, partition, offset }, index) =>
      `move ${topic} [${partition}] from ${sink[index]?.offset} to ${offset}`
  )
}

import type { TopicPartition, TopicPartitionOffset } from '../api/record.ts'
import type { Broker, TopicDescription } from '../broker/broker.ts'
import { guess } from '../config/spelling.ts'
import { usageError } from './exit-code.ts'

/** @throws {ConnectError} USAGE when there is no such topic, with the name that was probably meant */
export async function describeTopic(broker: Broker, name: string): Promise<TopicDescription> {
  const [found] = await broker.describeTopics([name])
  if (found) return found
  const names = (await broker.describeTopics()).map((topic) => topic.name)
  const meant = guess(name, names)
  throw usageError(
    `there is no topic ${name}`,
    meant ? `write ${meant.name}` : 'list what there is with: millrace topics list'
  )
}

/** @throws {ConnectError} USAGE when the text is no list of partitions of the topic */
export function choosePartitions(
  topic: TopicDescription,
  text: string | undefined
): readonly TopicPartition[] {
  const all = Array.from({ length: topic.partitions }, (_, partition) => ({
    topic: topic.name,
    partition
  }))
  if (text === undefined) return all
  return text.split(',').map((part) => {
    const found = all.find(({ partition }) => String(partition) === part.trim())
    if (found) return found
    throw usageError(
      `${topic.name} has no partition ${part.trim()}`,
      `its partitions are 0 to ${topic.partitions - 1}`
    )
  })
}

/**
 * Where to start: `beginning`, `end`, an offset, `-n` (the last n of each partition), a time. Offsets
 * outside of what is there are moved to its nearest end.
 *
 * @throws {ConnectError} USAGE when the text is none of these
 */
export async function startPositions(
  broker: Broker,
  partitions: readonly TopicPartition[],
  from: string
): Promise<readonly TopicPartitionOffset[]> {
  if (from === 'beginning') return broker.offsets(partitions, 'earliest')
  if (from === 'end') return broker.offsets(partitions, 'latest')
  if (!/^-?\d+$/.test(from)) return broker.offsets(partitions, { timestamp: timeOf(from) })
  const number = Number(from)
  const starts = await broker.offsets(partitions, 'earliest')
  const ends = await broker.offsets(partitions, 'latest')
  return ends.map((end, index) => {
    const wanted = from.startsWith('-') ? end.offset + number : number
    const offset = Math.min(Math.max(wanted, starts[index]?.offset ?? 0), end.offset)
    return { ...end, offset }
  })
}

function timeOf(text: string): number {
  const time = /^@\d+$/.test(text) ? Number(text.slice(1)) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw usageError(
    `'${text}' is no position in a topic`,
    'write beginning, end, an offset, -n, or a time such as 2026-01-31T12:00:00Z'
  )
}

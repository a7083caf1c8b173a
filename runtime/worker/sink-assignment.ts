import type { RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import type { TopicPartition } from '../api/record.ts'
import type { TopicDescription } from '../broker/broker.ts'
import { murmur2 } from '../stores/murmur2.ts'

/** Which topics a sink reads. */
export interface TopicSelection {
  /** Named topics, or null when a regular expression chooses. */
  readonly names: readonly string[] | null
  matches(topic: string): boolean
}

/** @throws {ConnectError} NO_TOPICS unless exactly one of `topics` and `topics.regex` is given */
export function selectTopics(config: RawConfig): TopicSelection {
  const names = (config['topics'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const regex = config['topics.regex'] ?? ''
  if (names.length > 0 === (regex !== '')) {
    throw new ConnectError('NO_TOPICS', 'A sink needs exactly one of topics and topics.regex', {
      hint: 'topics: orders,customers or topics.regex: shop\\.public\\..*'
    })
  }
  if (names.length > 0) return { names, matches: (topic) => names.includes(topic) }
  const pattern = new RegExp(`^(?:${regex})$`)
  return { names: null, matches: (topic) => pattern.test(topic) }
}

/**
 * The partitions that one task of a sink reads. A partition's task follows from its topic's name
 * alone, so that a new topic never moves a partition that another task is reading; the partitions of
 * one topic are spread evenly.
 */
export function shareOf(
  topics: readonly TopicDescription[],
  task: number,
  tasks: number
): TopicPartition[] {
  const share: TopicPartition[] = []
  for (const { name, partitions } of topics) {
    const first = tasks === 1 ? 0 : (murmur2(Buffer.from(name)) & 0x7fffffff) % tasks
    for (let partition = 0; partition < partitions; partition++) {
      if ((first + partition) % tasks === task) share.push({ topic: name, partition })
    }
  }
  return share.sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
  )
}

import type { TopicPartition, TopicPartitionOffset } from '../../api/record.ts'
import type { Answer, WireRequest } from './node-connection.ts'
import type { PartitionResult, PartitionsAnswer } from './topic-requests.ts'
import type { CodeAnswer } from './transaction-requests.ts'

/* Requests about offsets of topics and of groups, each in a version without tagged fields. */

export interface PartitionOffset extends PartitionResult {
  /** -1 where there is none. */
  readonly offset: number
}

export interface ListOffsetsAnswer extends Answer {
  readonly partitions: readonly PartitionOffset[]
}

export const EARLIEST = -2
export const LATEST = -1
export const READ_UNCOMMITTED = 0
export const READ_COMMITTED = 1
const CONSUMER = -1

/**
 * ListOffsets version 2.
 *
 * @param time ms since 1970 for the first record at or after it, or EARLIEST or LATEST
 * @param isolation with READ_COMMITTED the latest is the last stable offset, else the high watermark
 */
export function listOffsetsRequest(
  partitions: readonly TopicPartition[],
  time: number,
  isolation: number
): WireRequest<ListOffsetsAnswer> {
  return {
    apiKey: 2,
    apiVersion: 2,
    apiName: 'ListOffsets',
    write: (writer) => {
      writer.int32(CONSUMER).int8(isolation)
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition }) => writer.int32(partition).int64(time))
      })
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          reader.int64()
          return { topic, partition, code, offset: reader.int64() }
        })
      })
      return { throttleMs, partitions: topics.flat() }
    }
  }
}

export interface GroupOffsetsAnswer extends CodeAnswer {
  readonly partitions: readonly PartitionOffset[]
}

/** OffsetFetch version 3, of all partitions that a group has offsets for. */
export function groupOffsetsRequest(group: string): WireRequest<GroupOffsetsAnswer> {
  return {
    apiKey: 9,
    apiVersion: 3,
    apiName: 'OffsetFetch',
    write: (writer) => {
      writer.string(group).array(null, () => {})
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => {
          const partition = reader.int32()
          const offset = reader.int64()
          reader.nullableString()
          return { topic, partition, offset, code: reader.int16() }
        })
      })
      return { throttleMs, partitions: topics.flat(), code: reader.int16() }
    }
  }
}

const NO_GENERATION = -1
const NO_MEMBER = ''

/** OffsetCommit version 5 by nobody in particular: allowed while the group has no members. */
export function commitOffsetsRequest(
  group: string,
  offsets: readonly TopicPartitionOffset[]
): WireRequest<PartitionsAnswer> {
  return {
    apiKey: 8,
    apiVersion: 5,
    apiName: 'OffsetCommit',
    write: (writer) => {
      writer.string(group).int32(NO_GENERATION).string(NO_MEMBER)
      const topics = [...Map.groupBy(offsets, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition, offset }) =>
          writer.int32(partition).int64(offset).string(null)
        )
      })
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => ({ topic, partition: reader.int32(), code: reader.int16() }))
      })
      return { throttleMs, partitions: topics.flat() }
    }
  }
}

export interface DeleteOffsetsAnswer extends CodeAnswer {
  readonly partitions: readonly PartitionResult[]
}

/** OffsetDelete version 0: forgets what a group without members has committed for some partitions. */
export function deleteOffsetsRequest(
  group: string,
  partitions: readonly TopicPartition[]
): WireRequest<DeleteOffsetsAnswer> {
  return {
    apiKey: 47,
    apiVersion: 0,
    apiName: 'OffsetDelete',
    write: (writer) => {
      writer.string(group)
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition }) => writer.int32(partition))
      })
    },
    read: (reader) => {
      const code = reader.int16()
      const throttleMs = reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => ({ topic, partition: reader.int32(), code: reader.int16() }))
      })
      return { throttleMs, code, partitions: topics.flat() }
    }
  }
}

/** DeleteGroups version 1, of one group. */
export function deleteGroupRequest(group: string): WireRequest<CodeAnswer> {
  return {
    apiKey: 42,
    apiVersion: 1,
    apiName: 'DeleteGroups',
    write: (writer) => {
      writer.array([group], (name) => writer.string(name))
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const codes = reader.array(() => {
        reader.string()
        return reader.int16()
      })
      return { throttleMs, code: codes[0] ?? 0 }
    }
  }
}

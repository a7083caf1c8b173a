import type { TopicPartitionOffset } from '../../api/record.ts'
import type { TopicSpec } from '../broker.ts'
import type { Answer, WireRequest } from './node-connection.ts'

/* Requests about topics, each in the newest version without tagged fields. */

export interface TopicResult {
  readonly topic: string
  readonly code: number
  readonly detail: string | null
}

export interface TopicsAnswer extends Answer {
  readonly topics: readonly TopicResult[]
}

const TIMEOUT_MS = 20_000
const DEFAULT_REPLICATION = -1

/** CreateTopics version 4 (Kafka 2.4), the first with the broker's default replication factor. */
export function createTopicsRequest(specs: readonly TopicSpec[]): WireRequest<TopicsAnswer> {
  return {
    apiKey: 19,
    apiVersion: 4,
    apiName: 'CreateTopics',
    waitMs: TIMEOUT_MS,
    write: (writer) => {
      writer.array(specs, ({ name, partitions, replicationFactor, configs = {} }) => {
        writer
          .string(name)
          .int32(partitions)
          .int16(replicationFactor ?? DEFAULT_REPLICATION)
        writer.array([], () => {})
        writer.array(Object.entries(configs), ([key, value]) => writer.string(key).string(value))
      })
      writer.int32(TIMEOUT_MS).boolean(false)
    },
    read: (reader) => ({
      throttleMs: reader.int32(),
      topics: reader.array(() => ({
        topic: reader.string(),
        code: reader.int16(),
        detail: reader.nullableString()
      }))
    })
  }
}

export function deleteTopicsRequest(names: readonly string[]): WireRequest<TopicsAnswer> {
  return {
    apiKey: 20,
    apiVersion: 3,
    apiName: 'DeleteTopics',
    waitMs: TIMEOUT_MS,
    write: (writer) => {
      writer.array(names, (name) => writer.string(name)).int32(TIMEOUT_MS)
    },
    read: (reader) => ({
      throttleMs: reader.int32(),
      topics: reader.array(() => ({
        topic: reader.string(),
        code: reader.int16(),
        detail: null
      }))
    })
  }
}

export interface TopicConfigs extends TopicResult {
  readonly configs: Readonly<Record<string, string>>
}

export interface DescribeConfigsAnswer extends Answer {
  readonly topics: readonly TopicConfigs[]
}

const TOPIC_RESOURCE = 2

/** DescribeConfigs version 1. Sensitive values come as null and are left out. */
export function describeConfigsRequest(
  names: readonly string[]
): WireRequest<DescribeConfigsAnswer> {
  return {
    apiKey: 32,
    apiVersion: 1,
    apiName: 'DescribeConfigs',
    write: (writer) => {
      writer.array(names, (name) => writer.int8(TOPIC_RESOURCE).string(name).int32(-1))
      writer.boolean(false)
    },
    read: (reader) => ({
      throttleMs: reader.int32(),
      topics: reader.array(() => {
        const code = reader.int16()
        const detail = reader.nullableString()
        reader.int8()
        const topic = reader.string()
        const configs: Record<string, string> = {}
        reader.array(() => {
          const name = reader.string()
          const value = reader.nullableString()
          reader.boolean()
          reader.int8()
          reader.boolean()
          reader.array(() => {
            reader.string()
            reader.nullableString()
            reader.int8()
          })
          if (value !== null) configs[name] = value
        })
        return { topic, code, detail, configs }
      })
    })
  }
}

export interface PartitionResult {
  readonly topic: string
  readonly partition: number
  readonly code: number
}

export interface PartitionsAnswer extends Answer {
  readonly partitions: readonly PartitionResult[]
}

/** DeleteRecords version 1; an offset of -1 is the high watermark. */
export function deleteRecordsRequest(
  before: readonly TopicPartitionOffset[]
): WireRequest<PartitionsAnswer> {
  return {
    apiKey: 21,
    apiVersion: 1,
    apiName: 'DeleteRecords',
    waitMs: TIMEOUT_MS,
    write: (writer) => {
      const topics = [...Map.groupBy(before, ({ topic }) => topic)]
      writer.array(topics, ([topic, parts]) => {
        writer.string(topic)
        writer.array(parts, ({ partition, offset }) => writer.int32(partition).int64(offset))
      })
      writer.int32(TIMEOUT_MS)
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const topics = reader.array(() => {
        const topic = reader.string()
        return reader.array(() => {
          const partition = reader.int32()
          reader.int64()
          return { topic, partition, code: reader.int16() }
        })
      })
      return { throttleMs, partitions: topics.flat() }
    }
  }
}

import type { Answer, WireRequest } from './node-connection.ts'

/*
 * Requests that find things out about the cluster, in the newest version that needs no tagged
 * fields. Field order from "The Messages" in the Kafka protocol guide.
 */

export interface NodeAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface PartitionMetadata {
  readonly code: number
  readonly partition: number
  /** Node id, or -1 without a leader. */
  readonly leader: number
}

export interface TopicMetadata {
  readonly code: number
  readonly topic: string
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface MetadataAnswer extends Answer {
  readonly nodes: readonly NodeAddress[]
  readonly clusterId: string
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

/** @param topics null for all topics; topics are never created by asking */
export function metadataRequest(topics: readonly string[] | null): WireRequest<MetadataAnswer> {
  return {
    apiKey: 3,
    apiVersion: 4,
    apiName: 'Metadata',
    write: (writer) => writer.array(topics, (topic) => writer.string(topic)).boolean(false),
    read: (reader) => {
      const throttleMs = reader.int32()
      const nodes = reader.array(() => {
        const node = { id: reader.int32(), host: reader.string(), port: reader.int32() }
        reader.nullableString()
        return node
      })
      const clusterId = reader.string()
      const controller = reader.int32()
      const topics = reader.array(() => ({
        code: reader.int16(),
        topic: reader.string(),
        internal: reader.boolean(),
        partitions: reader.array(() => {
          const code = reader.int16()
          const partition = { code, partition: reader.int32(), leader: reader.int32() }
          reader.array(() => reader.int32())
          reader.array(() => reader.int32())
          return partition
        })
      }))
      return { throttleMs, nodes, clusterId, controller, topics }
    }
  }
}

export type CoordinatorKind = 'group' | 'transaction'

export interface CoordinatorAnswer extends Answer {
  readonly code: number
  readonly detail: string | null
  readonly node: NodeAddress
}

export function findCoordinatorRequest(
  kind: CoordinatorKind,
  key: string
): WireRequest<CoordinatorAnswer> {
  return {
    apiKey: 10,
    apiVersion: 1,
    apiName: 'FindCoordinator',
    write: (writer) => writer.string(key).int8(kind === 'group' ? 0 : 1),
    read: (reader) => ({
      throttleMs: reader.int32(),
      code: reader.int16(),
      detail: reader.nullableString(),
      node: { id: reader.int32(), host: reader.string(), port: reader.int32() }
    })
  }
}

import type { GroupMember, Membership } from '../group-coordinator.ts'
import type { Answer, WireRequest } from './node-connection.ts'
import type { CodeAnswer } from './transaction-requests.ts'
import type { WireReader } from './wire.ts'

/*
 * Requests of a member of a classic group, each in the newest version that knows no static members,
 * which came shortly before tagged fields. Field order from "The Messages" in the Kafka protocol guide.
 */

export interface JoinGroupRequest {
  readonly groupId: string
  /** Empty for the first time; the answer then has an id and asks to join again with it. */
  readonly memberId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocolName: string
  readonly metadata: Uint8Array
  /** How long to wait beyond the rebalance timeout, in milliseconds. */
  readonly slackMs: number
}

export interface JoinGroupAnswer extends CodeAnswer {
  readonly generation: number
  readonly leaderId: string
  readonly memberId: string
  /** Of the leader only. Metadata may be views. */
  readonly members: readonly GroupMember[]
}

/** JoinGroup version 4 (KIP-394). It is answered when all have joined. */
export function joinGroupRequest(request: JoinGroupRequest): WireRequest<JoinGroupAnswer> {
  const { groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs } = request
  return {
    apiKey: 11,
    apiVersion: 4,
    apiName: 'JoinGroup',
    waitMs: rebalanceTimeoutMs + request.slackMs,
    write: (writer) => {
      writer.string(groupId).int32(sessionTimeoutMs).int32(rebalanceTimeoutMs)
      writer.string(memberId).string(request.protocolType)
      writer.array([request], ({ protocolName, metadata }) =>
        writer.string(protocolName).bytes(bufferOf(metadata))
      )
    },
    read: (reader) => {
      const throttleMs = reader.int32()
      const code = reader.int16()
      const generation = reader.int32()
      reader.nullableString()
      const answer = { leaderId: reader.string(), memberId: reader.string() }
      const members = reader.array(() => ({ id: reader.string(), metadata: reader.bytes() }))
      return { throttleMs, code, generation, ...answer, members }
    }
  }
}

export interface SyncGroupAnswer extends CodeAnswer {
  /** A view; empty without an assignment. */
  readonly assignment: Buffer
}

/** SyncGroup version 2. It is answered when the leader has sent the assignments. */
export function syncGroupRequest(
  groupId: string,
  { memberId, generation }: Membership,
  options: { readonly assignments: ReadonlyMap<string, Uint8Array>; readonly waitMs: number }
): WireRequest<SyncGroupAnswer> {
  return {
    apiKey: 14,
    apiVersion: 2,
    apiName: 'SyncGroup',
    waitMs: options.waitMs,
    write: (writer) => {
      writer.string(groupId).int32(generation).string(memberId)
      writer.array([...options.assignments], ([id, assignment]) =>
        writer.string(id).bytes(bufferOf(assignment))
      )
    },
    read: (reader) => ({ ...readCode(reader), assignment: reader.bytes() })
  }
}

/** Heartbeat version 2. */
export function heartbeatRequest(
  groupId: string,
  { memberId, generation }: Membership
): WireRequest<CodeAnswer> {
  return {
    apiKey: 12,
    apiVersion: 2,
    apiName: 'Heartbeat',
    write: (writer) => writer.string(groupId).int32(generation).string(memberId),
    read: readCode
  }
}

/** LeaveGroup version 2. */
export function leaveGroupRequest(groupId: string, memberId: string): WireRequest<CodeAnswer> {
  return {
    apiKey: 13,
    apiVersion: 2,
    apiName: 'LeaveGroup',
    write: (writer) => writer.string(groupId).string(memberId),
    read: readCode
  }
}

function readCode(reader: WireReader): Answer & { readonly code: number } {
  return { throttleMs: reader.int32(), code: reader.int16() }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

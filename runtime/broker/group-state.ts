import { isDeepStrictEqual } from 'node:util'
import type { GroupRefusal } from './group-coordinator.ts'

/*
 * Data of a group, of requests to its coordinator, and of answers. All of it survives JSON. Times are
 * milliseconds of the clock that is passed to the functions of classic-group.ts.
 */

/** As Kafka names the states of a group. */
export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface MemberState {
  readonly id: string
  /** Base64. */
  readonly metadata: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** When it is taken for dead, unless it is heard of before. */
  readonly sessionEnd: number
  /** Whether it waits for the next generation; false in all phases but PreparingRebalance. */
  readonly joined: boolean
  /** Whether it has asked for its assignment in this generation. */
  readonly synced: boolean
  /** Base64; from the leader's sync on. */
  readonly assignment: string
}

export interface GroupState {
  readonly protocol: string
  /** Never goes back, also when the group was empty for a while. */
  readonly generation: number
  readonly phase: GroupPhase
  /** Empty when there are no members. */
  readonly leaderId: string
  /** In the order in which they first joined. */
  readonly members: readonly MemberState[]
  /** When members that have not joined, or later not synced, are dropped; null when all have. */
  readonly roundEnd: number | null
}

export interface JoinRequest {
  readonly memberId: string
  /** Whether the id is a new one; any other must be a member's. */
  readonly isNew: boolean
  readonly protocol: string
  /** Base64. */
  readonly metadata: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export interface SyncRequest {
  readonly memberId: string
  readonly generation: number
  /** Member id to assignment in base64; from the leader only. */
  readonly assignments: Readonly<Record<string, string>>
}

export interface HeartbeatRequest {
  readonly memberId: string
  readonly generation: number
}

export interface JoinedGroup {
  readonly generation: number
  readonly memberId: string
  readonly leaderId: string
  /** Every member with its metadata in base64 for the leader, nothing for others. */
  readonly members: readonly { readonly id: string; readonly metadata: string }[]
}

export interface Answered<T> {
  readonly kind: 'answered'
  readonly value: T
}

export interface Refused {
  readonly kind: 'refused'
  readonly refusal: GroupRefusal | 'INCONSISTENT_GROUP_PROTOCOL'
}

/** An answer, a refusal, or that the request waits until others have done their part. */
export type Outcome<T> = Answered<T> | Refused | { readonly kind: 'waits' }

/** `state` is the same object when nothing changed. */
export interface Step<T> {
  readonly state: GroupState
  readonly outcome: T
}

export const EMPTY_GROUP: GroupState = {
  protocol: '',
  generation: 0,
  phase: 'Empty',
  leaderId: '',
  members: [],
  roundEnd: null
}

export function memberOf({ members }: GroupState, memberId: string): MemberState | undefined {
  return members.find(({ id }) => id === memberId)
}

/** Whether nothing but sessions has changed, of which nobody has to hear at once. */
export function isOnlyRenewed(before: GroupState, after: GroupState): boolean {
  const apart = (state: GroupState) => ({
    ...state,
    members: state.members.map((member) => ({ ...member, sessionEnd: 0 }))
  })
  return isDeepStrictEqual(apart(before), apart(after))
}

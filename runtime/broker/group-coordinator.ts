import { ConnectError } from '../api/errors.ts'

/** Which group, and how long its members may be silent. */
export interface GroupOptions {
  readonly groupId: string
  /** Members that speak another protocol are refused: Kafka Connect's own workers, for example. */
  readonly protocol: string
  /** A member that is silent for so long is taken for dead, in milliseconds. */
  readonly sessionTimeoutMs: number
  /** How long members may take to rejoin when a new generation begins, in milliseconds. */
  readonly rebalanceTimeoutMs: number
  readonly clientId: string
}

/** A member as the leader sees it. */
export interface GroupMember {
  readonly id: string
  /** What it sent with its join. */
  readonly metadata: Uint8Array
}

export interface JoinAnswer {
  readonly generation: number
  /** This member's id, to be used in all later calls. */
  readonly memberId: string
  readonly leaderId: string
  /** Every member of the generation for the leader, nothing for others. */
  readonly members: readonly GroupMember[]
}

/** What of a group a member claims to belong to. */
export interface Membership {
  readonly memberId: string
  readonly generation: number
}

/**
 * Why a coordinator refused a member:
 * - `REBALANCE_IN_PROGRESS`: a new generation begins; join again, and keep what you have until then
 * - `ILLEGAL_GENERATION`, `UNKNOWN_MEMBER`: the group went on without this member; it owns nothing
 */
export type GroupRefusal = 'REBALANCE_IN_PROGRESS' | 'ILLEGAL_GENERATION' | 'UNKNOWN_MEMBER'

/** A coordinator's refusal. Losing the coordinator itself is a RetriableError instead. */
export class GroupError extends ConnectError {
  readonly refusal: GroupRefusal

  constructor(refusal: GroupRefusal, message: string) {
    super('GROUP_REFUSED', message)
    this.name = 'GroupError'
    this.refusal = refusal
  }
}

/**
 * Membership of a group, as Kafka's group coordinator offers it (JoinGroup, SyncGroup, Heartbeat,
 * LeaveGroup of the classic protocol): it detects failures, elects the leader and counts generations;
 * what members say to each other is opaque to it. Whoever calls `join` repeats the rest:
 * join, sync, heartbeat until refused, join again.
 */
export interface GroupCoordinator {
  /**
   * Takes part in the next generation. Waits until all members have joined, or were silent for their
   * session, or took longer than the rebalance timeout. The session is kept alive while it waits.
   *
   * @param memberId empty for the first time
   * @throws {GroupError} UNKNOWN_MEMBER: join again with an empty id
   * @throws {RetriableError} when the coordinator cannot be reached
   */
  join(memberId: string, metadata: Uint8Array, signal?: AbortSignal): Promise<JoinAnswer>
  /**
   * Hands out the leader's assignments, and waits for them as any other member.
   *
   * @param assignments by member id; from the leader only
   * @returns this member's assignment; empty when the leader gave it none
   * @throws {GroupError} any refusal
   * @throws {RetriableError} when the coordinator cannot be reached
   */
  sync(
    member: Membership,
    assignments: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal
  ): Promise<Uint8Array>
  /**
   * Says that the member lives. May be called while a `join` waits.
   *
   * @throws {GroupError} any refusal
   * @throws {RetriableError} when the coordinator cannot be reached
   */
  heartbeat(member: Membership): Promise<void>
  /** Leaves: the others begin a new generation at once. An unknown member is no error. */
  leave(memberId: string): Promise<void>
  /**
   * Calls back when a heartbeat would be refused, where that can be known without asking (embedded).
   * @returns a function that ends it
   */
  onRebalance?(listener: () => void): () => void
  close(): Promise<void>
}

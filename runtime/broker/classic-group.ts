import {
  type Answered,
  type GroupState,
  type HeartbeatRequest,
  type JoinedGroup,
  type JoinRequest,
  type MemberState,
  memberOf,
  type Outcome,
  type Refused,
  type Step,
  type SyncRequest
} from './group-state.ts'

/*
 * Kafka's coordinator of classic groups as pure functions: an event and the time give the next state
 * and an outcome, nothing else is read or done. The rules are those of Kafka's group coordinator (the
 * group membership API of the Kafka protocol guide, KIP-62), without its delay before the first
 * generation and without static members.
 *
 * Times are milliseconds of one clock that never goes back but may start anew (with the machine), so
 * a session that would last longer than its timeout is one of the clock before: it has ended.
 */

const WAITS = { kind: 'waits' } as const

/**
 * A new member, a changed one, or the leader begins a rebalance; one that is under way is joined.
 * A follower of a stable group that has nothing new to say gets the answer that it may have missed.
 * The same request again is harmless, for all but the leader of a stable group.
 */
export function join(
  before: GroupState,
  request: JoinRequest,
  now: number
): Step<Outcome<JoinedGroup>> {
  const state = expire(before, now)
  if (state.members.length > 0 && state.protocol !== request.protocol) {
    return { state, outcome: refused('INCONSISTENT_GROUP_PROTOCOL') }
  }
  const known = memberOf(state, request.memberId)
  if (known === undefined && !request.isNew) return { state, outcome: refused('UNKNOWN_MEMBER') }
  const next =
    known !== undefined && keepsGeneration(state, known, request)
      ? renew(state, known.id, now)
      : withJoined(state, request, now)
  return { state: next, outcome: joinOutcome(next, request.memberId) }
}

/** What a member that has joined would be told now. */
export function joinOutcome(state: GroupState, memberId: string): Outcome<JoinedGroup> {
  if (memberOf(state, memberId) === undefined) return refused('UNKNOWN_MEMBER')
  if (state.phase === 'PreparingRebalance') return WAITS
  const { generation, leaderId, members } = state
  return answered({
    generation,
    memberId,
    leaderId,
    members: memberId === leaderId ? members.map(({ id, metadata }) => ({ id, metadata })) : []
  })
}

/**
 * Whether a member must join again though it waits: the generation that it waited for came and was
 * given up before it looked.
 */
export function mustJoinAgain(state: GroupState, memberId: string): boolean {
  return state.phase === 'PreparingRebalance' && memberOf(state, memberId)?.joined === false
}

/** The leader's sync makes the group stable; until then the others' wait. */
export function sync(before: GroupState, request: SyncRequest, now: number): Step<Outcome<string>> {
  const state = expire(before, now)
  const refusal = refusalOf(state, request)
  if (refusal !== null) return { state, outcome: refusal }
  const next = withSynced(state, request, now)
  return { state: next, outcome: syncOutcome(next, request) }
}

/** What a member that has asked for its assignment, in base64, would be told now. */
export function syncOutcome(state: GroupState, member: HeartbeatRequest): Outcome<string> {
  const refusal = refusalOf(state, member)
  if (refusal !== null) return refusal
  if (state.phase !== 'Stable') return WAITS
  return answered(memberOf(state, member.memberId)?.assignment ?? '')
}

/** Extends the session, also where the answer is that a rebalance is in progress. */
export function heartbeat(
  before: GroupState,
  request: HeartbeatRequest,
  now: number
): Step<Answered<null> | Refused> {
  const state = expire(before, now)
  const outcome = heartbeatOutcome(state, request)
  const isMember = outcome.kind === 'answered' || outcome.refusal === 'REBALANCE_IN_PROGRESS'
  return { state: isMember ? renew(state, request.memberId, now) : state, outcome }
}

export function heartbeatOutcome(
  state: GroupState,
  member: HeartbeatRequest
): Answered<null> | Refused {
  return refusalOf(state, member) ?? answered(null)
}

/** The others begin a rebalance. Unknown members are ignored. */
export function leave(before: GroupState, memberId: string, now: number): GroupState {
  return without(expire(before, now), ({ id }) => id === memberId, now)
}

/** Extends the session of a member, as whoever holds its open request does while it waits. */
export function renew(state: GroupState, memberId: string, now: number): GroupState {
  const member = memberOf(state, memberId)
  if (member === undefined) return state
  return withMember(state, { ...member, sessionEnd: now + member.sessionTimeoutMs })
}

/** Drops members whose session has ended, and those that a round waited for too long. */
export function expire(before: GroupState, now: number): GroupState {
  const state = without(before, (member) => hasEnded(member, now), now)
  if (state.roundEnd === null || now < state.roundEnd) return state
  if (state.phase === 'PreparingRebalance') return nextGeneration(state, now)
  return without({ ...state, roundEnd: null }, ({ synced }) => !synced, now)
}

/** When `expire` will have something to do, unless members are heard of before; or Infinity. */
export function nextDeadline({ members, roundEnd }: GroupState): number {
  const ends = members.map(({ sessionEnd }) => sessionEnd)
  return Math.min(roundEnd ?? Number.POSITIVE_INFINITY, ...ends)
}

function refusalOf(state: GroupState, { memberId, generation }: HeartbeatRequest): Refused | null {
  if (memberOf(state, memberId) === undefined) return refused('UNKNOWN_MEMBER')
  if (generation !== state.generation) return refused('ILLEGAL_GENERATION')
  return state.phase === 'PreparingRebalance' ? refused('REBALANCE_IN_PROGRESS') : null
}

function keepsGeneration(
  state: GroupState,
  known: MemberState,
  { metadata }: JoinRequest
): boolean {
  if (known.metadata !== metadata) return false
  if (state.phase === 'CompletingRebalance') return true
  return state.phase === 'Stable' && known.id !== state.leaderId
}

function withJoined(state: GroupState, request: JoinRequest, now: number): GroupState {
  const { memberId, protocol, metadata, sessionTimeoutMs, rebalanceTimeoutMs } = request
  const member: MemberState = {
    id: memberId,
    metadata,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    sessionEnd: now + sessionTimeoutMs,
    joined: true,
    synced: false,
    assignment: ''
  }
  const leaderId = state.leaderId || memberId
  const members = memberOf(state, memberId) ? state.members : [...state.members, member]
  const preparing = beginRebalance({ ...state, protocol, leaderId, members }, now)
  return completeWhenJoined(withMember(preparing, member), now)
}

function withSynced(
  state: GroupState,
  { memberId, assignments }: SyncRequest,
  now: number
): GroupState {
  const assigns = state.phase === 'CompletingRebalance' && memberId === state.leaderId
  const members = state.members.map((member) => ({
    ...member,
    ...(assigns && { assignment: assignments[member.id] ?? '' }),
    ...(member.id === memberId && { synced: true, sessionEnd: now + member.sessionTimeoutMs })
  }))
  const all = members.every(({ synced }) => synced)
  return {
    ...state,
    phase: assigns ? 'Stable' : state.phase,
    members,
    roundEnd: all ? null : state.roundEnd
  }
}

function without(
  state: GroupState,
  isGone: (member: MemberState) => boolean,
  now: number
): GroupState {
  const members = state.members.filter((member) => !isGone(member))
  if (members.length === state.members.length) return state
  const remaining = withLeader({ ...state, members })
  return completeWhenJoined(beginRebalance(remaining, now), now)
}

function beginRebalance(state: GroupState, now: number): GroupState {
  if (state.phase === 'PreparingRebalance') return state
  const timeouts = state.members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs)
  return {
    ...state,
    phase: 'PreparingRebalance',
    roundEnd: now + Math.max(0, ...timeouts)
  }
}

function completeWhenJoined(state: GroupState, now: number): GroupState {
  return state.members.every(({ joined }) => joined) ? nextGeneration(state, now) : state
}

/** Ends the joining: who has not joined is no member any more. */
function nextGeneration(state: GroupState, now: number): GroupState {
  const members = state.members
    .filter(({ joined }) => joined)
    .map((member) => ({
      ...member,
      sessionEnd: now + member.sessionTimeoutMs,
      joined: false,
      synced: false,
      assignment: ''
    }))
  const timeouts = members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs)
  return withLeader({
    ...state,
    generation: state.generation + 1,
    phase: members.length === 0 ? 'Empty' : 'CompletingRebalance',
    members,
    roundEnd: members.length === 0 ? null : now + Math.max(...timeouts)
  })
}

/** A leader leads as long as it lives; then the member that has been there longest does. */
function withLeader(state: GroupState): GroupState {
  if (memberOf(state, state.leaderId) !== undefined) return state
  return { ...state, leaderId: state.members[0]?.id ?? '' }
}

function withMember(state: GroupState, changed: MemberState): GroupState {
  const members = state.members.map((member) => (member.id === changed.id ? changed : member))
  return { ...state, members }
}

function hasEnded({ sessionEnd, sessionTimeoutMs }: MemberState, now: number): boolean {
  return sessionEnd <= now || sessionEnd > now + sessionTimeoutMs
}

function answered<T>(value: T): Answered<T> {
  return { kind: 'answered', value }
}

function refused(refusal: Refused['refusal']): Refused {
  return { kind: 'refused', refusal }
}

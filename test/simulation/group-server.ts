import type { Clock } from '../../runtime/api/clock.ts'
import { RetriableError } from '../../runtime/api/errors.ts'
import {
  expire,
  heartbeat,
  join,
  joinOutcome,
  leave,
  nextDeadline,
  renew,
  sync,
  syncOutcome
} from '../../runtime/broker/classic-group.ts'
import { groupRefused } from '../../runtime/broker/group-refusal.ts'
import {
  EMPTY_GROUP,
  type GroupState,
  type HeartbeatRequest,
  type JoinedGroup,
  type JoinRequest,
  type Outcome,
  type SyncRequest
} from '../../runtime/broker/group-state.ts'

/** A request that is answered when the others have done their part. */
interface Waiting {
  readonly memberId: string
  look(state: GroupState): Outcome<unknown>
  settle(outcome: Outcome<unknown>): void
  fail(error: unknown): void
}

/**
 * The group coordinator of a Kafka broker, around the rules in `classic-group.ts`: requests wait on
 * the server, and a coordinator that moves to another broker knows what the last stable generation
 * was, and nothing of the rebalance that was under way.
 */
export class GroupServer {
  readonly #clock: Clock
  readonly #groupId: string
  #state: GroupState = EMPTY_GROUP
  /** What survives a move of the coordinator. */
  #stored: GroupState = EMPTY_GROUP
  #waiting = new Set<Waiting>()
  #cancelExpiry: (() => void) | undefined
  #available = true

  constructor(clock: Clock, groupId: string) {
    this.#clock = clock
    this.#groupId = groupId
  }

  get state(): GroupState {
    return this.#state
  }

  join(request: JoinRequest): Promise<JoinedGroup> {
    this.#requireAvailable()
    const { state, outcome } = join(this.#expired(), request, this.#clock.now())
    // A second request of the same member takes the place of the first.
    for (const other of this.#waiting) {
      if (other.memberId !== request.memberId) continue
      this.#waiting.delete(other)
      other.fail(moved())
    }
    this.#become(state)
    return this.#answer(outcome, request.memberId, (now) => joinOutcome(now, request.memberId))
  }

  sync(request: SyncRequest): Promise<string> {
    this.#requireAvailable()
    const before = this.#expired()
    const { state, outcome } = sync(before, request, this.#clock.now())
    if (state.phase === 'Stable' && before.phase !== 'Stable') this.#stored = state
    this.#become(state)
    return this.#answer(outcome, request.memberId, (now) => syncOutcome(now, request))
  }

  heartbeat(request: HeartbeatRequest): void {
    this.#requireAvailable()
    const { state, outcome } = heartbeat(this.#expired(), request, this.#clock.now())
    this.#become(state)
    if (outcome.kind === 'refused') throw groupRefused(this.#groupId, outcome.refusal)
  }

  leave(memberId: string): void {
    this.#requireAvailable()
    this.#become(leave(this.#expired(), memberId, this.#clock.now()))
  }

  /** The coordinator goes: nobody answers until `start`. */
  stop(): void {
    this.#available = false
    this.#cancelExpiry?.()
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const { fail } of waiting) fail(moved())
  }

  /** Another broker becomes the coordinator, with what was stored; sessions begin anew. */
  start(): void {
    if (this.#available) return
    this.#available = true
    const now = this.#clock.now()
    const { members } = this.#stored
    const alive = members.map((member) => ({
      ...member,
      sessionEnd: now + member.sessionTimeoutMs,
      synced: true
    }))
    this.#become({ ...this.#stored, members: alive, roundEnd: null })
  }

  #requireAvailable(): void {
    if (!this.#available) throw moved()
  }

  /** The state as it is by now. Whoever waits on the server is alive as far as that knows. */
  #expired(): GroupState {
    const now = this.#clock.now()
    let state = this.#state
    for (const { memberId } of this.#waiting) state = renew(state, memberId, now)
    return expire(state, now)
  }

  #become(state: GroupState): void {
    if (this.#state !== state) {
      this.#state = state
      if (state.phase === 'Empty') this.#stored = state
      for (const waiting of [...this.#waiting]) {
        const outcome = waiting.look(state)
        if (outcome.kind === 'waits') continue
        this.#waiting.delete(waiting)
        waiting.settle(outcome)
      }
    }
    this.#cancelExpiry?.()
    const deadline = nextDeadline(this.#state)
    if (!Number.isFinite(deadline)) return
    const wait = Math.max(1, deadline - this.#clock.now())
    this.#cancelExpiry = this.#clock.after(wait, () => this.#become(this.#expired()))
  }

  #answer<T>(
    first: Outcome<T>,
    memberId: string,
    look: (state: GroupState) => Outcome<T>
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome<unknown>) => {
        if (outcome.kind === 'answered') resolve(outcome.value as T)
        else if (outcome.kind === 'refused') reject(groupRefused(this.#groupId, outcome.refusal))
      }
      if (first.kind !== 'waits') settle(first)
      else this.#waiting.add({ memberId, look, settle, fail: reject })
    })
  }
}

function moved(): RetriableError {
  return new RetriableError('KAFKA_UNREACHABLE', 'This broker is not the coordinator any more')
}

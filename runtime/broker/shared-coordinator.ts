import { randomUUID } from 'node:crypto'
import { ConnectError } from '../api/errors.ts'
import {
  expire,
  heartbeat,
  heartbeatOutcome,
  join,
  joinOutcome,
  leave,
  mustJoinAgain,
  nextDeadline,
  renew,
  sync,
  syncOutcome
} from './classic-group.ts'
import type { GroupCoordinator, GroupOptions, JoinAnswer, Membership } from './group-coordinator.ts'
import { groupRefused } from './group-refusal.ts'
import {
  type GroupState,
  type JoinRequest,
  type MemberState,
  memberOf,
  type Outcome,
  type Step
} from './group-state.ts'
import type { GroupStore } from './group-store.ts'

/** A session is renewed when so much of it is left: a heartbeat soon after the last writes nothing. */
const RENEW_BELOW = 0.75
const LONGEST_WAIT_MS = 60_000

/**
 * Membership of a group without a server: each member applies the rules of Kafka's coordinator to the
 * state that they share, and each drops those that are silent.
 */
export class SharedCoordinator implements GroupCoordinator {
  readonly #store: GroupStore
  readonly #options: GroupOptions
  readonly #closing = new AbortController()
  readonly #listeners = new Set<() => void>()
  #memberId = ''
  /** Of the generation whose end is to be told. */
  #member: Membership | null = null
  #watching: Promise<void> | undefined

  constructor(store: GroupStore, options: GroupOptions) {
    this.#store = store
    this.#options = options
  }

  async join(memberId: string, metadata: Uint8Array, signal?: AbortSignal): Promise<JoinAnswer> {
    const isNew = memberId === ''
    const { protocol, sessionTimeoutMs, rebalanceTimeoutMs, clientId } = this.#options
    const request: JoinRequest = {
      memberId: isNew ? `${clientId}-${randomUUID()}` : memberId,
      isNew,
      protocol,
      metadata: toBase64(metadata),
      sessionTimeoutMs,
      rebalanceTimeoutMs
    }
    try {
      return await this.#join(request, this.#either(signal))
    } catch (error) {
      // Nobody but this call knows the id, and the others would wait for its session to end.
      if (isNew) await this.leave(request.memberId).catch(() => {})
      throw error
    }
  }

  async sync(
    member: Membership,
    assignments: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal
  ): Promise<Uint8Array> {
    const encoded = [...assignments].map(([id, bytes]) => [id, toBase64(bytes)])
    const request = { ...member, assignments: Object.fromEntries(encoded) }
    const either = this.#either(signal)
    either.throwIfAborted()
    const again = (state: GroupState, now: number) => sync(state, request, now)
    const assignment = await this.#settle(await this.#store.update(again), {
      memberId: member.memberId,
      look: (state) => syncOutcome(state, member),
      again,
      signal: either
    })
    this.#member = member
    // The next generation may have begun before there was something to compare it with.
    this.#tell(this.#store.read())
    return Buffer.from(assignment, 'base64')
  }

  async heartbeat(member: Membership): Promise<void> {
    this.#closing.signal.throwIfAborted()
    const state = this.#store.read()
    const outcome = this.#mustWrite(state, member.memberId)
      ? await this.#store.update((current, now) => heartbeat(current, member, now))
      : heartbeatOutcome(state, member)
    if (outcome.kind === 'refused') throw groupRefused(this.#options.groupId, outcome.refusal)
    if (this.#memberId === member.memberId) this.#watching ??= this.#watch()
  }

  async leave(memberId: string): Promise<void> {
    if (this.#memberId === memberId) {
      this.#memberId = ''
      this.#member = null
    }
    await this.#drop(memberId)
  }

  onRebalance(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ConnectError('GROUP_CLOSED', 'The group coordinator was closed'))
    await this.#watching
    this.#store.presence?.close()
  }

  async #join(request: JoinRequest, signal: AbortSignal): Promise<JoinAnswer> {
    signal.throwIfAborted()
    this.#member = null
    const { memberId } = request
    await this.#store.presence?.announce(memberId)
    const first = await this.#store.update((state, now) => join(state, request, now))
    // From here on a member that is gone was dropped.
    const again = { ...request, isNew: false }
    this.#memberId = memberId
    this.#watching ??= this.#watch()
    const answer = await this.#settle(first, {
      memberId,
      look: (state) => joinOutcome(state, memberId),
      again: (state, now) => join(state, again, now),
      signal
    })
    const members = answer.members.map(({ id, metadata }) => ({
      id,
      metadata: Buffer.from(metadata, 'base64')
    }))
    return { ...answer, members }
  }

  /** Waits for the answer to a request, and keeps its member's session alive meanwhile. */
  async #settle<T>(first: Outcome<T>, { memberId, look, again, signal }: Waiting<T>): Promise<T> {
    for (let outcome = first; ; ) {
      if (outcome.kind === 'answered') return outcome.value
      if (outcome.kind === 'refused') throw groupRefused(this.#options.groupId, outcome.refusal)
      signal.throwIfAborted()
      const state = this.#store.read()
      outcome = look(state)
      if (outcome.kind !== 'waits') continue
      if (mustJoinAgain(state, memberId)) outcome = await this.#store.update(again)
      else if (this.#mustWrite(state, memberId)) await this.#keepAlive(memberId)
      else await this.#store.changed(state, this.#quietMs(state, memberId), signal)
    }
  }

  async #keepAlive(memberId: string): Promise<void> {
    await this.#store.update((state, now) => ({
      state: renew(expire(state, now), memberId, now),
      outcome: undefined
    }))
  }

  /** Drops silent members and tells of a new generation, also while nobody calls. */
  async #watch(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted && this.#memberId !== '') {
      const state = await this.#nextState(signal)
      // A state that cannot be read or written is told by the next heartbeat, which begins anew.
      if (state === null) break
      this.#tell(state)
    }
    this.#watching = undefined
    this.#watchOthers([])
  }

  #tell(state: GroupState): void {
    if (this.#member === null || heartbeatOutcome(state, this.#member).kind !== 'refused') return
    this.#member = null
    for (const listener of [...this.#listeners]) listener()
  }

  async #nextState(signal: AbortSignal): Promise<GroupState | null> {
    try {
      const state = this.#store.read()
      this.#watchOthers(state.members)
      const rest = this.#restMs(state)
      if (rest > 0) await this.#store.changed(state, rest, signal)
      else {
        await this.#store.update((current, now) => ({
          state: expire(current, now),
          outcome: undefined
        }))
      }
      return this.#store.read()
    } catch {
      return null
    }
  }

  #watchOthers(members: readonly MemberState[]): void {
    const others = members.map(({ id }) => id).filter((id) => id !== this.#memberId)
    this.#store.presence?.watch(others, (memberId) => {
      // Its session ends too, if this cannot be written.
      this.#drop(memberId).catch(() => {})
    })
  }

  #drop(memberId: string): Promise<void> {
    return this.#store.update((state, now) => ({
      state: leave(state, memberId, now),
      outcome: undefined
    }))
  }

  #restMs(state: GroupState): number {
    return Math.min(nextDeadline(state) - this.#store.now(), LONGEST_WAIT_MS)
  }

  /** Whether a session has to be renewed or someone to be dropped. */
  #mustWrite(state: GroupState, memberId: string): boolean {
    return this.#quietMs(state, memberId) <= 0
  }

  /** For how long a member that waits has nothing to write. */
  #quietMs(state: GroupState, memberId: string): number {
    const member = memberOf(state, memberId)
    const renewal =
      member === undefined
        ? Number.POSITIVE_INFINITY
        : member.sessionEnd - member.sessionTimeoutMs * RENEW_BELOW
    return Math.min(this.#restMs(state), renewal - this.#store.now())
  }

  #either(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
  }
}

interface Waiting<T> {
  readonly memberId: string
  readonly look: (state: GroupState) => Outcome<T>
  /** The request once more, for a join that a later round made void. */
  readonly again: (state: GroupState, now: number) => Step<Outcome<T>>
  readonly signal: AbortSignal
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

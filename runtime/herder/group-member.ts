import type { Clock } from '../api/clock.ts'
import { sleep } from '../api/clock.ts'
import { ConnectError, describeError, isRetriable } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { type GroupCoordinator, GroupError, type JoinAnswer } from '../broker/group-coordinator.ts'
import type { Lease } from '../worker/lease.ts'
import {
  type Assignment,
  decodeAssignment,
  decodeMetadata,
  encodeAssignment,
  encodeMetadata,
  type MemberMetadata
} from './group-protocol.ts'

/** What the group asks of a worker. */
export interface GroupHandler {
  /** What to tell the group now. */
  metadata(): MemberMetadata
  /** This worker leads: what each member has from now on, by its id. */
  assign(
    members: ReadonlyMap<string, MemberMetadata>,
    generation: number
  ): Promise<ReadonlyMap<string, Assignment>>
  /** A new generation has begun, with this assignment. */
  assigned(assignment: Assignment): void
  /**
   * The group went on without this worker, or may have: whatever it ran may run elsewhere. Resolves
   * when nothing of it runs here any more.
   */
  lost(): Promise<void>
  /** The group does not take this worker, and trying again does not help. It is tried again all the same. */
  refused(error: ConnectError): void
}

export interface GroupMemberOptions {
  readonly coordinator: GroupCoordinator
  readonly handler: GroupHandler
  readonly lease: Lease
  readonly clock: Clock
  readonly logger: Logger
  readonly heartbeatIntervalMs: number
  readonly sessionTimeoutMs: number
}

/**
 * The part of the session for which an answered heartbeat is good. The embedded coordinator notes a
 * heartbeat only once a quarter of the session is over, so as not to write for each.
 */
const LEASE_SHARE = 0.74
/** How long to wait before the coordinator is asked again after a failure. */
const RETRY_MS = 100
/**
 * Between two heartbeats that nothing is learnt from. Every second one comes with what else is done
 * each five seconds.
 */
const SLOW_BEAT_MS = 2500
const NOBODY = -1

/** What is known of the group. */
export interface GroupState {
  readonly memberId: string
  /** -1 while this worker is in no generation. */
  readonly generation: number
  readonly leaderId: string | null
  readonly isLeader: boolean
  readonly rebalancing: boolean
  readonly completedRebalances: number
  /** Milliseconds: of the last rebalance, the longest, and all together. */
  readonly rebalanceMs: { readonly last: number; readonly max: number; readonly sum: number }
  /** Milliseconds since the last rebalance was complete; null before the first. */
  readonly sinceRebalanceMs: number | null
}

/**
 * One worker's place in its group: joins, gives out assignments where it leads, says that it lives,
 * and joins again when the group or this worker wants a new generation. Until a new assignment is
 * there, the old one holds. It gives everything up when it is refused, or when it has heard nothing for
 * as long as the group takes to declare it dead.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #closing = new AbortController()
  #memberId = ''
  #generation = NOBODY
  #leaderId: string | null = null
  /** Whether an assignment is in force. */
  #assigned = false
  #joining = false
  #wanted = true
  #wake: () => void = () => {}
  #attempt = new AbortController()
  #losing: Promise<void> = Promise.resolve()
  #beating = false
  /** When the last question was asked whose answer said that this worker is a member. */
  #heardAt = Number.NEGATIVE_INFINITY
  #cancelBeat: (() => void) | undefined
  #endWatch: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  #failedAt: string | undefined
  /** When the group first had members of another protocol. */
  #refusedAt: number | undefined
  #rebalanceBegan: number | null = null
  #rebalanceEnded: number | null = null
  #rebalances = 0
  #rebalanceMs = { last: 0, max: 0, sum: 0 }
  #waiting: (() => void)[] = []

  constructor(options: GroupMemberOptions) {
    this.#options = options
  }

  get state(): GroupState {
    return {
      memberId: this.#memberId,
      generation: this.#assigned ? this.#generation : NOBODY,
      leaderId: this.#assigned ? this.#leaderId : null,
      isLeader: this.#assigned && this.#leaderId === this.#memberId,
      rebalancing: this.#joining || this.#wanted,
      completedRebalances: this.#rebalances,
      rebalanceMs: this.#rebalanceMs,
      sinceRebalanceMs:
        this.#rebalanceEnded === null ? null : this.#options.clock.now() - this.#rebalanceEnded
    }
  }

  /** Takes part from now on. */
  start(): void {
    this.#running = this.#run()
    this.#endWatch = this.#options.coordinator.onRebalance?.(() => this.#beat())
    this.#scheduleBeat()
  }

  /** Asks for a new generation: what this worker has, or what there is to do, has changed. */
  rejoin(): void {
    this.#wanted = true
    this.#wake()
  }

  /** Asks for a new generation and waits for it. */
  rejoined(): Promise<void> {
    const next = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.rejoin()
    return next
  }

  /** Leaves, so that others take over at once. Nothing may run here any more. */
  async leave(): Promise<void> {
    const { coordinator, lease, logger } = this.#options
    this.#closing.abort()
    this.#attempt.abort()
    this.#cancelBeat?.()
    this.#endWatch?.()
    this.#wake()
    await this.#running
    lease.end()
    this.#assigned = false
    try {
      if (this.#memberId !== '') await coordinator.leave(this.#memberId)
    } catch (error) {
      logger.warn('The group could not be told that this worker leaves; it notices by itself.', {
        error: describeError(error)
      })
    }
    await coordinator.close()
  }

  async #run(): Promise<void> {
    const closing = this.#closing.signal
    while (!closing.aborted) {
      await this.#losing
      await this.#untilWanted()
      if (closing.aborted) return
      this.#wanted = false
      this.#attempt = new AbortController()
      this.#joining = true
      this.#rebalanceBegan ??= this.#options.clock.now()
      try {
        await this.#join(this.#attempt.signal)
        this.#failedAt = undefined
        this.#refusedAt = undefined
      } catch (error) {
        this.#wanted = true
        if (!closing.aborted) await this.#failed(error)
      } finally {
        this.#joining = false
      }
    }
  }

  #untilWanted(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#wanted || this.#closing.signal.aborted) resolve()
    })
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { coordinator, handler } = this.#options
    const metadata = encodeMetadata(handler.metadata())
    const joined = await coordinator.join(this.#memberId, metadata, signal)
    signal.throwIfAborted()
    this.#memberId = joined.memberId
    this.#generation = joined.generation
    this.#leaderId = joined.leaderId
    const assignments = await this.#assignments(joined)
    signal.throwIfAborted()
    const sentAt = this.#options.clock.now()
    const answer = await coordinator.sync(joined, assignments, signal)
    signal.throwIfAborted()
    this.#extend(sentAt)
    // A leader that read the list of members before this one was on it.
    if (answer.length === 0) throw new GroupError('REBALANCE_IN_PROGRESS', 'No assignment came')
    const assignment = decodeAssignment(answer)
    if (!this.#assigned) {
      this.#options.lease.begin(assignment.epoch)
      this.#assigned = true
      this.#extend(sentAt)
    }
    this.#noteRebalance()
    handler.assigned(assignment)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #noteRebalance(): void {
    const now = this.#options.clock.now()
    const last = now - (this.#rebalanceBegan ?? now)
    const { max, sum } = this.#rebalanceMs
    this.#rebalanceMs = { last, max: Math.max(max, last), sum: sum + last }
    this.#rebalances++
    this.#rebalanceBegan = null
    this.#rebalanceEnded = now
  }

  async #assignments(joined: JoinAnswer): Promise<ReadonlyMap<string, Uint8Array>> {
    if (joined.leaderId !== joined.memberId) return new Map()
    const members = new Map(
      joined.members.map(({ id, metadata }) => [id, decodeMetadata(metadata)])
    )
    const assignments = await this.#options.handler.assign(members, joined.generation)
    return new Map([...assignments].map(([id, given]) => [id, encodeAssignment(given)]))
  }

  /** Whether what failed means that the group went on alone; and waits before the next try. */
  async #failed(error: unknown): Promise<void> {
    const { logger, clock, handler } = this.#options
    if (this.#attempt.signal.aborted) return
    if (error instanceof GroupError) {
      if (error.refusal === 'REBALANCE_IN_PROGRESS') return
      if (this.#memberId === '') return sleep(clock, RETRY_MS, this.#closing.signal)
      this.#lose(error.message)
      if (error.refusal === 'UNKNOWN_MEMBER') this.#memberId = ''
      return
    }
    const message = describeError(error)
    const fields = error instanceof ConnectError ? { code: error.code } : {}
    const level = isRetriable(error) ? 'warn' : 'error'
    if (this.#failedAt !== message) {
      logger[level]('Cannot take part in the group; trying again.', { error: message, ...fields })
    }
    this.#failedAt = message
    if (error instanceof ConnectError && !error.retriable && this.#isFinal(error)) {
      handler.refused(error)
    }
    await sleep(clock, RETRY_MS, this.#closing.signal)
  }

  /** Where the coordinator tells of a rebalance by itself, a heartbeat only has to keep the session. */
  get #beatMs(): number {
    const { coordinator, heartbeatIntervalMs, sessionTimeoutMs } = this.#options
    if (coordinator.onRebalance === undefined) return heartbeatIntervalMs
    return Math.max(heartbeatIntervalMs, Math.min(sessionTimeoutMs / 4, SLOW_BEAT_MS))
  }

  /**
   * Workers of Kafka Connect that were killed are members of the group until their session is over:
   * who takes their topics over waits for that.
   */
  #isFinal({ code }: ConnectError): boolean {
    const { clock, sessionTimeoutMs } = this.#options
    if (code !== 'GROUP_PROTOCOL') return true
    this.#refusedAt ??= clock.now()
    return clock.now() - this.#refusedAt > sessionTimeoutMs + RETRY_MS
  }

  #scheduleBeat(): void {
    const { clock } = this.#options
    if (this.#closing.signal.aborted) return
    this.#cancelBeat = clock.atNext(this.#beatMs, () => {
      this.#beat()
      this.#scheduleBeat()
    })
  }

  #beat(): void {
    const { clock, sessionTimeoutMs } = this.#options
    if (this.#closing.signal.aborted || this.#memberId === '') return
    if (this.#assigned && clock.now() - this.#heardAt >= sessionTimeoutMs) {
      this.#lose('The group was out of reach for longer than session.timeout.ms')
      return
    }
    if (this.#generation === NOBODY || this.#beating) return
    this.#beating = true
    void this.#sendBeat().finally(() => {
      this.#beating = false
    })
  }

  async #sendBeat(): Promise<void> {
    const { coordinator, clock, logger } = this.#options
    const member = { memberId: this.#memberId, generation: this.#generation }
    const sentAt = clock.now()
    const stale = () => member.memberId !== this.#memberId || member.generation !== this.#generation
    try {
      await coordinator.heartbeat(member)
      if (!stale()) this.#extend(sentAt)
    } catch (error) {
      if (stale()) return
      if (!(error instanceof GroupError)) {
        logger.debug('A heartbeat failed.', { error: describeError(error) })
      } else if (error.refusal === 'REBALANCE_IN_PROGRESS') {
        this.#extend(sentAt)
        if (!this.#joining) this.rejoin()
      } else if (error.refusal === 'UNKNOWN_MEMBER' || !this.#joining) {
        // While a join is on its way, the generation it ends in may be ahead of this heartbeat's.
        this.#lose(error.message)
        if (error.refusal === 'UNKNOWN_MEMBER') this.#memberId = ''
      }
    }
  }

  #extend(sentAt: number): void {
    const { lease, sessionTimeoutMs } = this.#options
    if (this.#closing.signal.aborted) return
    this.#heardAt = Math.max(this.#heardAt, sentAt)
    if (this.#assigned) lease.extend(sentAt + sessionTimeoutMs * LEASE_SHARE)
  }

  #lose(reason: string): void {
    const { lease, logger, handler } = this.#options
    lease.end()
    this.#generation = NOBODY
    this.#attempt.abort()
    if (this.#assigned) {
      logger.warn('This worker has lost its place in the group: it stops everything and rejoins.', {
        reason
      })
    }
    this.#assigned = false
    this.#losing = handler.lost().catch((error: unknown) => {
      logger.error('What was lost could not be stopped.', { error: describeError(error) })
    })
    this.rejoin()
  }
}

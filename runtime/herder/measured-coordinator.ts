import type { GroupCoordinator, JoinAnswer, Membership } from '../broker/group-coordinator.ts'
import { GroupError } from '../broker/group-coordinator.ts'
import type { CoordinatorRecord } from '../metrics/metrics.ts'

/** A coordinator that notes what is asked of it, and how long the answers take. */
export class MeasuredCoordinator implements GroupCoordinator {
  readonly onRebalance?: (listener: () => void) => () => void
  readonly #coordinator: GroupCoordinator
  readonly #record: CoordinatorRecord
  readonly #now: () => number
  #joiningSince: number | null = null

  constructor(coordinator: GroupCoordinator, record: CoordinatorRecord, now: () => number) {
    this.#coordinator = coordinator
    this.#record = record
    this.#now = now
    const { onRebalance } = coordinator
    if (onRebalance !== undefined) this.onRebalance = onRebalance.bind(coordinator)
  }

  async join(memberId: string, metadata: Uint8Array, signal?: AbortSignal): Promise<JoinAnswer> {
    const begunAt = this.#now()
    this.#joiningSince ??= begunAt
    const answer = await this.#watched(this.#coordinator.join(memberId, metadata, signal))
    this.#note('join', begunAt)
    return answer
  }

  async sync(
    member: Membership,
    assignments: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal
  ): Promise<Uint8Array> {
    const begunAt = this.#now()
    const assignment = await this.#watched(this.#coordinator.sync(member, assignments, signal))
    this.#note('sync', begunAt)
    this.#note('rebalance', this.#joiningSince ?? begunAt)
    this.#joiningSince = null
    this.#record.rebalancedAt = this.#now()
    return assignment
  }

  async heartbeat(member: Membership): Promise<void> {
    const begunAt = this.#now()
    this.#record.heartbeatAt = begunAt
    await this.#coordinator.heartbeat(member)
    this.#note('heartbeat', begunAt)
  }

  leave(memberId: string): Promise<void> {
    return this.#coordinator.leave(memberId)
  }

  close(): Promise<void> {
    return this.#coordinator.close()
  }

  async #watched<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked
    } catch (error) {
      if (error instanceof GroupError) this.#record.all.add('refusals', 1, this.#now())
      throw error
    }
  }

  #note(what: 'join' | 'sync' | 'rebalance' | 'heartbeat', begunAt: number): void {
    const now = this.#now()
    this.#record.all.add(what, 1, now)
    this.#record.all.observe(`${what}_ms`, now - begunAt, now)
    this.#record.all.add(`${what}_ms`, now - begunAt, now)
  }
}

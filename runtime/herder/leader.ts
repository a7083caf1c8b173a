import type { Clock } from '../api/clock.ts'
import type { ConnectorConfig } from '../stores/config-log.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import type { StatusStore } from '../stores/status-store.ts'
import { CONNECTOR, type TaskId, taskKey } from '../worker/task-spec.ts'
import { assign } from './assign.ts'
import { generationFloor } from './generations.ts'
import { type Assignment, EPOCH_STEP, type MemberMetadata } from './group-protocol.ts'

export interface LeaderOptions {
  readonly configs: ConfigStore
  readonly statuses: StatusStore
  readonly clock: Clock
  readonly groupId: string
  readonly workerId: string
  readonly url: string
  /** How long the tasks of a lost worker wait for it to come back, in milliseconds. */
  readonly maxDelayMs: number
  /** How long a key of requests between workers is used, in milliseconds. */
  readonly keyTtlMs: number
  /** A new key for requests between workers, base64. */
  newKey(): string
  /** Which connectors run at all. */
  manages(name: string): boolean
  /** The epoch that this worker has been given. */
  epoch(): number
  /** Asks for a new generation. */
  rejoin(): void
}

/** How many epochs are noted as given out ahead of their use, to save writes. */
const RESERVED_EPOCHS = 16

/**
 * What only the leader of a group does: it alone writes connectors and task configs, and decides
 * who runs what.
 */
export class Leader {
  readonly #options: LeaderOptions
  #owners = new Map<string, MemberMetadata>()
  /** By member id: what this leader gave last, and what it gave last of which somebody has heard. */
  #made: ReadonlyMap<string, Assignment> = new Map()
  #given: ReadonlyMap<string, Assignment> = new Map()
  /** What nobody owns, and who had it, until the end of the delay. */
  #missing = new Map<string, { readonly id: TaskId; readonly workerId: string }>()
  #delayEnd: number | null = null
  #cancelDelay: (() => void) | undefined
  #epoch = 0
  #reserved = 0

  constructor(options: LeaderOptions) {
    this.#options = options
  }

  /** The worker that has something, by the last assignment that was made here. */
  ownerOf(id: TaskId): MemberMetadata | null {
    return this.#owners.get(taskKey(id)) ?? null
  }

  /** Whether any worker has it, or had not yet stopped it when it last joined. */
  isOwned(id: TaskId): boolean {
    return this.#owners.has(taskKey(id))
  }

  /** Forgets what it knew: another worker leads. */
  async resign(): Promise<void> {
    this.#owners = new Map()
    this.#made = new Map()
    this.#given = new Map()
    this.#missing.clear()
    this.#endDelay()
    this.#epoch = 0
    this.#reserved = 0
    await this.#options.configs.resign()
  }

  /**
   * Assigns everything to the members.
   *
   * @throws {RetriableError} when the config topic cannot be read or written
   * @throws {FencedError} when another worker leads by now
   */
  async assign(
    told: ReadonlyMap<string, MemberMetadata>
  ): Promise<ReadonlyMap<string, Assignment>> {
    const { configs } = this.#options
    if (configs.isLeading) await configs.refresh()
    else await this.#lead()
    const members = this.#withGiven(told)
    const epoch = await this.#nextEpoch(members)
    const work = this.#work()
    const returned = this.#noteMissing(members, work)
    const owners = [...members].map(([id, { owned, workerId }]) => ({
      id,
      owned: [...owned, ...(returned.get(workerId) ?? [])]
    }))
    const held = [...this.#missing.values()].map(({ id }) => id)
    const { byMember } = assign({ members: owners, work, held })
    this.#remember(members, byMember)
    this.#made = new Map(
      [...members.keys()].map((id) => [id, this.#tell(byMember.get(id) ?? [], epoch)])
    )
    if (isWithheld(told, members, byMember)) this.#options.rejoin()
    return this.#made
  }

  /**
   * A join that was under way for long, on a connection that its member has given up, tells what the
   * member had then. By now it may run what it was given since.
   */
  #withGiven(told: ReadonlyMap<string, MemberMetadata>): ReadonlyMap<string, MemberMetadata> {
    const [made] = this.#made.values()
    const heard = Math.max(this.#options.epoch(), ...[...told.values()].map(({ epoch }) => epoch))
    if (made !== undefined && heard >= made.epoch) this.#given = this.#made
    return new Map(
      [...told].map(([id, member]) => {
        const given = this.#given.get(id)
        if (given === undefined || member.epoch >= given.epoch) return [id, member]
        const all = [...member.owned, ...given.owned]
        const owned = [...new Map(all.map((work) => [taskKey(work), work])).values()]
        return [id, { ...member, owned }]
      })
    )
  }

  #tell(owned: readonly TaskId[], epoch: number): Assignment {
    const { configs, clock, workerId, url } = this.#options
    const delay = this.#delayEnd === null ? 0 : Math.max(0, this.#delayEnd - clock.now())
    return { leader: workerId, leaderUrl: url, configOffset: configs.offset, epoch, owned, delay }
  }

  /** Makes this worker the one that can write, and learns what the one before it has left. */
  async #lead(): Promise<void> {
    const { configs, statuses, groupId } = this.#options
    await this.resign()
    // As Kafka Connect names it, so that each fences the other on the same topics.
    await configs.lead(`connect-cluster-${groupId}`)
    await statuses.refresh()
  }

  #work(): TaskId[] {
    const { configs, manages } = this.#options
    return configs
      .connectors()
      .filter(({ name }) => manages(name))
      .flatMap(workOf)
  }

  /**
   * Keeps account of what lost workers had, while it waits for them.
   * @returns what a worker that came back had
   */
  #noteMissing(
    members: ReadonlyMap<string, MemberMetadata>,
    work: readonly TaskId[]
  ): ReadonlyMap<string, TaskId[]> {
    const { maxDelayMs, clock } = this.#options
    const present = new Set([...members.values()].map(({ workerId }) => workerId))
    const owned = new Set([...members.values()].flatMap((member) => member.owned.map(taskKey)))
    for (const id of work) {
      const owner = this.#owners.get(taskKey(id))
      if (owner === undefined || present.has(owner.workerId) || owned.has(taskKey(id))) continue
      if (maxDelayMs > 0) this.#missing.set(taskKey(id), { id, workerId: owner.workerId })
    }
    const wanted = new Set(work.map(taskKey))
    const returned = new Map<string, TaskId[]>()
    for (const [key, { id, workerId }] of this.#missing) {
      if (!wanted.has(key) || owned.has(key)) this.#missing.delete(key)
      else if (present.has(workerId)) {
        returned.set(workerId, [...(returned.get(workerId) ?? []), id])
        this.#missing.delete(key)
      }
    }
    if (this.#delayEnd !== null && clock.now() >= this.#delayEnd) this.#missing.clear()
    if (this.#missing.size === 0) this.#endDelay()
    else this.#startDelay()
    return returned
  }

  #startDelay(): void {
    if (this.#delayEnd !== null) return
    const { clock, maxDelayMs, rejoin } = this.#options
    this.#delayEnd = clock.now() + maxDelayMs
    this.#cancelDelay = clock.after(maxDelayMs, rejoin)
  }

  #endDelay(): void {
    this.#cancelDelay?.()
    this.#cancelDelay = undefined
    this.#delayEnd = null
  }

  /** Who has what by now: what was given, and what was taken away and may still be stopping. */
  #remember(
    members: ReadonlyMap<string, MemberMetadata>,
    byMember: ReadonlyMap<string, readonly TaskId[]>
  ): void {
    const owners = new Map<string, MemberMetadata>()
    for (const [id, member] of members) {
      for (const owned of [...member.owned, ...(byMember.get(id) ?? [])]) {
        owners.set(taskKey(owned), member)
      }
    }
    this.#owners = owners
  }

  /**
   * An epoch above all that were ever given out, also by leaders that nobody here has heard of:
   * it is noted in the config topic, which a new leader reads, before it is used.
   */
  async #nextEpoch(members: ReadonlyMap<string, MemberMetadata>): Promise<number> {
    const { configs, statuses, clock, newKey, keyTtlMs } = this.#options
    const stored = configs.sessionKey
    const known = [...members.values()].map((member) => member.epoch + EPOCH_STEP)
    const epoch = Math.max(
      this.#epoch === 0 ? (stored?.epoch ?? 0) : this.#epoch + EPOCH_STEP,
      statuses.highestGeneration + 1,
      generationFloor(clock.wallTime()),
      ...known
    )
    const now = clock.wallTime()
    const expired = stored === null || now - stored.createdAt >= keyTtlMs
    if (expired || epoch + EPOCH_STEP > this.#reserved) {
      const reserved = epoch + EPOCH_STEP * RESERVED_EPOCHS
      await configs.putSessionKey({
        key: expired ? newKey() : stored.key,
        algorithm: expired ? 'HmacSHA256' : stored.algorithm,
        createdAt: expired ? now : stored.createdAt,
        epoch: reserved
      })
      this.#reserved = reserved
    }
    this.#epoch = epoch
    return epoch
  }
}

/**
 * Whether something is kept from others for a member that did not say that it has it. It will not say
 * that it has stopped it either: the next generation brings that out.
 */
function isWithheld(
  told: ReadonlyMap<string, MemberMetadata>,
  assumed: ReadonlyMap<string, MemberMetadata>,
  byMember: ReadonlyMap<string, readonly TaskId[]>
): boolean {
  return [...assumed].some(([id, { owned }]) => {
    const clear = [...(told.get(id)?.owned ?? []), ...(byMember.get(id) ?? [])].map(taskKey)
    return owned.some((work) => !clear.includes(taskKey(work)))
  })
}

/** The connector itself, and its tasks unless it is stopped. */
export function workOf({ name, tasks, targetState }: ConnectorConfig): TaskId[] {
  const count = targetState === 'STOPPED' ? 0 : (tasks?.length ?? 0)
  return Array.from({ length: count + 1 }, (_, index) => ({
    connector: name,
    task: index + CONNECTOR
  }))
}

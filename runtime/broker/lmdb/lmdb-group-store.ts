import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EMPTY_GROUP, type GroupState, isOnlyRenewed, type Step } from '../group-state.ts'
import type { GroupStore } from '../group-store.ts'
import type { CommitSignal } from './commit-signal.ts'
import { CREATION_KEY, groupKey } from './log-keys.ts'
import type { LogStore } from './log-store.ts'
import type { WriteQueue } from './log-transaction.ts'
import { SocketPresence } from './socket-presence.ts'

/** A busy log commits thousands of times a second; a group is looked at no more often than this. */
const LOOK_EVERY_MS = 10

export interface LmdbGroupParts {
  readonly store: LogStore
  readonly queue: WriteQueue
  readonly commits: CommitSignal
}

/**
 * The state of one group as one value of the log, changed only by transactions that still find what
 * they decided upon. The generation is the fencing counter: it grows with each set of members, and
 * stays when they are gone.
 */
export class LmdbGroupStore implements GroupStore {
  readonly presence: SocketPresence
  readonly #parts: LmdbGroupParts
  readonly #key: Buffer
  #version = 0
  #state: GroupState = EMPTY_GROUP

  constructor(parts: LmdbGroupParts, groupId: string) {
    this.#parts = parts
    this.#key = groupKey(groupId)
    this.presence = new SocketPresence(join(parts.store.path, 'members'))
    parts.commits.start()
  }

  read(): GroupState {
    const { store } = this.#parts
    store.refresh()
    const entry = store.meta(this.#key)
    if (entry !== undefined && entry.version !== this.#version) {
      this.#state = decode(entry.value)
      this.#version = entry.version
    }
    return this.#state
  }

  update<T>(step: (state: GroupState, now: number) => Step<T>): Promise<T> {
    return this.#parts.queue.run((transaction) => {
      const value = transaction.read(this.#key)
      const before = value === undefined ? EMPTY_GROUP : decode(value)
      // The time comes after the state, which may have been made a moment ago.
      const { state, outcome } = step(before, this.now())
      if (state !== before) {
        if (value === undefined) transaction.touch(CREATION_KEY)
        const encoded = Buffer.from(JSON.stringify(state))
        // Whoever looks when a session ends finds it renewed; to tell of it would wake all readers.
        if (isOnlyRenewed(before, state)) transaction.putQuietly(this.#key, encoded)
        else transaction.put(this.#key, encoded)
      }
      return outcome
    })
  }

  async changed(seen: GroupState, maxMs: number, signal: AbortSignal): Promise<void> {
    const end = this.now() + maxMs
    while (!signal.aborted && this.read() === seen) {
      const lookedAt = this.now()
      if (lookedAt >= end) return
      await this.#parts.commits.wait(end - lookedAt, signal)
      if (this.read() !== seen) return
      const since = this.now() - lookedAt
      if (since < LOOK_EVERY_MS) await sleep(LOOK_EVERY_MS - since)
    }
  }

  /**
   * By the clock that counts from the start of the machine, which all its processes share. The time of
   * day would end all sessions at once when it is set forward, and none when it is set back. After a
   * restart of the machine the clock starts anew, and none of the members of before lives: see
   * classic-group.ts.
   */
  now(): number {
    return Number(process.hrtime.bigint() / 1_000_000n)
  }
}

function decode(value: Buffer): GroupState {
  return JSON.parse(value.toString('utf8'))
}

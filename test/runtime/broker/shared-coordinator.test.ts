import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { GroupState } from '../../../runtime/broker/group-state.ts'
import type { GroupStore, Presence } from '../../../runtime/broker/group-store.ts'
import { LocalGroup } from '../../../runtime/broker/local-coordinator.ts'
import { SharedCoordinator } from '../../../runtime/broker/shared-coordinator.ts'
import { GroupFixture, TestMember } from '../../contract/group-fixture.ts'

/** One member's view of a group, which can be late, and which can be told that a process ended. */
class View implements GroupStore {
  readonly #group: LocalGroup
  #late: PromiseWithResolvers<void> | null = null
  gone: (memberId: string) => void = () => {}
  watched: readonly string[] = []

  readonly presence: Presence = {
    announce: async () => {},
    watch: (memberIds, gone) => {
      this.watched = memberIds
      this.gone = gone
    },
    close: () => {}
  }

  constructor(group: LocalGroup) {
    this.#group = group
  }

  read = () => this.#group.read()
  now = () => this.#group.now()
  update: GroupStore['update'] = (step) => this.#group.update(step)

  async changed(seen: GroupState, maxMs: number, signal: AbortSignal): Promise<void> {
    await this.#group.changed(seen, maxMs, signal)
    await this.#late?.promise
  }

  /** From now on changes are seen only after `catchUp`. */
  fallBehind(): void {
    this.#late = Promise.withResolvers()
  }

  catchUp(): void {
    this.#late?.resolve()
    this.#late = null
  }
}

describe('a member of a group without a server', () => {
  it('joins again by itself when it looks too late for the generation that it waited for', async () => {
    const local = new LocalGroup(systemClock)
    const view = new View(local)
    await using group = new GroupFixture({
      open: async (options) => new SharedCoordinator(local, options)
    })
    const [first] = await group.stable(1)
    assert.ok(first)
    const late = await memberAt(view, group.groupId)
    const joined = late.join()
    await first.refusal()
    view.fallBehind()
    await first.join()
    const third = await group.member()
    const thirdJoined = third.join()
    await first.refusal()
    view.catchUp()
    await Promise.all([first.join(), thirdJoined, joined])
    assert.equal(first.joined?.members.length, 3)
    assert.equal(late.generation, first.generation)
    await late.coordinator.close()
  })

  it('takes a member for gone whose process is known to have ended', async () => {
    const local = new LocalGroup(systemClock)
    const view = new View(local)
    await using group = new GroupFixture({
      open: async (options) => new SharedCoordinator(local, options)
    })
    const watcher = await memberAt(view, group.groupId)
    await watcher.join()
    await watcher.sync()
    const doomed = await group.member()
    const joined = doomed.join()
    await watcher.refusal()
    await Promise.all([watcher.join(), joined])
    await watcher.sync()
    assert.deepEqual(view.watched, [doomed.id])
    view.gone(doomed.id)
    assert.equal(await watcher.refusal(), 'REBALANCE_IN_PROGRESS')
    await watcher.join()
    assert.equal(watcher.joined?.members.length, 1)
    await watcher.coordinator.close()
  })
})

async function memberAt(store: GroupStore, groupId: string): Promise<TestMember> {
  return new TestMember(
    new SharedCoordinator(store, {
      groupId,
      protocol: 'millrace-test',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      clientId: 'contract'
    })
  )
}

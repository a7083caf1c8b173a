import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { GroupOptions } from '../../../runtime/broker/group-coordinator.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { SocketPresence } from '../../../runtime/broker/lmdb/socket-presence.ts'
import { assigned, MemberProcess } from '../../contract/group-process-contract.ts'
import { projectRoot } from '../../support/source-files.ts'
import { until } from '../../support/until.ts'

/** Longer than any test waits: a member that is dropped was known to be gone. */
const LONG_SESSION_MS = 600_000

const skip = existsSync('/proc/sys/kernel/random/boot_id') ? false : 'the kernel has no boot id'

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'millrace-presence-'))

  process(sessionTimeoutMs = LONG_SESSION_MS, path = this.path): MemberProcess {
    const module = join(projectRoot, 'runtime/broker/lmdb/lmdb-broker.ts')
    const options: GroupOptions = {
      groupId: 'group',
      protocol: 'millrace-test',
      sessionTimeoutMs,
      rebalanceTimeoutMs: LONG_SESSION_MS,
      clientId: 'process'
    }
    return new MemberProcess({ module, open: 'openLmdbBroker', argument: { path } }, options)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

describe('a process that ends', { skip }, () => {
  it('is replaced long before its session ends', async () => {
    using folder = new Folder()
    // Heartbeats go by the session: this one's are frequent.
    await using other = folder.process(5000)
    await other.report('a first assignment', assigned)
    await using doomed = folder.process()
    const { generation } = await doomed.report('a generation of both', assigned)
    doomed.signal('SIGKILL')
    await other.report('a generation after', (report) => report.generation > generation)
  })

  it('does not hold up its own replacement', async () => {
    using folder = new Folder()
    const first = folder.process()
    const { generation } = await first.report('an assignment', assigned)
    await first[Symbol.asyncDispose]()
    await using second = folder.process()
    const { leads, generation: next } = await second.report('an assignment', assigned)
    assert.equal(leads, true)
    assert.ok(next > generation)
  })

  it('is not mistaken for one that is stopped', async () => {
    using folder = new Folder()
    await using stopped = folder.process()
    await stopped.report('an assignment', assigned)
    stopped.signal('SIGSTOP')
    const gone: string[] = []
    const watcher = new SocketPresence(join(folder.path, 'members'))
    const memberId = stopped.reports[0]?.memberId ?? ''
    watcher.watch([memberId], (id) => gone.push(id))
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.deepEqual(gone, [])
    stopped.signal('SIGKILL')
    await until(() => gone.length > 0)
    assert.deepEqual(gone, [memberId])
    watcher.close()
  })
})

describe('presence', { skip }, () => {
  it('proves nothing about a member that nobody announced', async () => {
    using folder = new Folder()
    const presence = new SocketPresence(folder.path)
    presence.watch(['a member elsewhere'], () => assert.fail('nothing is known'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    presence.close()
  })

  it('is done without where a socket has no room for its name', async () => {
    using folder = new Folder()
    const path = join(folder.path, 'deep'.repeat(25))
    const broker = await openLmdbBroker({ path })
    const coordinator = await broker.coordinator({
      groupId: 'group',
      protocol: 'millrace-test',
      sessionTimeoutMs: LONG_SESSION_MS,
      rebalanceTimeoutMs: LONG_SESSION_MS,
      clientId: 'deep'
    })
    const { members } = await coordinator.join('', Buffer.from('hello'))
    assert.equal(members.length, 1)
    await coordinator.close()
    await broker.close()
  })

  it('sweeps away what ended processes left, after a while', async () => {
    using folder = new Folder()
    const ended = folder.process()
    const { memberId } = await ended.report('an assignment', assigned)
    await ended[Symbol.asyncDispose]()
    const path = join(folder.path, 'members')
    const [left] = readdirSync(path)
    assert.ok(left)
    const presence = new SocketPresence(path)
    await presence.announce('a member')
    assert.equal(readdirSync(path).length, 2)
    utimesSync(join(path, left), 0, 0)
    const second = new SocketPresence(path)
    await second.announce('another member')
    assert.equal(readdirSync(path).length, 2)
    assert.equal(readdirSync(path).includes(left), false)
    presence.watch([memberId], () => assert.fail('nothing is known any more'))
    presence.close()
    second.close()
    assert.deepEqual(readdirSync(path), [])
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { registry } from '../../../connectors/registry.ts'
import { systemClock } from '../../../runtime/api/clock.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { Redactor } from '../../../runtime/config/redact.ts'
import { References } from '../../../runtime/config/references.ts'
import { workerKeys } from '../../../runtime/config/worker-keys.ts'
import { type OpenHerder, openHerder } from '../../../runtime/herder/open-herder.ts'
import { LogLevels } from '../../../runtime/metrics/log-levels.ts'
import { parseAs } from '../../../runtime/worker/plugin-parts.ts'
import { taskName } from '../../../runtime/worker/task-spec.ts'
import { MemoryLogger, readAll } from '../../support/embedded.ts'
import { projectRoot } from '../../support/source-files.ts'
import { until } from '../../support/until.ts'

const SOURCE = join(projectRoot, 'test/support/connectors/number-source.ts')

/** Workers of one group in this process, on embedded topics. Each has a URL that leads to it. */
class Workers {
  readonly byUrl = new Map<string, OpenHerder>()
  /** Task starts, as `worker task`. */
  readonly starts: string[] = []
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async open(name: string, more: Readonly<Record<string, string>> = {}): Promise<OpenHerder> {
    const raw = { 'key.converter': 'string', 'value.converter': 'string', ...more }
    const logger = new MemoryLogger()
    const url = `http://${name}`
    const opened = await openHerder({
      broker: { kind: 'lmdb', path: join(this.#folder, 'topics') },
      config: parseAs(workerKeys, raw),
      raw,
      plugins: new Plugins({ registry, pluginPath: [], cwd: projectRoot }),
      references: new References({ env: {}, cwd: projectRoot }),
      redactor: new Redactor(),
      registryUrl: pathToFileURL(join(projectRoot, 'connectors/registry.ts')).href,
      cwd: projectRoot,
      logger,
      logs: { levels: new LogLevels('INFO', Date.now), lines: logger },
      workerId: name,
      url,
      alone: false,
      app: { version: '1.0', commitId: 'abc', startedAt: 0 },
      progress() {},
      changed: (id, { state }) => {
        if (state === 'STARTING') this.starts.push(`${name} ${taskName(id)}`)
      },
      requestTaskConfigs: async (leader, connector, configs) =>
        this.byUrl.get(leader)?.herder.putTaskConfigs(connector, configs)
    })
    this.byUrl.set(url, opened)
    await opened.herder.start()
    return opened
  }

  async close(name: string): Promise<void> {
    const opened = this.byUrl.get(`http://${name}`)
    this.byUrl.delete(`http://${name}`)
    await opened?.close()
  }

  get all(): OpenHerder[] {
    return [...this.byUrl.values()]
  }

  /** The one that leads. */
  async leader(): Promise<OpenHerder> {
    await until(() => this.all.some(({ herder }) => herder.group.isLeader))
    const found = this.all.find(({ herder }) => herder.group.isLeader)
    assert.ok(found)
    return found
  }

  /** Where connectors and tasks are RUNNING, by the statuses that a worker sees; sorted. */
  async running(): Promise<string[]> {
    const [first] = this.all
    assert.ok(first)
    const found: string[] = []
    for (const name of first.herder.connectors()) {
      const status = await first.herder.status(name).catch(() => null)
      if (status?.connector.state === 'RUNNING') found.push(`${status.connector.workerId} ${name}`)
      for (const { id, state, workerId } of status?.tasks ?? []) {
        if (state === 'RUNNING') found.push(`${workerId} ${name}-${id}`)
      }
    }
    return found.sort()
  }

  async runs(count: number): Promise<string[]> {
    const workers = () => this.all.map(({ herder }) => herder.workerId)
    await until(async () => {
      const running = await this.running()
      const here = running.every((entry) => workers().includes(entry.split(' ')[0] ?? ''))
      const settled = this.all.every(({ herder }) => !herder.group.rebalancing)
      return settled && here && running.length === count
    })
    return this.running()
  }
}

const numbers = (topic: string) => ({ 'connector.class': SOURCE, topic, end: '20' })

const on = (running: readonly string[], worker: string) =>
  running.filter((entry) => entry.startsWith(`${worker} `)).length

describe('a group of workers', () => {
  let folder: string
  let workers: Workers

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-group-'))
    workers = new Workers(folder)
  })

  afterEach(async () => {
    for (const { herder } of workers.all) await workers.close(herder.workerId)
    rmSync(folder, { recursive: true, force: true })
  })

  it('shares connectors and tasks out, and moves only what balance needs to a new worker', async () => {
    const { herder } = await workers.open('a')
    for (const name of ['p', 'q', 'r', 's']) await herder.create(name, numbers(name))
    await workers.runs(8)
    const before = workers.starts.length
    await workers.open('b')
    await until(async () => on(await workers.running(), 'b') === 4)
    const after = await workers.runs(8)
    assert.deepEqual([on(after, 'a'), on(after, 'b')], [4, 4])
    assert.equal(workers.starts.length - before, 4)
  })

  it('hands everything over when a worker leaves, and loses and doubles nothing', async () => {
    const { herder } = await workers.open('a')
    await workers.open('b')
    await workers.open('c')
    for (const name of ['p', 'q', 'r']) await herder.create(name, numbers(name))
    await workers.runs(6)
    await workers.close('b')
    await workers.runs(6)
    await workers.close('c')
    const left = await workers.runs(6)
    assert.equal(on(left, 'a'), 6)
    const broker = await openLmdbBroker({ path: join(folder, 'topics') })
    for (const name of ['p', 'q', 'r']) {
      const values = (await readAll(broker, name)).map(({ value }) => String(value))
      assert.deepEqual(
        values,
        values.map((_, index) => String(index))
      )
    }
    await broker.close()
  })

  it('elects another leader, which goes on with all that the last one wrote', async () => {
    await workers.open('a')
    await workers.open('b')
    const first = await workers.leader()
    await first.herder.create('p', numbers('p'))
    await workers.runs(2)
    await workers.close(first.herder.workerId)
    const second = await workers.leader()
    await second.herder.create('q', numbers('q'))
    assert.deepEqual([...second.herder.connectors()].sort(), ['p', 'q'])
    await workers.runs(4)
  })

  it('sends what only the leader or the owner can do to them', async () => {
    await workers.open('a')
    await workers.open('b')
    const leader = await workers.leader()
    const follower = workers.all.find(({ herder }) => !herder.group.isLeader)
    assert.ok(follower)
    const url = `http://${leader.herder.workerId}`
    await assert.rejects(follower.herder.create('p', numbers('p')), { code: 'NOT_OWNER', url })
    await leader.herder.create('p', numbers('p'))
    await workers.runs(2)
    const { connector } = await leader.herder.status('p')
    const owner = workers.byUrl.get(`http://${connector.workerId}`)
    const other = workers.all.find((one) => one !== owner)
    assert.ok(owner && other)
    const sentTo = other === leader ? `http://${owner.herder.workerId}` : url
    await assert.rejects(other.herder.restart('p'), { code: 'NOT_OWNER', url: sentTo })
    await owner.herder.restart('p')
    await other.herder.pause('p')
    await until(async () => (await owner.herder.status('p')).tasks[0]?.state === 'PAUSED')
  })

  it('keeps what a restarted worker had for it, while the delay runs', async () => {
    const delay = { 'scheduled.rebalance.max.delay.ms': '60000' }
    const { herder } = await workers.open('a', delay)
    await workers.open('b', delay)
    for (const name of ['p', 'q']) await herder.create(name, numbers(name))
    const before = await workers.runs(4)
    await workers.close('b')
    await until(() => workers.all.every((one) => !one.herder.group.rebalancing))
    assert.equal(on(await workers.running(), 'a'), on(before, 'a'))
    await workers.open('b', delay)
    assert.deepEqual(await workers.runs(4), before)
  })

  it('takes back what is no more: tasks, connectors, and their statuses', async () => {
    const { herder } = await workers.open('a')
    const { herder: other } = await workers.open('b')
    await herder.create('p', numbers('p'))
    await herder.create('q', numbers('q'))
    await workers.runs(4)
    const leader = (await workers.leader()).herder
    await leader.remove('p')
    await leader.stop('q')
    for (const one of [herder, other]) {
      await until(async () => (await one.status('p').catch(() => null)) === null)
      await until(async () => (await one.status('q')).connector.state === 'STOPPED')
    }
    await until(async () => {
      const statuses = await readStatuses(folder)
      return statuses.every((key) => key.endsWith('connector-q'))
    })
  })

  it('says why a worker cannot join: the group speaks another protocol', async () => {
    const broker = await openLmdbBroker({ path: join(folder, 'topics') })
    const options = {
      groupId: 'millrace',
      protocol: 'connect',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      clientId: 'other'
    }
    const coordinator = await broker.coordinator(options)
    const joined = await coordinator.join('', Buffer.from('x'))
    await coordinator.sync(joined, new Map([[joined.memberId, Buffer.from('y')]]))
    await assert.rejects(workers.open('a', { 'session.timeout.ms': '1000' }), {
      code: 'GROUP_PROTOCOL'
    })
    await coordinator.close()
    await broker.close()
  })
})

/** Keys of the status topic that have a value. */
async function readStatuses(folder: string): Promise<string[]> {
  const broker = await openLmdbBroker({ path: join(folder, 'topics'), clock: systemClock.wallTime })
  const last = new Map<string, boolean>()
  for (const partition of [0, 1, 2, 3, 4]) {
    for (const { key, value } of await readAll(broker, 'connect-status', partition)) {
      last.set(String(key), value !== null)
    }
  }
  await broker.close()
  return [...last].flatMap(([key, there]) => (there ? [key] : []))
}

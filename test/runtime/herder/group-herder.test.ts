import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { registry } from '../../../connectors/registry.ts'
import { systemClock } from '../../../runtime/api/clock.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { Redactor } from '../../../runtime/config/redact.ts'
import { References } from '../../../runtime/config/references.ts'
import { workerKeys } from '../../../runtime/config/worker-keys.ts'
import { type OpenHerder, openHerder } from '../../../runtime/herder/open-herder.ts'
import { LogLevels } from '../../../runtime/metrics/log-levels.ts'
import { OffsetStore } from '../../../runtime/stores/offset-store.ts'
import { parseAs } from '../../../runtime/worker/plugin-parts.ts'
import { taskName } from '../../../runtime/worker/task-spec.ts'
import type { TaskState } from '../../../runtime/worker/task-state.ts'
import { MemoryLogger, readAll } from '../../support/embedded.ts'
import { readTopic } from '../../support/read-topic.ts'
import { projectRoot } from '../../support/source-files.ts'
import { until } from '../../support/until.ts'

const SOURCE = join(projectRoot, 'test/support/connectors/number-source.ts')

/** A worker whose task states can be waited for. */
class WatchedWorker {
  readonly logger = new MemoryLogger()
  readonly redactor = new Redactor()
  readonly seen: string[] = []
  #opened: OpenHerder | undefined
  #waiting: { state: string; resolve: () => void }[] = []

  async open(folder: string): Promise<this> {
    const raw = { 'key.converter': 'string', 'value.converter': 'string' }
    this.#opened = await openHerder({
      broker: { kind: 'lmdb', path: join(folder, 'topics') },
      config: parseAs(workerKeys, raw),
      raw,
      plugins: new Plugins({ registry, pluginPath: [], cwd: projectRoot }),
      references: new References({
        env: { TOPIC: 'from-env', SECRET: 'hunter2' },
        cwd: projectRoot,
        redactor: this.redactor
      }),
      redactor: this.redactor,
      registryUrl: pathToFileURL(join(projectRoot, 'connectors/registry.ts')).href,
      cwd: projectRoot,
      logger: this.logger,
      logs: { levels: new LogLevels('INFO', Date.now), lines: this.logger },
      workerId: 'here:8083',
      url: '',
      alone: true,
      app: { version: '1.0', commitId: 'abc', startedAt: 0 },
      progress() {},
      changed: (id, { state }) => this.#changed(`${taskName(id)} ${state}`),
      requestTaskConfigs: async () => {}
    })
    return this
  }

  get herder() {
    assert.ok(this.#opened)
    return this.#opened.herder
  }

  get broker() {
    assert.ok(this.#opened)
    return this.#opened.broker
  }

  reaches(task: string, state: TaskState): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ state: `${task} ${state}`, resolve }))
  }

  /** Waits until the status of a connector has a state. */
  async shows(name: string, state: string): Promise<void> {
    await until(async () => {
      const status = await this.herder.status(name).catch(() => null)
      return status?.connector.state === state
    })
  }

  async close(): Promise<void> {
    await this.#opened?.close()
    this.#opened = undefined
  }

  #changed(state: string): void {
    this.seen.push(state)
    const met = this.#waiting.filter((waiter) => waiter.state === state)
    this.#waiting = this.#waiting.filter((waiter) => waiter.state !== state)
    for (const { resolve } of met) resolve()
  }
}

const numbers = (more: Readonly<Record<string, string>> = {}) => ({
  'connector.class': SOURCE,
  topic: 'numbers',
  end: '20',
  ...more
})

const declared = (name: string, config: Readonly<Record<string, string>>) =>
  ({ name, config, initialState: 'RUNNING' }) as const

describe('a herder in a group of one', () => {
  let folder: string
  let worker: WatchedWorker

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-herder-'))
    worker = await new WatchedWorker().open(folder)
    await worker.herder.start()
  })

  afterEach(async () => {
    await worker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function reopen(): Promise<void> {
    await worker.close()
    worker = await new WatchedWorker().open(folder)
  }

  it('runs what is put, and shows its state', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    const status = await worker.herder.status('a')
    assert.equal(status.type, 'source')
    assert.equal(status.connector.state, 'RUNNING')
    assert.deepEqual(
      status.tasks.map(({ id, state, trace, version }) => ({ id, state, trace, version })),
      [{ id: 0, state: 'RUNNING', trace: null, version: '1.0' }]
    )
    assert.deepEqual(worker.herder.connectors(), ['a'])
  })

  it('runs it again after a restart of the worker, with a newer generation', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    await reopen()
    await worker.herder.start()
    // The status of what does not run has no generation.
    const generations = async () => {
      const partitions = [0, 1, 2, 3, 4].map((p) => readAll(worker.broker, 'connect-status', p))
      return (await Promise.all(partitions))
        .flat()
        .filter(({ key }) => key?.toString() === 'status-task-a-0')
        .map(({ value }) => JSON.parse(value?.toString() ?? '{}').generation as number)
        .filter((generation) => generation > 0)
    }
    await until(async () => new Set(await generations()).size === 2)
    const [first = 0, last = 0] = new Set(await generations())
    assert.ok(last > first)
  })

  it('pauses and resumes without a restart of the task', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    const paused = worker.reaches('a-0', 'PAUSED')
    await worker.herder.pause('a')
    await paused
    await worker.shows('a', 'PAUSED')
    const resumed = worker.reaches('a-0', 'RUNNING')
    await worker.herder.resume('a')
    await resumed
    assert.equal(worker.seen.filter((state) => state === 'a-0 STARTING').length, 1)
  })

  it('stops tasks and keeps their offsets; resuming goes on from them', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    await worker.herder.stop('a')
    await worker.shows('a', 'STOPPED')
    assert.deepEqual((await worker.herder.status('a')).tasks, [])
    const again = worker.reaches('a-0', 'RUNNING')
    await worker.herder.resume('a')
    await again
    await worker.herder.stop('a')
    await worker.shows('a', 'STOPPED')
    const found = await readAll(worker.broker, 'numbers')
    found.forEach(({ value }, at) => void assert.equal(value?.toString(), String(at)))
  })

  it('changes offsets once the tasks of a stopped connector have gone', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    const partition = { topic: 'numbers' }
    const changes = [{ partition, offset: { next: 3 } }]
    await assert.rejects(worker.herder.alterOffsets('a', changes), { status: 400 })
    await worker.herder.stop('a')
    assert.match(await worker.herder.alterOffsets('a', changes), /altered successfully/)
    assert.deepEqual(await worker.herder.offsets('a'), changes)
    assert.match(await worker.herder.resetOffsets('a'), /reset successfully/)
    assert.deepEqual(await worker.herder.offsets('a'), [])
    await assert.rejects(worker.herder.resetOffsets('none'), {
      status: 404,
      message: 'Connector none not found'
    })
  })

  it('keeps offsets in a topic of the connector, and a copy in that of all', async () => {
    const partition = { topic: 'numbers' }
    const stored = async (topic: string) => {
      const keys = new Map<string, string>()
      for (const { key, value } of await readTopic(worker.broker, topic)) {
        if (value === null) keys.delete(String(key))
        else keys.set(String(key), String(value))
      }
      return keys.get('["a",{"topic":"numbers"}]')
    }
    await worker.herder.put('a', numbers({ 'offsets.storage.topic': 'own' }))
    const offsets = [{ partition, offset: { next: 20 } }]
    await until(async () => (await stored('connect-offsets')) === '{"next":20}')
    assert.equal(await stored('own'), '{"next":20}')
    assert.deepEqual(await worker.herder.offsets('a'), offsets)
    await worker.herder.stop('a')
    await worker.herder.alterOffsets('a', [{ partition, offset: { next: 15 } }])
    for (const topic of ['own', 'connect-offsets']) {
      assert.equal(await stored(topic), '{"next":15}')
    }
    await worker.herder.resume('a')
    await until(async () => (await stored('connect-offsets')) === '{"next":20}')
    assert.equal((await readTopic(worker.broker, 'numbers')).length, 25)
    await worker.herder.stop('a')
    await worker.herder.resetOffsets('a')
    assert.deepEqual(await worker.herder.offsets('a'), [])
    for (const topic of ['own', 'connect-offsets']) assert.equal(await stored(topic), undefined)
  })

  it('starts a changed connector anew, and leaves the others alone', async () => {
    const both = [worker.reaches('a-0', 'RUNNING'), worker.reaches('b-0', 'RUNNING')]
    await worker.herder.put('a', numbers())
    await worker.herder.put('b', numbers({ topic: 'others' }))
    await Promise.all(both)
    const again = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers({ end: '40' }))
    await again
    assert.equal(worker.seen.filter((state) => state === 'b-0 STARTING').length, 1)
    assert.equal(worker.seen.filter((state) => state === 'a-0 STARTING').length, 2)
  })

  it('restarts failed tasks only when asked to', async () => {
    const failed = worker.reaches('a-0', 'FAILED')
    const running = worker.reaches('b-0', 'RUNNING')
    await worker.herder.put('a', numbers({ 'value.converter': './no-such-converter.ts' }))
    await worker.herder.put('b', numbers({ topic: 'others' }))
    await Promise.all([failed, running])
    assert.match(
      (await worker.herder.status('a')).tasks[0]?.trace ?? '',
      /^UNKNOWN_PLUGIN: .*no-such/
    )
    const again = worker.reaches('a-0', 'FAILED')
    await worker.herder.restartWith('a', { includeTasks: true, onlyFailed: true })
    await again
    await worker.herder.restartWith('b', { includeTasks: true, onlyFailed: true })
    assert.equal(worker.seen.filter((state) => state === 'b-0 STARTING').length, 1)
    const restarted = worker.reaches('b-0', 'RUNNING')
    await worker.herder.restartTask('b', 0)
    await restarted
    await assert.rejects(worker.herder.restartTask('b', 7), {
      status: 404,
      message: 'Unknown task: b-7'
    })
  })

  it('shows a lost connection while it is retried, and recovers by itself', async () => {
    const waiting = worker.reaches('a-0', 'WAITING')
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers({ 'lose.connection': '1' }))
    await waiting
    const [task] = (await worker.herder.status('a')).tasks
    assert.equal(task?.state, 'RESTARTING')
    assert.match(task?.trace ?? '', /^LOST: No connection\nFailed 1 times/)
    await running
    assert.equal((await worker.herder.status('a')).tasks[0]?.trace, null)
  })

  it('fails a connector whose class is unknown, and mends it by its next config', async () => {
    await worker.herder.put('a', { 'connector.class': 'no-such-class' })
    await worker.shows('a', 'FAILED')
    assert.match((await worker.herder.status('a')).connector.trace ?? '', /no-such-class/)
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    await worker.shows('a', 'RUNNING')
  })

  it('refuses a patch of a config that somebody else has changed meanwhile', async () => {
    await worker.herder.put('a', numbers())
    const { config } = await worker.herder.connector('a')
    const patched = await worker.herder.patch('a', { end: '30', topic: null }, config)
    assert.deepEqual(patched.config, { 'connector.class': SOURCE, end: '30', name: 'a' })
    await assert.rejects(worker.herder.patch('a', { end: '40' }, config), {
      status: 409,
      message: /stale configuration/
    })
  })

  it('deletes a connector with its statuses, but not its offsets', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    await worker.herder.put('a', numbers())
    await running
    await worker.herder.remove('a')
    await until(() =>
      worker.herder.status('a').then(
        () => false,
        ({ status, message }) => status === 404 && message === 'No status found for connector a'
      )
    )
    await assert.rejects(worker.herder.pause('a'), { status: 404, message: 'Unknown connector a' })
    const offsets = await OffsetStore.open({
      broker: worker.broker,
      clock: systemClock,
      clientId: 'test',
      logger: worker.logger,
      spec: { name: 'connect-offsets', partitions: 25 }
    })
    assert.notEqual(offsets.get('a', { topic: 'numbers' }), null)
    await offsets.close()
  })

  it('resolves references when a task starts, and stores and shows none of their values', async () => {
    const failed = worker.reaches('a-0', 'FAILED')
    const config = numbers({ topic: '${env:TOPIC}', 'key.converter': '${env:SECRET}' })
    await worker.herder.put('a', config)
    await failed
    assert.doesNotMatch((await worker.herder.status('a')).tasks[0]?.trace ?? '', /hunter2/)
    assert.equal((await worker.herder.connector('a')).config['topic'], '${env:TOPIC}')
    const stored = await readAll(worker.broker, 'connect-configs')
    assert.ok(stored.every(({ value }) => !/hunter2|from-env/.test(value?.toString() ?? '')))
  })

  it('leaves a reference to a provider that does not exist to the connector, with a warning', async () => {
    const running = worker.reaches('a-0', 'RUNNING')
    const none = '${nope:path:key}'
    await worker.herder.put('a', numbers({ other: none, 'crash.at': '${env:MISSING:-1}' }))
    await running
    const said = worker.logger.lines.map(({ message }) => message)
    const expected = `other refers to ${none}, but there is no config provider 'nope': the text stays as it is.`
    assert.ok(said.includes(expected), said.join('\n'))
    await worker.herder.put('b', numbers({ other: '${env:MISSING}' }))
    await worker.shows('b', 'FAILED')
  })

  it('runs the connectors of files, and leaves others where they are', async () => {
    const first = [worker.reaches('a-0', 'RUNNING'), worker.reaches('b-0', 'RUNNING')]
    const a = declared('a', numbers())
    const b = declared('b', numbers({ topic: 'others' }))
    await worker.herder.declare([a, b])
    await Promise.all(first)
    await worker.herder.declare([a])
    assert.deepEqual(worker.herder.connectors(), ['a'])
    assert.ok(
      worker.logger.lines.some(({ message }) => /'b' is in none of the files/.test(message))
    )
    assert.equal(worker.seen.filter((state) => state === 'a-0 STARTING').length, 1)
    const again = worker.reaches('b-0', 'RUNNING')
    await worker.herder.declare([a, b])
    await again
  })
})

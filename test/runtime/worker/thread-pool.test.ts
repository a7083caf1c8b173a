import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { LogLevels } from '../../../runtime/metrics/log-levels.ts'
import { Lease } from '../../../runtime/worker/lease.ts'
import type { TaskReport } from '../../../runtime/worker/task-reporter.ts'
import type { PlainError } from '../../../runtime/worker/thread-messages.ts'
import { ThreadPool } from '../../../runtime/worker/thread-pool.ts'
import { embeddedTopics, MemoryLogger, readAll } from '../../support/embedded.ts'
import { projectRoot } from '../../support/source-files.ts'
import { until } from '../../support/until.ts'

const SOURCE = join(projectRoot, 'test/support/connectors/number-source.ts')

function poolOver(folder: string, threads = 2, levels?: LogLevels) {
  const logger = new MemoryLogger()
  const lease = new Lease()
  lease.extend(Number.MAX_SAFE_INTEGER)
  const pool = new ThreadPool({
    environment: {
      broker: { kind: 'lmdb', path: join(folder, 'topics') },
      worker: { 'key.converter': 'string', 'value.converter': 'string' },
      registryUrl: pathToFileURL(join(projectRoot, 'connectors/registry.ts')).href,
      cwd: projectRoot,
      lease: lease.memory
    },
    threads,
    logger,
    ...(levels && { logs: { levels, lines: logger } })
  })
  return { pool, logger }
}

function run(pool: ThreadPool, connector: string, config: Readonly<Record<string, string>>) {
  const ended = Promise.withResolvers<PlainError | null>()
  const running = Promise.withResolvers<void>()
  const reports: TaskReport[] = []
  const given = { name: connector, 'connector.class': SOURCE, topic: connector, ...config }
  const handle = pool.run(
    {
      connector,
      task: 0,
      tasks: 1,
      generation: 1,
      paused: false,
      config: given,
      unresolved: given
    },
    {
      report(report) {
        reports.push(report)
        if (report.state === 'RUNNING') running.resolve()
      },
      progress() {},
      built() {},
      metrics() {},
      topic() {},
      taskConfigs() {},
      isCurrent: async () => true,
      ended: (error) => ended.resolve(error)
    }
  )
  return { handle, ended: ended.promise, running: running.promise, reports }
}

async function numbers(broker: Broker, topic: string): Promise<number> {
  const found = (await readAll(broker, topic)).map(({ value }) => Number(value?.toString()))
  found.forEach((number, at) => void assert.equal(number, at))
  return found.length
}

describe('task threads', () => {
  it('run a task, and end it when told to with everything committed', async () => {
    await using topics = await embeddedTopics()
    const { pool } = poolOver(topics.folder)
    const { handle, ended, running } = run(pool, 'a', { end: '1000' })
    await running
    await handle.stop(5000)
    assert.equal(await ended, null)
    await pool.close()
    await numbers(topics.broker, 'a')
  })

  it('tell why a task could not start', async () => {
    await using topics = await embeddedTopics()
    const { pool } = poolOver(topics.folder)
    const { ended } = run(pool, 'a', { end: 'many' })
    const error = await ended
    assert.equal(error?.code, 'INVALID_CONFIG')
    assert.equal(error?.retriable, false)
    await pool.close()
  })

  it('let no source write into the internal topics', async () => {
    await using topics = await embeddedTopics()
    const { pool } = poolOver(topics.folder)
    const { ended } = run(pool, 'a', { topic: 'connect-configs', end: '10' })
    const error = await ended
    assert.equal(error?.code, 'TOPIC_IS_INTERNAL')
    assert.equal(error?.retriable, false)
    await pool.close()
  })

  it('end their tasks with an error that may pass when they crash', async () => {
    await using topics = await embeddedTopics()
    const { pool } = poolOver(topics.folder, 1)
    const first = run(pool, 'a', { 'crash.at': '70' })
    const second = run(pool, 'b', { end: '10' })
    const errors = await Promise.all([first.ended, second.ended])
    for (const error of errors) {
      assert.equal(error?.code, 'TASK_THREAD_CRASHED')
      assert.equal(error?.retriable, true)
      assert.match(error?.message ?? '', /an error that no connector catches/)
    }
    const again = run(pool, 'b', { end: '10' })
    await again.running
    await until(async () => (await numbers(topics.broker, 'b').catch(() => 0)) === 10)
    await again.handle.stop(5000)
    await pool.close()
    assert.equal(await numbers(topics.broker, 'b'), 10)
  })

  it('write the lines that the levels let through, as they are at that moment', async () => {
    await using topics = await embeddedTopics()
    const levels = new LogLevels('INFO', Date.now)
    const { pool, logger } = poolOver(topics.folder, 1, levels)
    const counted = () =>
      logger.lines.flatMap(({ message, fields }) =>
        message === 'Counts on.' ? fields['task'] : []
      )
    const started = async (connector: string) => {
      const { handle, running } = run(pool, connector, { end: '1' })
      await running
      await handle.stop(5000)
    }
    await started('quiet')
    levels.set('org.apache.kafka.connect.runtime.WorkerSourceTask', 'DEBUG')
    await started('loud')
    levels.set('org.apache.kafka.connect', 'WARN')
    await started('quiet-again')
    levels.set(SOURCE, 'TRACE')
    await started('by-class')
    await pool.close()
    assert.deepEqual(counted(), ['loud-0', 'by-class-0'])
  })

  it('leave a task behind that blocks its thread, and the others do not notice', async () => {
    await using topics = await embeddedTopics()
    const { pool, logger } = poolOver(topics.folder)
    const blocked = run(pool, 'a', { 'block.ms': '60000' })
    const good = run(pool, 'b', { end: '10' })
    await Promise.all([blocked.running, good.running])
    await until(async () => (await numbers(topics.broker, 'b').catch(() => 0)) === 10)
    await blocked.handle.stop(50)
    assert.equal(await blocked.ended, null)
    assert.ok(logger.lines.some(({ message }) => /left behind/.test(message)))
    assert.ok(!pool.hasLeftBehind, 'alone in its thread it was cut off')
    await good.handle.stop(5000)
    assert.equal(await good.ended, null)
    await pool.close()
    assert.equal(await numbers(topics.broker, 'b'), 10)
  })

  it('are ended for a stopped task that blocks, and the others of the thread start again', async () => {
    await using topics = await embeddedTopics()
    const { pool } = poolOver(topics.folder, 1)
    const good = run(pool, 'b', { end: '10' })
    await good.running
    const blocked = run(pool, 'a', { 'block.ms': '60000' })
    await blocked.running
    await blocked.handle.stop(50)
    assert.equal(await blocked.ended, null)
    const error = await good.ended
    assert.equal(error?.code, 'TASK_THREAD_BLOCKED')
    assert.equal(error?.retriable, true)
    assert.match(error?.message ?? '', /task a-0 blocked it/)
    const again = run(pool, 'b', { end: '10' })
    await again.running
    await until(async () => (await numbers(topics.broker, 'b').catch(() => 0)) === 10)
    await again.handle.stop(5000)
    await pool.close()
    assert.equal(await numbers(topics.broker, 'b'), 10)
  })
})

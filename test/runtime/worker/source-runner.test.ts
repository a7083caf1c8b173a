import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DataError, FencedError, RetriableError } from '../../../runtime/api/errors.ts'
import type { SourceBatch } from '../../../runtime/api/record.ts'
import { embeddedTopics, readAll } from '../../support/embedded.ts'
import {
  MemoryReporter,
  Numbers,
  openOffsets,
  sourceRunner,
  textConverters,
  textRecord
} from './runners.ts'

const numbersUpTo = (end: number) => Array.from({ length: end }, (_, n) => String(n))

async function values(broker: Parameters<typeof readAll>[0], topic: string, partition = 0) {
  return (await readAll(broker, topic, partition)).map(({ value }) => value?.toString() ?? null)
}

describe('the source loop', () => {
  it('writes records and their offset, then tells the source', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const task = new Numbers(100)
    const { runner, run, reporter } = await sourceRunner(task, { broker })
    await task.told(100)
    assert.deepEqual(await values(broker, 'numbers'), numbersUpTo(100))
    const offsets = await openOffsets(broker)
    assert.deepEqual(offsets.get('c', { of: 'numbers' }), { next: 100 })
    await offsets.close()
    runner.stop()
    await run
    assert.equal(task.stopped, 1)
    assert.deepEqual(reporter.topics, ['numbers'])
    assert.equal(reporter.metrics.get('source_record_write_total'), 100)
  })

  it('goes on from the durable offset', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    for (const end of [30, 70]) {
      const task = new Numbers(end)
      const { runner, run } = await sourceRunner(task, { broker })
      await task.told(end)
      runner.stop()
      await run
    }
    assert.deepEqual(await values(broker, 'numbers'), numbersUpTo(70))
  })

  it('writes nothing when it was replaced while it started', async () => {
    await using topics = await embeddedTopics()
    const reporter = new MemoryReporter()
    reporter.current = false
    const task = new Numbers(10)
    const { run } = await sourceRunner(task, { broker: topics.broker, reporter })
    await assert.rejects(run, { code: 'TASK_OUTDATED', retriable: true })
    assert.deepEqual(await topics.broker.describeTopics(['numbers']), [])
  })

  it('puts many polls into one transaction when they come fast', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(5000, 1)
    const { runner, run, reporter } = await sourceRunner(task, { broker: topics.broker })
    await task.told(5000)
    runner.stop()
    await run
    assert.ok(reporter.metrics.get('transactions_total') < 1000)
    assert.ok(
      task.commits.every((offset, at) => at === 0 || Number(offset) > Number(task.commits[at - 1]))
    )
  })

  it('writes and commits what was polled before it stops', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const answer = Promise.withResolvers<readonly SourceBatch[]>()
    const asked = Promise.withResolvers<void>()
    const task = {
      async start() {},
      poll() {
        asked.resolve()
        return answer.promise
      },
      async stop() {}
    }
    const { runner, run } = await sourceRunner(task, { broker })
    await asked.promise
    runner.stop()
    answer.resolve([
      { sourcePartition: { p: 1 }, sourceOffset: { n: 1 }, records: [textRecord('t', 'last')] }
    ])
    await run
    assert.deepEqual(await values(broker, 't'), ['last'])
  })

  it('gives up a poll that does not return, and keeps what came before', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(20)
    const poll = task.poll.bind(task)
    const stuck = Promise.withResolvers<void>()
    task.poll = () => {
      if (task.polls < 2) return poll()
      stuck.resolve()
      return new Promise<never>(() => {})
    }
    const { runner, run } = await sourceRunner(task, { broker: topics.broker })
    await stuck.promise
    runner.stop()
    runner.abandon()
    await run
    assert.deepEqual(await values(topics.broker, 'numbers'), numbersUpTo(20))
  })

  it('keeps what was polled before a poll fails, and throws its error', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(1000)
    const poll = task.poll.bind(task)
    task.poll = () =>
      task.polls < 3 ? poll() : Promise.reject(new RetriableError('LOST', 'Connection lost'))
    const { run } = await sourceRunner(task, { broker: topics.broker })
    await assert.rejects(run, { code: 'LOST' })
    assert.deepEqual(await values(topics.broker, 'numbers'), numbersUpTo(30))
    assert.equal(task.stopped, 1)
  })

  it('does not start before it is resumed, and polls no more while it is paused', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(10)
    const { runner, run, reporter } = await sourceRunner(task, {
      broker: topics.broker,
      paused: true
    })
    assert.equal(reporter.reports[0]?.state, 'PAUSED')
    assert.equal(task.polls, 0)
    runner.resume()
    await task.told(10)
    const paused = reporter.next('PAUSED')
    runner.pause()
    await paused
    runner.resume()
    runner.stop()
    await run
    assert.deepEqual(reporter.reports.map(({ state }) => state).slice(0, 3), [
      'PAUSED',
      'RUNNING',
      'PAUSED'
    ])
  })

  it('is stopped by a newer instance of its task', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const old = new Numbers(Number.POSITIVE_INFINITY, 1)
    const first = await sourceRunner(old, { broker })
    await old.told(1)
    const second = await sourceRunner(new Numbers(0), { broker })
    await assert.rejects(first.run, FencedError)
    second.runner.stop()
    await second.run
    const written = await values(broker, 'numbers')
    assert.deepEqual(written, numbersUpTo(written.length))
  })

  it('moves the offset on without records', async () => {
    await using topics = await embeddedTopics()
    const told = Promise.withResolvers<unknown>()
    let polled = false
    const task = {
      async start() {},
      async poll(): Promise<readonly SourceBatch[]> {
        if (polled) return new Promise<never>(() => {})
        polled = true
        return [{ sourcePartition: { p: 1 }, sourceOffset: { n: 5 }, records: [] }]
      },
      commit: (_partition: unknown, offset: unknown) => told.resolve(offset),
      async stop() {}
    }
    const { runner, run } = await sourceRunner(task, { broker: topics.broker })
    assert.deepEqual(await told.promise, { n: 5 })
    runner.stop()
    runner.abandon()
    await run
  })

  it('writes a batch far above its bounds in one transaction', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(20_000, 20_000)
    const { runner, run, reporter } = await sourceRunner(task, {
      broker: topics.broker,
      limits: { closeBytes: 50_000, maxBytes: 100_000 }
    })
    await task.told(20_000)
    runner.stop()
    await run
    assert.equal(reporter.metrics.get('transactions_total'), 1)
    assert.deepEqual(await values(topics.broker, 'numbers'), numbersUpTo(20_000))
  })

  it('creates topics as the connector says', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const batches = ['orders', 'log-a'].map((topic) => ({
      sourcePartition: { topic },
      sourceOffset: { n: 1 },
      records: [textRecord(topic, 'x', 'key')]
    }))
    const told = Promise.withResolvers<void>()
    const task = {
      async start() {},
      poll: () => Promise.resolve(batches.splice(0)),
      commit: () => told.resolve(),
      async stop() {}
    }
    const { runner, run } = await sourceRunner(task, {
      broker,
      creation: {
        'topic.creation.groups': 'logs',
        'topic.creation.default.partitions': '3',
        'topic.creation.logs.include': 'log-.*',
        'topic.creation.logs.partitions': '2',
        'topic.creation.logs.cleanup.policy': 'compact'
      }
    })
    await told.promise
    runner.stop()
    await run
    const [orders, log] = await broker.describeTopics(['orders', 'log-a'])
    assert.equal(orders?.partitions, 3)
    assert.equal(log?.partitions, 2)
    assert.equal(log?.configs['cleanup.policy'], 'compact')
  })

  it('says what to do when a topic is missing and may not be created', async () => {
    await using topics = await embeddedTopics()
    const { run } = await sourceRunner(new Numbers(1), { broker: topics.broker, creation: null })
    await assert.rejects(run, { code: 'TOPIC_MISSING', retriable: false })
  })
})

describe('a source record that cannot be converted', () => {
  const odd = () => {
    const converters = textConverters()
    return {
      ...converters,
      value: {
        ...converters.value,
        fromConnect(topic: string, schema: null, value: unknown) {
          if (Number(value) % 2 === 1) throw new DataError('ODD', `${value} is odd`)
          return converters.value.fromConnect(topic, schema, value)
        }
      }
    }
  }

  it('fails the task by default, and nothing of its batch is written', async () => {
    await using topics = await embeddedTopics()
    const { run } = await sourceRunner(new Numbers(10), {
      broker: topics.broker,
      converters: odd()
    })
    await assert.rejects(run, { code: 'TOLERANCE_EXCEEDED', retriable: false })
    assert.deepEqual(await values(topics.broker, 'numbers'), [])
  })

  it('is skipped, counted and logged with errors.tolerance all', async () => {
    await using topics = await embeddedTopics()
    const task = new Numbers(10)
    const { runner, run, reporter } = await sourceRunner(task, {
      broker: topics.broker,
      converters: odd(),
      errors: { tolerance: 'all' }
    })
    await task.told(10)
    assert.equal(reporter.metrics.get('active_count'), 0)
    assert.equal(reporter.metrics.get('source_record_poll_total'), 10)
    assert.equal(reporter.metrics.get('source_record_write_total'), 5)
    runner.stop()
    await run
    assert.deepEqual(await values(topics.broker, 'numbers'), ['0', '2', '4', '6', '8'])
    assert.equal(reporter.metrics.get('total_records_skipped'), 5)
    assert.equal(reporter.logger.lines.filter(({ level }) => level === 'warn').length, 5)
  })
})

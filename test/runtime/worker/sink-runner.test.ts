import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DataError, RetriableError } from '../../../runtime/api/errors.ts'
import type { SinkRecord } from '../../../runtime/api/record.ts'
import type { SinkTaskContext } from '../../../runtime/api/task.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { nextTurn } from '../../../runtime/worker/wakeup.ts'
import { embeddedTopics, readAll } from '../../support/embedded.ts'
import { until } from '../../support/until.ts'
import { fillTopic, Kept, sinkRunner } from './runners.ts'

const texts = (count: number, prefix = '') =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`)

async function topic(broker: Broker, name: string, values: (string | null)[], partitions = 1) {
  await broker.createTopics([{ name, partitions }])
  await fillTopic(broker, name, values)
}

/** A sink whose target has what comes before an offset. */
const storing = (offset: number) =>
  Object.assign(new Kept(), { open: async () => [{ topic: 't', partition: 0, offset }] })

describe('the sink loop', () => {
  it('puts every record in order and commits where to go on', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(1200))
    const task = new Kept()
    const { runner, run } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(1200)
    runner.stop()
    await run
    assert.deepEqual(task.values, texts(1200))
    assert.ok(Math.max(...task.puts) <= 500)
    assert.deepEqual(task.next, [{ topic: 't', partition: 0, offset: 1200 }])
    assert.deepEqual(await broker.groupOffsets('connect-c'), [
      { topic: 't', partition: 0, offset: 1200 }
    ])
    assert.equal(task.stopped, 1)
  })

  it('goes on from the committed offsets', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(10))
    await broker.commitGroupOffsets('connect-c', [{ topic: 't', partition: 0, offset: 7 }])
    const task = new Kept()
    const { runner, run } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(3)
    runner.stop()
    await run
    assert.deepEqual(task.values, ['7', '8', '9'])
  })

  it('tells the group of the offsets that the target stores', async () => {
    await using topics = await embeddedTopics()
    await topic(topics.broker, 't', texts(1))
    const { runner, run } = sinkRunner(storing(1), {
      broker: topics.broker,
      config: { topics: 't' }
    })
    await until(async () => (await topics.broker.groupOffsets('connect-c'))[0]?.offset === 1)
    runner.stop()
    await run
  })

  it('prefers the offsets that the target stores', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(10))
    await broker.commitGroupOffsets('connect-c', [{ topic: 't', partition: 0, offset: 9 }])
    const task = storing(4)
    const { runner, run } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(6)
    runner.stop()
    await run
    assert.deepEqual(task.values, ['4', '5', '6', '7', '8', '9'])
  })

  it('commits while it waits for more, so that lag tools see the truth', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(3))
    const committed = Promise.withResolvers<unknown>()
    const watched: Broker = Object.create(broker, {
      commitGroupOffsets: {
        value: async (...call: Parameters<Broker['commitGroupOffsets']>) => {
          await broker.commitGroupOffsets(...call)
          committed.resolve(call[1])
        }
      }
    })
    const borrowed = ['describeTopics', 'offsets', 'groupOffsets', 'reader', 'producer'] as const
    for (const name of borrowed) {
      Object.defineProperty(watched, name, { value: broker[name].bind(broker) })
    }
    const { runner, run } = sinkRunner(new Kept(), { broker: watched, config: { topics: 't' } })
    assert.deepEqual(await committed.promise, [{ topic: 't', partition: 0, offset: 3 }])
    runner.stop()
    await run
  })

  it('tries a put again while its error may pass, and says so', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(5))
    const task = new Kept()
    const put = task.put.bind(task)
    let tries = 0
    task.put = async (records, next) => {
      if (++tries < 4) throw new RetriableError('BUSY', 'The target is busy')
      await put(records, next)
    }
    const { runner, run, reporter } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(5)
    runner.stop()
    await run
    assert.deepEqual(task.values, texts(5))
    const retrying = reporter.reports.filter(({ state }) => state === 'RETRYING')
    assert.equal(retrying.length, 3)
    assert.match(retrying[0]?.trace ?? '', /The target is busy/)
    assert.equal(reporter.reports.at(-1)?.state, 'RUNNING')
    assert.equal(reporter.metrics.get('total_retries'), 3)
  })

  it('fails with any other error of put and commits nothing of it', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(5))
    const task = new Kept()
    task.put = async () => {
      throw new DataError('BAD_ROW', 'No such column')
    }
    const { run } = sinkRunner(task, { broker, config: { topics: 't' } })
    await assert.rejects(run, { code: 'BAD_ROW' })
    assert.deepEqual(await broker.groupOffsets('connect-c'), [])
    assert.equal(task.stopped, 1)
  })

  it('reads topics that a regular expression matches, also those that come later', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 'shop.a', ['a'])
    await topic(broker, 'other', ['no'])
    const task = new Kept()
    const { runner, run, reporter } = sinkRunner(task, {
      broker,
      config: { 'topics.regex': 'shop\\..*' }
    })
    await task.has(1)
    await topic(broker, 'shop.b', ['b'])
    await task.has(2)
    await fillTopic(broker, 'shop.a', ['a2'])
    await task.has(3)
    runner.stop()
    await run
    assert.deepEqual(task.values, ['a', 'b', 'a2'])
    assert.deepEqual(reporter.topics, ['shop.a', 'shop.b'])
  })

  it('waits for a topic that is not there yet', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    const task = new Kept()
    const { runner, run, reporter } = sinkRunner(task, { broker, config: { topics: 'later' } })
    await reporter.next('RUNNING')
    await topic(broker, 'later', ['x'])
    await task.has(1)
    runner.stop()
    await run
  })

  it('puts nothing while it is paused', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(2))
    const task = new Kept()
    const { runner, run, reporter } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(2)
    const paused = reporter.next('PAUSED')
    runner.pause()
    await paused
    await fillTopic(broker, 't', ['2'])
    assert.equal(task.records.length, 2)
    runner.resume()
    await task.has(3)
    runner.stop()
    await run
  })

  it('goes on where the topic begins when the records at its position are gone', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(10))
    await broker.commitGroupOffsets('connect-c', [{ topic: 't', partition: 0, offset: 2 }])
    await broker.deleteRecords([{ topic: 't', partition: 0, offset: 10 }])
    await fillTopic(broker, 't', ['new'])
    const task = new Kept()
    const { runner, run, reporter } = sinkRunner(task, { broker, config: { topics: 't' } })
    await task.has(1)
    runner.stop()
    await run
    assert.deepEqual(task.values, ['new'])
    assert.equal(reporter.metrics.get('offset_resets_total'), 1)
    assert.ok(reporter.logger.lines.some(({ level }) => level === 'error'))
  })

  it('says how far it is behind, and what is read but not committed', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(100), 2)
    await fillTopic(broker, 't', texts(30), 1)
    const stuck = Promise.withResolvers<void>()
    const task = new Kept()
    const put = task.put.bind(task)
    task.put = async (records, next) => {
      if (task.records.length >= 20) await stuck.promise
      await put(records, next)
    }
    const { runner, run, reporter } = sinkRunner(task, {
      broker,
      config: { topics: 't' },
      settings: { maxRecords: 20, commitIntervalMs: 60_000 }
    })
    await task.has(20)
    const { metrics } = reporter
    await until(() => metrics.get('lag_records') === 110, { what: '110 of 130 are behind' })
    assert.ok([80, 100].includes(metrics.get('sink_record_lag_max')))
    assert.equal(metrics.get('active_count'), 20)
    stuck.resolve()
    await task.has(130)
    await until(() => metrics.get('active_count') === 0, { what: 'all are committed' })
    assert.equal(metrics.get('lag_records'), 0)
    assert.equal(metrics.get('sink_record_lag_max'), 0)
    assert.equal(metrics.get('offset_commit_seq_no'), metrics.get('offset_commit_completion_total'))
    runner.stop()
    await run
  })

  it('holds a bounded number of bytes while the target is stuck', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(1))
    const filler = 'x'.repeat(10_000)
    for (let batch = 0; batch < 40; batch++) {
      await fillTopic(
        broker,
        't',
        Array.from({ length: 50 }, () => filler)
      )
    }
    let held = 0
    let most = 0
    const sizeOf = (value: unknown) => String(value).length
    const counted: Broker = Object.create(broker)
    for (const name of [
      'describeTopics',
      'offsets',
      'groupOffsets',
      'commitGroupOffsets'
    ] as const) {
      Object.defineProperty(counted, name, { value: broker[name].bind(broker) })
    }
    Object.defineProperty(counted, 'reader', {
      value: async () => {
        const reader = await broker.reader()
        const inner = reader.read.bind(reader)
        reader.read = async (limits) => {
          const batches = await inner(limits)
          for (const { records } of batches) for (const r of records) held += sizeOf(r.value)
          most = Math.max(most, held)
          return batches
        }
        return reader
      }
    })
    const task = new Kept()
    const put = task.put.bind(task)
    task.put = async (records, next) => {
      // Long enough for several reads, if the loop let them happen.
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      for (const { value } of records) held -= sizeOf(value)
      await put(records, next)
    }
    const { runner, run } = sinkRunner(task, {
      broker: counted,
      config: { topics: 't' },
      settings: { maxBytes: 2_000_000 }
    })
    await task.has(2001)
    runner.stop()
    await run
    assert.ok(most > 1_000_000 && most <= 2_600_000, `${most} bytes held`)
  })
})

describe('a record that a sink cannot take', () => {
  const rejecting = (bad: (record: SinkRecord) => boolean) => {
    const task = new Kept()
    const put = task.put.bind(task)
    let context: SinkTaskContext | undefined
    return Object.assign(task, {
      async start(given: SinkTaskContext) {
        context = given
      },
      async put(records: readonly SinkRecord[], next: Parameters<Kept['put']>[1]) {
        for (const record of records.filter(bad)) {
          await context?.reject(record, new DataError('REFUSED', 'No such column'))
        }
        await put(
          records.filter((record) => !bad(record)),
          next
        )
      }
    })
  }

  it('fails the task by default', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(3))
    const task = rejecting(({ value }) => value === '1')
    const { run } = sinkRunner(task, { broker, config: { topics: 't' } })
    await assert.rejects(run, { code: 'TOLERANCE_EXCEEDED' })
  })

  it('goes to the dead letter topic with all that was known about it', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(3))
    const task = rejecting(({ value }) => value === '1')
    const { runner, run, reporter } = sinkRunner(task, {
      broker,
      config: { topics: 't' },
      errors: { tolerance: 'all' },
      deadLetters: { topic: 'dead', replicationFactor: 1, contextHeaders: true }
    })
    await task.has(2)
    runner.stop()
    await run
    const [letter, ...more] = await readAll(broker, 'dead')
    assert.equal(more.length, 0)
    assert.equal(letter?.value?.toString(), '1')
    assert.equal(letter?.timestamp, 1_700_000_000_000)
    const headers = letter?.headers.map(({ key, value }) => [key, value?.toString()]) ?? []
    assert.deepEqual(headers.slice(0, 9), [
      ['__connect.errors.topic', 't'],
      ['__connect.errors.partition', '0'],
      ['__connect.errors.offset', '1'],
      ['__connect.errors.connector.name', 'c'],
      ['__connect.errors.task.id', '0'],
      ['__connect.errors.stage', 'TASK_PUT'],
      ['__connect.errors.class.name', 'TestSink'],
      ['__connect.errors.exception.class.name', 'DataError'],
      ['__connect.errors.exception.message', 'No such column']
    ])
    assert.match(headers[9]?.[1] ?? '', /^DataError: No such column\n/)
    assert.deepEqual(await broker.groupOffsets('connect-c'), [
      { topic: 't', partition: 0, offset: 3 }
    ])
    assert.equal(reporter.metrics.get('deadletterqueue_produce_requests'), 1)
  })

  it('is a dead letter first when it fails the task', async () => {
    await using topics = await embeddedTopics()
    const { broker } = topics
    await topic(broker, 't', texts(3))
    const { run } = sinkRunner(
      rejecting(({ value }) => value === '1'),
      {
        broker,
        config: { topics: 't' },
        deadLetters: { topic: 'dead', replicationFactor: 1, contextHeaders: false }
      }
    )
    await assert.rejects(run, { code: 'TOLERANCE_EXCEEDED' })
    const letters = await readAll(broker, 'dead')
    assert.deepEqual(
      letters.map(({ value, headers }) => [value?.toString(), headers.length]),
      [['1', 0]]
    )
  })
})

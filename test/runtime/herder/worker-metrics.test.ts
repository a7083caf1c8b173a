import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { projectRoot } from '../../support/source-files.ts'
import { fillTopic } from '../worker/runners.ts'
import { MeasuredWorker } from './measured-worker.ts'

const SOURCE = { connector: 'lines', task: '0' }
const SINK = { connector: 'copy', task: '0' }
const full = (type: string) => (attribute: string) =>
  `kafka_connect_${type}_${attribute}`.replaceAll('-', '_')
const worker = full('connect-worker-metrics')
const source = full('source-task-metrics')
const sink = full('sink-task-metrics')
const task = full('connector-task-metrics')
const errors = full('task-error-metrics')

/** A file source with a transform into a topic, and a file sink that reads it. */
async function openCopy(): Promise<MeasuredWorker> {
  const measured = await MeasuredWorker.open()
  const { folder } = measured.topics
  await writeFile(join(folder, 'in.txt'), 'one\ntwo\nthree\n')
  await measured.run('lines', 'source', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    file: join(folder, 'in.txt'),
    topic: 'raw',
    'file.poll.interval.ms': '5',
    transforms: 'route',
    'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.route.regex': 'raw',
    'transforms.route.replacement': 'lines'
  })
  await measured.run('copy', 'sink', {
    'connector.class': 'file-sink',
    file: join(folder, 'out.txt'),
    topics: 'lines',
    'errors.tolerance': 'all'
  })
  return measured
}

/** Every pattern of MBean names of the real worker, with its attributes. */
function capturedAttributes(): { type: string; labels: string[]; attribute: string }[] {
  const file = join(projectRoot, 'test/golden/connect-metrics/attributes.txt')
  let type = ''
  let labels: string[] = []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const bean = /^kafka\.connect:(.*)$/.exec(line)
      if (bean) {
        const properties = (bean[1] ?? '').split(',').map((property) => property.split('='))
        type = properties.find(([key]) => key === 'type')?.[1] ?? ''
        labels = properties.flatMap(([key = '']) => (key === 'type' ? [] : [key.replace('-', '_')]))
      }
      const attribute = /^ {4}(\S+)$/.exec(line)?.[1]
      return attribute === undefined ? [] : [{ type, labels, attribute }]
    })
}

describe('the metrics of a worker', () => {
  it('have every attribute that a worker of Kafka Connect has, with the same labels', async () => {
    await using measured = await openCopy()
    const read = await measured.until('both tasks run', (now) =>
      [SOURCE, SINK].every(
        (labels) => now.find(task('status'), { ...labels, status: 'running' }).length === 1
      )
    )
    const captured = capturedAttributes()
    assert.equal(captured.length, 169)
    const missing = captured.filter(({ type, labels, attribute }) => {
      // One kind of MBean has Java's names for its attributes: StartTimeMs.
      const snake = attribute.replace(/(?<=[a-z])([A-Z])/g, '_$1').toLowerCase()
      const found = read.find(full(type)(snake))
      return !found.some((sample) => labels.every((label) => label in sample.labels))
    })
    assert.deepEqual(missing, [])
  })

  it('count what goes through tasks', async () => {
    await using measured = await openCopy()
    const first = await measured.until('three lines are copied and committed', (now) =>
      now.find(sink('offset-commit-completion-total'), SINK).some(({ value }) => value > 0)
    )
    assert.equal(first.value(source('source-record-poll-total'), SOURCE), 3)
    assert.equal(first.value(source('source-record-write-total'), SOURCE), 3)
    assert.equal(first.value(source('source-record-active-count'), SOURCE), 0)
    assert.ok(first.value(source('source-record-active-count-max'), SOURCE) >= 1)
    assert.ok(first.value(source('transaction-size-max'), SOURCE) >= 1)
    assert.equal(first.value(sink('sink-record-read-total'), SINK), 3)
    assert.equal(first.value(sink('sink-record-send-total'), SINK), 3)
    assert.equal(first.value(sink('partition-count'), SINK), 1)
    assert.equal(first.value('millrace_sink_lag_records', SINK), 0)
    assert.equal(first.value(task('offset-commit-success-percentage'), SINK), 1)
    assert.ok(first.value('millrace_source_written_bytes_total', SOURCE) > 0)
    await appendFile(join(measured.topics.folder, 'in.txt'), 'four\nfive\n')
    const second = await measured.until('two more lines are copied', (now) =>
      now.find(sink('sink-record-send-total'), SINK).some(({ value }) => value === 5)
    )
    assert.equal(second.value(source('source-record-poll-total'), SOURCE), 5)
    assert.ok(second.value(source('source-record-poll-rate'), SOURCE) > 0)
    const [one, two] = [first, second].map((read) => read.value(sink('offset-commit-seq-no'), SINK))
    assert.ok((two ?? 0) >= (one ?? 0))
  })

  it('tell states, starts and what tasks are made of', async () => {
    await using measured = await openCopy()
    const running = (connector: string) => ({ connector, status: 'running' })
    const read = await measured.until('both tasks run', (now) =>
      ['lines', 'copy'].every((name) => now.find(task('status'), running(name)).length === 1)
    )
    assert.equal(read.value(worker('connector-count')), 2)
    assert.equal(read.value(worker('task-count')), 2)
    assert.equal(read.value(worker('task-startup-attempts-total')), 2)
    assert.equal(read.value(worker('task-startup-success-total')), 2)
    assert.equal(read.value(worker('task-startup-success-percentage')), 1)
    assert.equal(read.value(worker('connector-startup-success-total')), 2)
    assert.equal(read.value(worker('connector-running-task-count'), { connector: 'lines' }), 1)
    assert.equal(read.value('kafka_connect_connector_status', running('copy')), 1)
    assert.equal(
      read.value(full('connector-transform-metrics')('transform-class'), {
        ...SOURCE,
        transform: 'route',
        transform_class: 'org.apache.kafka.connect.transforms.RegexRouter'
      }),
      1
    )
    assert.equal(
      read.value(task('value-converter-class'), { ...SINK, value_converter_class: 'string' }),
      1
    )
    assert.equal(read.value(task('connector-type'), { ...SINK, connector_type: 'sink' }), 1)
    measured.pause('lines')
    const paused = await measured.until(
      'it is paused',
      (now) => now.find(task('status'), { ...SOURCE, status: 'paused' }).length === 1
    )
    assert.equal(paused.value(worker('connector-paused-task-count'), { connector: 'lines' }), 1)
    const ratios = ['running-ratio', 'pause-ratio'].map((name) => paused.value(task(name), SOURCE))
    assert.ok(ratios.every((ratio) => ratio >= 0 && ratio <= 1))
  })

  it('tell of the group what the herder knows', async () => {
    await using measured = await MeasuredWorker.open()
    const read = measured.read()
    const rebalance = full('connect-worker-rebalance-metrics')
    assert.equal(read.value(rebalance('epoch')), 4)
    assert.equal(read.value(rebalance('completed-rebalances-total')), 3)
    assert.equal(read.value(rebalance('rebalance-avg-time-ms')), 20)
    assert.equal(read.value(rebalance('time-since-last-rebalance-ms')), 1500)
    assert.equal(read.value(rebalance('leader-name'), { leader_name: 'http://localhost:8083/' }), 1)
    assert.equal(read.value('kafka_connect_worker_rebalance_rebalancing'), 0)
  })

  it('tell of failed tasks, and of records that were skipped', async () => {
    await using measured = await openCopy()
    const { broker, folder } = measured.topics
    await measured.run('broken', 'sink', {
      'connector.class': 'file-sink',
      file: join(folder, 'no-such-folder', 'out.txt'),
      topics: 'bad'
    })
    await measured.run('picky', 'sink', {
      'connector.class': 'file-sink',
      file: join(folder, 'picky.txt'),
      topics: 'bad',
      'value.converter': 'json',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dead'
    })
    await broker.createTopics([{ name: 'bad', partitions: 1 }])
    await fillTopic(broker, 'bad', ['{', '{"schema":null,"payload":1}', 'nonsense'])
    const picky = { connector: 'picky', task: '0' }
    const read = await measured.until('one failed and the other skipped two records', (now) => {
      const skipped = now.find(errors('total-records-skipped'), picky)[0]?.value
      const failed = now.find(worker('connector-failed-task-count'), { connector: 'broken' })[0]
      return skipped === 2 && failed?.value === 1
    })
    assert.equal(read.value(errors('total-record-failures'), picky), 2)
    assert.equal(read.value(errors('deadletterqueue-produce-requests'), picky), 2)
    assert.equal(read.value(errors('deadletterqueue-produce-failures'), picky), 0)
    assert.ok(read.value(errors('last-error-timestamp'), picky) > 1_700_000_000_000)
    assert.ok(read.value(worker('task-startup-attempts-total')) >= 4)
  })

  it('forget a connector that is deleted', async () => {
    await using measured = await openCopy()
    await measured.until('both tasks run', (now) => now.find(task('running-ratio')).length === 2)
    await measured.delete('lines')
    const read = measured.read()
    assert.deepEqual(
      read.samples.filter(({ labels }) => labels['connector'] === 'lines'),
      []
    )
    assert.equal(read.value(worker('connector-count')), 1)
    assert.ok(read.find(task('running-ratio'), SINK).length === 1)
  })

  it('are all on the page that documents them', async () => {
    await using measured = await openCopy()
    await measured.until('both tasks run', (now) => now.find(task('running-ratio')).length === 2)
    measured.metrics.lag('lines', 0, 1500)
    const read = await measured.until('both are known', (now) =>
      ['millrace_source_lag_seconds', 'millrace_sink_lag_records'].every(
        (name) => now.find(name).length === 1
      )
    )
    assert.equal(read.value('millrace_source_lag_seconds', SOURCE), 1.5)
    const page = readFileSync(join(projectRoot, 'docs/metrics.md'), 'utf8')
    const own = [...read.types.keys()].filter((name) => !name.startsWith('kafka_connect_'))
    assert.ok(own.length >= 12, own.join())
    assert.deepEqual(
      own.filter((name) => !page.includes(`| \`${name}\` |`)),
      []
    )
  })

  it('have the process, too', async () => {
    await using measured = await MeasuredWorker.open()
    const read = measured.read()
    assert.ok(read.value('process_cpu_seconds_total') > 0)
    assert.ok(read.value('process_resident_memory_bytes') > 1e6)
    assert.ok(read.value('millrace_event_loop_active_seconds_total') > 0)
    assert.equal(read.find('millrace_event_loop_delay_seconds').length, 3)
  })
})

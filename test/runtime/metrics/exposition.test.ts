import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bean, connectFamilies, type NameStyle } from '../../../runtime/metrics/connect-names.ts'
import {
  Families,
  labelText,
  metricName,
  renderMetrics
} from '../../../runtime/metrics/exposition.ts'
import { parseExposition } from '../../support/exposition.ts'

describe('the text format', () => {
  it('has a family with its help and its type before its samples', () => {
    const families = new Families()
    families.add('a_total', 'First', { labels: labelText({ task: '0' }), value: 1 })
    families.add('b', 'Second', { labels: '', value: Number.NaN })
    families.add('a_total', 'First', { labels: labelText({ task: '1' }), value: 2.5 })
    assert.equal(
      renderMetrics(families.all()),
      `# HELP a_total First
# TYPE a_total counter
a_total{task="0"} 1
a_total{task="1"} 2.5
# HELP b Second
# TYPE b gauge
b NaN
`
    )
  })

  it('escapes what would break it, and gives it back as it was', () => {
    const name = 'a "b" \\ c\nd,e="f"} 1'
    const text = renderMetrics([
      {
        name: 'x',
        type: 'gauge',
        help: 'two\nlines \\',
        samples: [{ labels: labelText({ name }), value: 1 }]
      }
    ])
    const { samples, helps } = parseExposition(text)
    assert.deepEqual(samples, [{ name: 'x', labels: { name }, value: 1 }])
    assert.equal(helps.get('x'), 'two\\nlines \\\\')
  })

  it('writes numbers that are none as Prometheus does, and exact ones in full', () => {
    const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 1e-9, 0]
    const text = renderMetrics(
      values.map((value, at) => ({
        name: `x${at}`,
        type: 'gauge' as const,
        help: 'X',
        samples: [{ labels: '', value }]
      }))
    )
    assert.deepEqual(
      parseExposition(text).samples.map(({ value }) => value),
      values
    )
  })

  it('leaves out a family without samples, and is empty without any', () => {
    assert.equal(renderMetrics([]), '')
    assert.equal(renderMetrics([{ name: 'x', type: 'gauge', help: 'X', samples: [] }]), '')
  })

  it('makes a name of any text', () => {
    assert.equal(metricName('source-record-poll-rate'), 'source_record_poll_rate')
    assert.equal(metricName('lag (ms) in %'), 'lag__ms__in__')
    assert.equal(metricName('2nd'), '_2nd')
  })
})

describe('the names of Kafka Connect figures', () => {
  const read = (style: NameStyle) =>
    parseExposition(
      renderMetrics(
        connectFamilies(
          [
            bean('count', { 'client-id': 'c' }, { count: 7 }),
            bean(
              'transform',
              { connector: 'x', task: '0', transform: 't' },
              {
                'transform-class': 'RegexRouter',
                'transform-version': '1'
              }
            ),
            bean(
              'app',
              { 'client-id': 'c' },
              {
                version: '1.2',
                'commit-id': 'abc',
                'start-time-ms': 5000
              }
            ),
            bean(
              'connector',
              { connector: 'x' },
              {
                'connector-class': 'file',
                'connector-type': 'source',
                'connector-version': '1',
                status: 'running'
              }
            ),
            bean(
              'workerConnector',
              { connector: 'x' },
              {
                'connector-total-task-count': 3,
                'connector-running-task-count': 2,
                'connector-paused-task-count': 0,
                'connector-failed-task-count': 1,
                'connector-restarting-task-count': 0,
                'connector-unassigned-task-count': 0,
                'connector-destroyed-task-count': 0
              }
            )
          ],
          style
        )
      )
    )

  it('are the type and the attribute in full', () => {
    const full = read('full')
    assert.equal(
      full.value('kafka_connect_connect_worker_metrics_connector_failed_task_count', {
        connector: 'x'
      }),
      1
    )
    assert.equal(
      full.value('kafka_connect_connector_metrics_status', { connector: 'x', status: 'running' }),
      1
    )
    assert.equal(
      full.value('kafka_connect_connector_transform_metrics_transform_class', {
        transform: 't',
        transform_class: 'RegexRouter'
      }),
      1
    )
    assert.equal(full.value('kafka_connect_app_info_start_time_ms', { client_id: 'c' }), 5000)
    assert.equal(full.value('kafka_connect_kafka_metrics_count_count', { client_id: 'c' }), 7)
    assert.equal(full.find('kafka_connect_worker_connector_failed_task_count').length, 0)
  })

  it('gather the texts of a connector and of the worker, as rules of Confluent do', () => {
    const full = read('full')
    assert.equal(full.value('kafka_connect_app_info', { client_id: 'c', version: '1.2' }), 1)
    assert.equal(full.value('kafka_connect_app_info', { client_id: 'c', start_time_ms: '5000' }), 1)
    assert.equal(full.value('kafka_connect_connector_metrics', { status: 'running' }), 1)
  })

  it('are those of the rules of Strimzi in short', () => {
    const short = read('short')
    assert.equal(
      short.value('kafka_connect_worker_connector_failed_task_count', { connector: 'x' }),
      1
    )
    assert.equal(short.value('kafka_connect_connector_status', { status: 'running' }), 1)
    assert.equal(
      short.value('kafka_connect_connector_connector_type', { connector_type: 'source' }),
      1
    )
    assert.equal(short.value('kafka_connect_start_time_seconds', { clientid: 'c' }), 5)
    assert.equal(short.value('kafka_connect_version_info', { clientid: 'c', version: '1.2' }), 1)
    assert.equal(short.value('kafka_connect_commit_id_info', { commit_id: 'abc' }), 1)
    assert.equal(short.find('kafka_connect_connector_metrics').length, 0)
  })

  it('are both without a choice, and no name means two things', () => {
    const both = read('both')
    const names = [...both.types.keys()]
    assert.equal(
      names.length,
      new Set([...read('full').types.keys(), ...read('short').types.keys()]).size
    )
    assert.equal(both.samples.length, read('full').samples.length + read('short').samples.length)
  })
})

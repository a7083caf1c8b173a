import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigLog } from '../../../runtime/stores/config-log.ts'
import { capturedRecords } from './internal-topics.ts'

function replay(until = Number.POSITIVE_INFINITY): ConfigLog {
  const log = new ConfigLog()
  for (const { key, payload, offset } of capturedRecords('connect-configs')) {
    if (offset <= until) log.take(key, payload, offset)
  }
  return log
}

describe('the config topic of Kafka Connect', () => {
  it('leaves the three connectors that could not be deleted over REST', () => {
    const names = replay()
      .connectors()
      .map(({ name }) => name)
    assert.deepEqual(names.sort(), ['a%b', 'a/b', 'a\\b'])
  })

  it('gives a running connector with its config and published tasks', () => {
    const pg = replay(517).connector('pg')
    assert.equal(
      pg?.config['connector.class'],
      'io.debezium.connector.postgresql.PostgresConnector'
    )
    assert.equal(pg?.targetState, 'STARTED')
    assert.equal(pg?.tasks?.length, 1)
    assert.equal(
      pg?.tasks?.[0]?.['task.class'],
      'io.debezium.connector.postgresql.PostgresConnectorTask'
    )
  })

  it('prefers the newer form of the target state', () => {
    const log = new ConfigLog()
    log.take('target-state-x', '{"state":"PAUSED","state.v2":"STOPPED"}', 0)
    log.take('connector-x', '{"properties":{"connector.class":"c"}}', 1)
    assert.equal(log.connector('x')?.targetState, 'STOPPED')
    log.take('target-state-x', '{"state":"PAUSED"}', 2)
    assert.equal(log.connector('x')?.targetState, 'PAUSED')
  })

  it('publishes tasks with their commit only', () => {
    const log = new ConfigLog()
    log.take('connector-x', '{"properties":{}}', 0)
    log.take('task-x-0', '{"properties":{"n":"0"}}', 1)
    log.take('task-x-1', '{"properties":{"n":"1"}}', 2)
    assert.equal(log.connector('x')?.tasks, null)
    log.take('commit-x', '{"tasks":2}', 3)
    assert.deepEqual(log.connector('x')?.tasks, [{ n: '0' }, { n: '1' }])
    log.take('task-x-0', '{"properties":{"n":"new"}}', 4)
    assert.deepEqual(log.connector('x')?.tasks, [{ n: '0' }, { n: '1' }])
  })

  it('takes a commit without its tasks for none, so that they are published anew', () => {
    const log = new ConfigLog()
    log.take('connector-x', '{"properties":{}}', 0)
    log.take('commit-x', '{"tasks":1}', 1)
    assert.equal(log.connector('x')?.tasks, null)
  })

  it('ignores the tasks of a deleted connector', () => {
    const log = new ConfigLog()
    log.take('task-x-0', '{"properties":{"n":"0"}}', 0)
    log.take('commit-x', '{"tasks":1}', 1)
    log.take('connector-x', null, 2)
    log.take('connector-x', '{"properties":{"a":"b"}}', 3)
    assert.deepEqual(log.connector('x'), {
      name: 'x',
      config: { a: 'b' },
      targetState: 'STARTED',
      tasks: null,
      configOffset: 3,
      tasksOffset: -1,
      fencingOffset: -1,
      endOffset: 2
    })
  })

  it('keeps apart a connector whose name looks like a task of another', () => {
    const log = new ConfigLog()
    log.take('connector-x', '{"properties":{"who":"x"}}', 0)
    log.take('connector-x-0', '{"properties":{"who":"x-0"}}', 1)
    log.take('task-x-0-0', '{"properties":{"who":"task"}}', 2)
    log.take('commit-x-0', '{"tasks":1}', 3)
    assert.equal(log.connector('x')?.tasks, null)
    assert.equal(log.connector('x-0')?.tasks?.[0]?.['who'], 'task')
  })

  it('is not stopped by what is no record of Kafka Connect', () => {
    const log = new ConfigLog()
    for (const [index, text] of ['{', '[]', '7', 'null', ''].entries()) {
      log.take('connector-x', text, index)
    }
    assert.deepEqual(log.connectors(), [])
  })
})

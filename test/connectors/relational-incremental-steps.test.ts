import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SignalHandler } from '../../connectors/relational/signal-handler.ts'
import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { Random } from '../support/random.ts'
import { SimulatedDatabase, TABLES } from './incremental-simulation.ts'
import { finish, SimulatedTask, settled } from './incremental-task.ts'

const KEYED = { 'data-collections': ['shop.keyed'] }

function startTask(rows = 40): SimulatedTask {
  const database = new SimulatedDatabase(new Random(7))
  database.load(rows)
  return new SimulatedTask(database, 'insert_insert')
}

/** Runs until the chunk under way has been passed on and no statement waits. */
async function rest(task: SimulatedTask): Promise<void> {
  for (let i = 0; i < 100; i++) {
    task.poll(9)
    task.commit()
    task.database.step()
    await settled()
  }
}

const rowsOf = (task: SimulatedTask) => task.seen.size

describe('steering an incremental snapshot', () => {
  test('a pause lets the chunk under way through, and no other until it is over', async () => {
    const task = startTask()
    task.execute(KEYED)
    task.poll(0)
    task.snapshot.pause()
    await rest(task)
    assert.equal(rowsOf(task), 3)
    task.snapshot.pause()
    task.snapshot.unpause()
    task.snapshot.unpause()
    await finish(task)
    assert.equal(rowsOf(task), task.database.rows.get('shop.keyed')?.length)
    const [started, ...others] = task.notices
    assert.equal(started, 's STARTED')
    assert.equal(
      others.filter((notice) => /PAUSED|RESUMED/.test(notice)).join(),
      's PAUSED,s RESUMED'
    )
    assert.equal(others.at(-1), 's COMPLETED')
  })

  test('a pause outlives a restart', async () => {
    const task = startTask()
    task.execute(KEYED)
    task.poll(0)
    task.snapshot.pause()
    await rest(task)
    task.crash()
    await rest(task)
    assert.equal(rowsOf(task), 3)
    task.snapshot.unpause()
    await finish(task)
    assert.ok(rowsOf(task) > 3)
  })

  test('a stop forgets the tables, and the rows that were read', async () => {
    const task = startTask()
    task.execute({ 'data-collections': ['shop..*'], 'surrogate-key': 'a' })
    task.poll(0)
    for (let i = 0; i < 5; i++) {
      task.database.step()
      await settled()
    }
    task.snapshot.stop(['shop.keyed'])
    await finish(task)
    assert.deepEqual(
      [...task.seen].filter((row) => row.startsWith('shop.keyed')),
      []
    )
    assert.ok(rowsOf(task) > 0)
    assert.ok(task.notices.includes('s ABORTED'))
    task.snapshot.stop(null)
    assert.equal(task.warnings.length, 1)
  })

  test('a signal that comes while another is served has its own notifications', async () => {
    const task = startTask()
    task.execute(KEYED, 's1')
    task.poll(0)
    await settled()
    task.execute({ 'data-collections': ['shop.keyless'] }, 's2')
    task.execute({ 'data-collections': ['shop.absent', 'shop.keyed'] }, 's3')
    await finish(task)
    const ends = task.notices.filter((notice) => !notice.includes('PROGRESS'))
    assert.deepEqual(ends, [
      's1 STARTED',
      's2 STARTED',
      's3 STARTED',
      's1 TABLE_SCAN_COMPLETED SUCCEEDED',
      's1 COMPLETED',
      's2 TABLE_SCAN_COMPLETED NO_PRIMARY_KEY',
      's2 COMPLETED',
      's3 TABLE_SCAN_COMPLETED UNKNOWN_SCHEMA',
      's3 TABLE_SCAN_COMPLETED SUCCEEDED',
      's3 COMPLETED'
    ])
  })

  test('an empty table is told as such', async () => {
    const task = startTask(0)
    task.execute(KEYED)
    await finish(task)
    assert.deepEqual(task.notices, ['s STARTED', 's TABLE_SCAN_COMPLETED EMPTY', 's COMPLETED'])
  })

  test('a table that cannot be read is left out, and the next one read', async () => {
    const task = startTask()
    const chunk = task.database.chunk.bind(task.database)
    task.database.chunk = (table, range) => {
      if (table.record.id === 'shop.keyed')
        throw new ConnectError('X', 'You have an error in your SQL')
      return chunk(table, range)
    }
    task.execute({ 'data-collections': ['shop..*'], 'surrogate-key': 'a' })
    await finish(task)
    assert.ok(task.notices.includes('s TABLE_SCAN_COMPLETED SQL_EXCEPTION'))
    assert.ok([...task.seen].some((row) => row.startsWith('shop.keyless')))
  })

  test('an error that passes stops the task, and the chunk is read after it', async () => {
    const task = startTask()
    const { chunk } = task.database
    task.execute(KEYED)
    task.poll(0)
    task.commit()
    task.database.chunk = async () => {
      throw new RetriableError('LOST', 'connection lost')
    }
    await assert.rejects(rest(task), { code: 'LOST' })
    task.database.chunk = chunk
    task.crash()
    await finish(task)
    assert.equal(rowsOf(task), task.database.rows.get('shop.keyed')?.length)
  })

  test('a table of another shape than the stream knows is read when the stream has come to the change', async () => {
    const task = startTask()
    const { chunk } = task.database
    let calls = 0
    task.database.chunk = async function (...given) {
      if (++calls % 3 === 1) throw new ConnectError('X', "Unknown column 'v' in 'SELECT'")
      return await chunk.apply(this, given)
    }
    task.execute(KEYED)
    await finish(task)
    assert.equal(rowsOf(task), task.database.rows.get('shop.keyed')?.length)
    assert.equal(task.notices.at(-1), 's COMPLETED')
  })

  test('a row of a table without key that never stops changing does not hold up the snapshot', async () => {
    const task = startTask(20)
    task.execute({ 'data-collections': ['shop.keyless'], 'surrogate-key': 'a' })
    for (let i = 0; i < 3000 && task.snapshot.isRunning; i++) {
      task.database.touch()
      task.poll(2)
      task.commit()
      task.database.step()
      await settled()
    }
    assert.equal(task.snapshot.isRunning, false)
    for (const row of task.database.rows.get('shop.keyless') ?? []) {
      assert.ok(task.seen.has(`shop.keyless:${row.map(String).join()}`))
    }
  })
})

describe('the handler of signals', () => {
  const about = (snapshot: SimulatedTask['snapshot'] | null) => {
    const lines: string[] = []
    const line = (text: string) => void lines.push(text)
    const handler = new SignalHandler({
      snapshot,
      captured: () => TABLES,
      offset: () => ({ pos: 4 }),
      logger: { debug() {}, info: line, warn: line, error() {} }
    })
    return { handler, lines }
  }

  test('keeps blocking snapshots until they are done, over a restart too', () => {
    const { handler, lines } = about(null)
    const data = {
      type: 'blocking',
      'data-collections': ['shop.key.*', 'shop.absent'],
      'additional-conditions': [{ 'data-collection': 'shop.keyed', filter: 'select 1' }]
    }
    handler.handle({ id: 'b1', type: 'execute-snapshot', data: JSON.stringify(data) })
    const expected = {
      id: 'b1',
      tables: [
        { id: 'shop.keyed', statement: 'select 1' },
        { id: 'shop.keyless', statement: null }
      ]
    }
    assert.deepEqual(handler.blocking, expected)
    assert.equal(lines.length, 2)
    const next = about(null).handler
    next.resume({ ...handler.offsetFields() })
    assert.deepEqual(next.blocking, expected)
    next.blockingDone()
    assert.deepEqual([next.blocking, next.offsetFields()], [null, {}])
  })

  test('serves incremental ones only where they are possible', () => {
    const signal = { id: 's', type: 'execute-snapshot', data: JSON.stringify(KEYED) }
    const unable = about(null)
    unable.handler.handle(signal)
    unable.handler.handle({ id: 's', type: 'pause-snapshot', data: null })
    assert.equal(unable.lines.filter((line) => line.includes('signal.data.collection')).length, 2)

    const { snapshot } = startTask()
    const { handler } = about(snapshot)
    handler.handle(signal)
    assert.equal(snapshot.isRunning, true)
    handler.handle({ id: 's', type: 'stop-snapshot', data: null })
    assert.equal(snapshot.isRunning, false)
  })

  test('logs, and tells what it leaves alone', () => {
    const { handler, lines } = about(null)
    handler.handle({ id: 's4', type: 'log', data: '{"message": "at offset {}"}' })
    handler.handle({ id: 's5', type: 'unheard-of', data: '{}' })
    handler.handle({ id: 'u-open', type: 'snapshot-window-open', data: '{}' })
    assert.deepEqual(lines, [
      'at offset {"pos":4}',
      "Signal 's5' is left alone: there is no signal of type 'unheard-of'"
    ])
  })
})

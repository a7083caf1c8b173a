import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  LogLevels,
  PART_LOGGERS,
  parseLevel,
  partLogger
} from '../../../runtime/metrics/log-levels.ts'
import { MemoryLogger } from '../../support/embedded.ts'

const GOLDEN = 'org.apache.kafka.connect.golden'
const [WORKER] = PART_LOGGERS.worker

/** The clock counts the changes. */
function levelsAt(root: 'INFO' | 'WARN' = 'WARN') {
  let now = 0
  return new LogLevels(root, () => ++now)
}

describe('log levels', () => {
  it('answer the captured story of Kafka Connect as it did', () => {
    const levels = levelsAt()
    assert.equal(levels.get('org.apache.kafka.connect'), null)
    assert.equal(levels.get('no.such.logger'), null)
    assert.deepEqual(levels.set(GOLDEN, 'DEBUG'), [GOLDEN])
    assert.deepEqual(levels.get(GOLDEN), { level: 'DEBUG', last_modified: 1 })
    assert.deepEqual(levels.set(GOLDEN, 'WARN'), [GOLDEN])
    assert.deepEqual(levels.set(GOLDEN, 'INFO'), [GOLDEN])
    assert.deepEqual(levels.set(GOLDEN, 'OFF'), [GOLDEN])
    assert.deepEqual(levels.set(GOLDEN, 'ALL'), [GOLDEN])
    assert.deepEqual(levels.set(`${GOLDEN}.parent`, 'ERROR'), [`${GOLDEN}.parent`])
    assert.deepEqual(levels.set(GOLDEN, 'INFO'), [GOLDEN, `${GOLDEN}.parent`])
    assert.deepEqual(levels.set(GOLDEN, 'INFO'), [])
    assert.deepEqual(levels.set(GOLDEN, 'DEBUG'), [GOLDEN, `${GOLDEN}.parent`])
  })

  it('say nothing of a time before the first change, and then the time of the last', () => {
    const levels = levelsAt()
    assert.ok(Object.values(levels.list()).every(({ last_modified }) => last_modified === null))
    levels.set(WORKER, 'WARN')
    assert.deepEqual(levels.get(WORKER), { level: 'WARN', last_modified: null })
    levels.set(WORKER, 'ERROR')
    levels.set(WORKER, 'TRACE')
    assert.equal(levels.get(WORKER)?.last_modified, 2)
    assert.equal(levels.get('root')?.last_modified, null)
  })

  it('change all loggers with the root, whatever the case of its name', () => {
    const levels = levelsAt()
    levels.set(WORKER, 'ERROR')
    assert.ok(!levels.set('ROOT', 'ERROR').includes(WORKER))
    assert.deepEqual(levels.get('Root')?.level, 'ERROR')
    assert.deepEqual(levels.set('root', 'DEBUG'), Object.keys(levels.list()))
    assert.equal(levels.get(WORKER)?.level, 'DEBUG')
  })

  it('leave out of the list what is off, and sort the rest', () => {
    const levels = levelsAt()
    levels.set(WORKER, 'OFF')
    const names = Object.keys(levels.list())
    assert.ok(!names.includes(WORKER))
    assert.ok(names.includes('root'))
    assert.deepEqual(names, names.toSorted())
    assert.deepEqual(levels.get(WORKER), { level: 'OFF', last_modified: 1 })
  })

  it('count for a name and below it, never for a name that only begins alike', () => {
    const levels = levelsAt('INFO')
    levels.set('a.b', 'DEBUG')
    assert.equal(levels.allows(['a.b.c'], 'debug'), true)
    assert.equal(levels.allows(['a.bc'], 'debug'), false)
    assert.equal(levels.allows(['x', 'a.b'], 'debug'), true)
    levels.set('a.b.c', 'OFF')
    assert.equal(levels.allows(['a.b.c'], 'error'), false)
    levels.set('a', 'FATAL')
    assert.equal(levels.allows(['a.b.c'], 'error'), false)
    levels.set('root', 'ERROR')
    assert.equal(levels.allows(['a.b.c'], 'error'), true)
    assert.equal(levels.allows([], 'warn'), false)
  })

  it('are known by name in any case', () => {
    assert.deepEqual(['warn', 'Trace', 'ALL'].map(parseLevel), ['WARN', 'TRACE', 'ALL'])
    assert.deepEqual(['LOUD', '5', ''].map(parseLevel), [null, null, null])
    assert.throws(() => levelsAt().set(WORKER, 'LOUD'), RangeError)
  })

  it('choose the lines of a part, and follow those of another thread', () => {
    const lines = new MemoryLogger()
    const here = new LogLevels('INFO', Date.now)
    const there = new LogLevels('ALL', Date.now)
    there.follow(here.settings)
    const end = here.onChange((settings) => there.follow(settings))
    const [herder, root] = [partLogger(lines, there, 'herder'), partLogger(lines, there)]
    here.set(PART_LOGGERS.herder[0], 'DEBUG')
    herder.debug('herder speaks')
    root.debug('root is silent')
    end()
    here.set('root', 'OFF')
    root.info('root goes on')
    assert.deepEqual(
      lines.lines.map(({ message }) => message),
      ['herder speaks', 'root goes on']
    )
  })
})

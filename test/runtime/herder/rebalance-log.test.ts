import assert from 'node:assert/strict'
import { it } from 'node:test'
import { tellRebalance } from '../../../runtime/herder/rebalance-log.ts'
import { MemoryLogger } from '../../support/embedded.ts'

const id = (connector: string, task: number) => ({ connector, task })
const assignment = {
  leader: 'one:8083',
  leaderUrl: 'http://one:8083',
  configOffset: 4,
  epoch: 0,
  delay: 0
}

it('says in one line what a rebalance gave to a worker and took from it', () => {
  const logger = new MemoryLogger()
  const owned = [id('a', -1), id('a', 0), id('b', 1)]
  const before = [id('a', 0), id('c', 0), id('c', -1)]
  const begun = { generation: 7, assignment: { ...assignment, owned }, before, ms: 12.4 }
  tellRebalance(logger, 'info', begun)
  assert.deepEqual(logger.lines, [
    {
      level: 'info',
      message: 'The group has rebalanced.',
      fields: {
        generation: 7,
        leader: 'one:8083',
        connectors: 1,
        tasks: 2,
        given: 'a, b-1',
        taken: 'c-0, c',
        ms: 12
      }
    }
  ])
})

it('names some of many tasks, says how long those of a lost worker wait, and nothing of nothing', () => {
  const logger = new MemoryLogger()
  const owned = Array.from({ length: 34 }, (_, task) => id('a', task))
  const begun = { generation: 8, assignment: { ...assignment, owned, delay: 500 }, ms: 1 }
  tellRebalance(logger, 'debug', { ...begun, before: owned.slice(0, 2) })
  const [line] = logger.lines
  assert.equal(line?.level, 'debug')
  assert.match(String(line?.fields['given']), /^a-2, a-3, .*, a-31 and 2 more$/)
  assert.equal(line?.fields['taken'], undefined)
  assert.equal(line?.fields['delayMs'], 500)
})

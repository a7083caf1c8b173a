import assert from 'node:assert/strict'
import { it } from 'node:test'
import sink from '../../../connectors/file/sink.ts'
import { taskConfigsOf } from '../../../runtime/worker/task-configs.ts'

const config = (tasks: string) => ({
  name: 'c',
  'connector.class': 'file-sink',
  topics: 't',
  file: '/tmp/x',
  'tasks.max': tasks
})

it('makes as many configs for a sink as it may have tasks', async () => {
  const configs = await taskConfigsOf(sink, config('3'), config('3'))
  assert.equal(configs.length, 3)
  assert.equal(configs[2]?.['file'], '/tmp/x')
})

it('makes no more tasks than a worker can hold', async () => {
  const many = config('2147483647')
  await assert.rejects(taskConfigsOf(sink, many, many), {
    code: 'TOO_MANY_TASKS',
    message: 'tasks.max is 2147483647, and a connector has at most 10000 tasks'
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DataError, RetriableError } from '../../../runtime/api/errors.ts'
import { retryDelay } from '../../../runtime/worker/error-policy.ts'
import { MemoryReporter, policyOf } from './runners.ts'

const bad = new DataError('BAD', 'Not JSON')
const failure = { stage: 'VALUE_CONVERTER', className: 'JsonConverter', error: bad } as const
const consumed = { topic: 't', partition: 1, offset: 7, timestamp: 1_700_000_000_000 }

describe('the pause before a retry', () => {
  it('doubles from 300 ms up to its bound, half of it at random', () => {
    assert.equal(retryDelay(0, 60_000, 1), 300)
    assert.equal(retryDelay(0, 60_000, 0), 150)
    assert.equal(retryDelay(3, 60_000, 1), 2400)
    assert.equal(retryDelay(40, 60_000, 1), 60_000)
    assert.equal(retryDelay(40, 60_000, 0), 30_000)
  })
})

describe('the error policy', () => {
  it('ends the task by default, and names record, cause and remedy', () => {
    const policy = policyOf(new MemoryReporter())
    assert.throws(() => policy.handle({ ...failure, consumed }), {
      code: 'TOLERANCE_EXCEEDED',
      message:
        /VALUE_CONVERTER with JsonConverter failed at topic 't', partition 1, offset 7: BAD: Not JSON/,
      hint: /errors.tolerance: all/
    })
  })

  it('never skips without a counter and a line', () => {
    const reporter = new MemoryReporter()
    policyOf(reporter, { tolerance: 'all' }).handle(failure)
    assert.equal(reporter.metrics.get('total_records_skipped'), 1)
    assert.equal(reporter.metrics.get('total_record_failures'), 1)
    assert.equal(reporter.logger.lines.length, 1)
  })

  it("logs in Kafka Connect's words, with the record when asked to", () => {
    const reporter = new MemoryReporter()
    const policy = policyOf(reporter, {
      tolerance: 'all',
      logEnable: true,
      logIncludeMessages: true
    })
    policy.handle({ ...failure, consumed })
    assert.equal(
      reporter.logger.lines[0]?.message,
      "Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class 'JsonConverter', where consumed record is {topic='t', partition=1, offset=7, timestamp=1700000000000, timestampType=CreateTime}."
    )
    assert.equal(reporter.metrics.get('total_errors_logged'), 1)
  })

  it('does not take a lost connection for a bad record', () => {
    const policy = policyOf(new MemoryReporter(), { tolerance: 'all' })
    const lost = new RetriableError('LOST', 'No connection')
    assert.throws(() => policy.handle({ ...failure, stage: 'KAFKA_PRODUCE', error: lost }))
    assert.throws(() => policy.handle({ ...failure, stage: 'TASK_POLL', error: bad }))
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isRetriable } from '../../../runtime/api/errors.ts'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { GroupFixture } from '../../contract/group-fixture.ts'
import { requireEngine } from '../../support/engines.ts'
import { type KafkaServer, startKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

describe('kafka coordinator that is lost', requireEngine('kafka-server'), () => {
  let kafka: KafkaServer
  let broker: Broker
  const under = {
    open: (options: Parameters<Broker['coordinator']>[0]) => broker.coordinator(options)
  }

  before(async () => {
    kafka = await startKafka()
    // Longer than any test: what ends sooner has a timeout of its own.
    const longest = { 'request.timeout.ms': '600000' }
    broker = await openKafkaBroker({ 'bootstrap.servers': kafka.bootstrap, ...longest })
  })
  after(async () => {
    await broker?.close()
    await kafka?.stop()
  })

  it('fails a heartbeat in time for another, and knows the member when it is back', async () => {
    await using group = new GroupFixture(under)
    const [member] = await group.stable(1, { sessionTimeoutMs: 9000 })
    assert.ok(member)
    kafka.pause()
    await assert.rejects(member.coordinator.heartbeat(member.membership), isRetriable)
    kafka.resume()
    await until(() => answers(() => member.coordinator.heartbeat(member.membership)))
  })

  it('keeps the group when it is killed and started again', async () => {
    await using group = new GroupFixture(under)
    const members = await group.stable(2)
    const { generation } = members[0] ?? assert.fail('there are two')
    await kafka.kill()
    const lost = members.map(({ coordinator, membership }) =>
      assert.rejects(coordinator.heartbeat(membership), isRetriable)
    )
    await Promise.all(lost)
    await kafka.start()
    for (const { coordinator, membership } of members) {
      await until(() => answers(() => coordinator.heartbeat(membership)))
      assert.equal(membership.generation, generation)
    }
  })

  it('lets a waiting join go on when it is killed and started again', async () => {
    await using group = new GroupFixture(under)
    const [member] = await group.stable(1)
    assert.ok(member)
    const other = await group.member()
    const joined = retried(() => other.join())
    await member.refusal()
    await kafka.kill()
    await kafka.start()
    await Promise.all([retried(() => member.takePart(2)), joined.then(() => other.takePart(2))])
    assert.equal(member.generation, other.generation)
  })
})

/** As a herder does: a lost coordinator is asked again. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isRetriable(error)) throw error
    }
  }
}

async function answers(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (!isRetriable(error)) throw error
    return false
  }
}

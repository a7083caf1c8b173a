import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { requireEngine } from './engines.ts'
import { type KafkaServer, startKafka } from './kafka.ts'

async function topicsSeenBy(
  broker: string,
  security: Partial<ConstructorParameters<typeof Kafka>[0]>
) {
  const kafka = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
    ...security
  })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

function login(server: KafkaServer, mechanism: string, password = server.password): SASLOptions {
  return { mechanism, username: server.user, password } as SASLOptions
}

describe('kafka for tests', requireEngine('kafka-server'), () => {
  it('keeps its topics through a kill, on the same port', async () => {
    await using server = await startKafka()
    const { bootstrap } = server
    await server.tool(
      'org.apache.kafka.tools.TopicCommand',
      ...['--bootstrap-server', bootstrap, '--create', '--topic', 'kept']
    )
    await server.kill()
    await server.start()
    assert.equal(server.bootstrap, bootstrap)
    assert.deepEqual(await topicsSeenBy(bootstrap, {}), ['kept'])
  })

  it('takes TLS and SASL and refuses a wrong password', async () => {
    await using server = await startKafka({ sasl: true, tls: true })
    assert.ok(server.tls)
    const ssl = { ca: [readFileSync(server.tls.ca, 'utf8')] }
    assert.deepEqual(await topicsSeenBy(server.address('SSL'), { ssl }), [])
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
      const sasl = login(server, mechanism)
      assert.deepEqual(await topicsSeenBy(server.address('SASL_PLAINTEXT'), { sasl }), [])
      assert.deepEqual(await topicsSeenBy(server.address('SASL_SSL'), { ssl, sasl }), [])
      const wrong = login(server, mechanism, 'guess')
      await assert.rejects(topicsSeenBy(server.address('SASL_PLAINTEXT'), { sasl: wrong }))
    }
  })
})

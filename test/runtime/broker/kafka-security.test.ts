import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { ConnectError, describeError, isRetriable } from '../../../runtime/api/errors.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { Metrics } from '../../../runtime/metrics/metrics.ts'
import { requireEngine } from '../../support/engines.ts'
import { type KafkaListener, type KafkaServer, startKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

let server: KafkaServer

const login = (mechanism: string, password = server.password) => ({
  'sasl.mechanism': mechanism,
  'sasl.jaas.config': `x required username="${server.user}" password="${password}";`
})

const trust = () => ({
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': server.tls?.ca ?? ''
})

const at = (listener: KafkaListener, config: Record<string, string> = {}) => ({
  'bootstrap.servers': server.address(listener),
  'security.protocol': listener,
  'socket.connection.setup.timeout.ms': '3000',
  ...config
})

async function writesAndReads(config: Record<string, string>, topic: string): Promise<void> {
  const broker = await openKafkaBroker(config)
  await broker.createTopics([{ name: topic, partitions: 1 }])
  const producer = await broker.producer({ clientId: 'writer', transactionalId: topic })
  await producer.append(topic, 0, [{ key: null, value: 'sealed', headers: [], timestamp: 1 }])
  await producer.commit()
  const reader = await broker.reader()
  reader.assign([{ topic, partition: 0, offset: 0 }])
  const [batch] = await reader.read({ maxBytes: 1e6, maxWaitMs: 20_000 })
  assert.equal(batch?.records[0]?.value?.toString(), 'sealed')
  await reader.close()
  await producer.close()
  await broker.close()
}

async function refusal(config: Record<string, string>): Promise<ConnectError> {
  try {
    await (await openKafkaBroker(config)).close()
  } catch (error) {
    assert.ok(error instanceof ConnectError)
    assert.ok(!describeError(error).includes('wrong-secret'))
    return error
  }
  throw new assert.AssertionError({ message: 'the broker opened' })
}

describe('kafka broker with TLS and SASL', requireEngine('kafka-server'), () => {
  before(async () => {
    server = await startKafka({ sasl: true, tls: true })
  })
  after(() => server?.stop())

  it('tells an observer of connections, logins, requests and responses', async () => {
    const { client } = new Metrics()
    const config = at('SASL_SSL', { ...trust(), ...login('PLAIN') })
    const broker = await openKafkaBroker(config, { observer: client })
    await broker.createTopics([{ name: 'observed', partitions: 1 }])
    await broker.describeTopics(['observed'])
    const { all, nodes } = client
    assert.ok(all.total('requests') >= 3)
    assert.equal(all.total('responses'), all.total('requests'))
    assert.ok(all.total('bytes_out') > 0)
    assert.ok(all.total('bytes_in') > 0)
    assert.ok((all.seen('latency_ms', performance.now())?.max ?? 0) > 0)
    assert.ok(all.total('authentications') >= 1)
    assert.deepEqual([...nodes.keys()], [server.address('SASL_SSL')])
    await broker.close()
    await until(() => all.total('closes') === all.total('connections'), { what: 'all are closed' })
    assert.ok(all.total('connections') >= 1)
    const refused = at('SASL_SSL', { ...trust(), ...login('PLAIN', 'wrong-secret') })
    await assert.rejects(openKafkaBroker(refused, { observer: client }))
    assert.ok(all.total('refusals') >= 1)
  })

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    it(`logs in with ${mechanism}, with and without TLS`, async () => {
      const topic = mechanism.toLowerCase()
      await writesAndReads(at('SASL_PLAINTEXT', login(mechanism)), topic)
      await writesAndReads(at('SASL_SSL', { ...login(mechanism), ...trust() }), `${topic}-tls`)
    })

    it(`says that the login was refused for a wrong password with ${mechanism}`, async () => {
      const error = await refusal(at('SASL_PLAINTEXT', login(mechanism, 'wrong-secret')))
      assert.equal(error.code, 'KAFKA_AUTHENTICATION')
      assert.equal(isRetriable(error), false)
      assert.match(String(error.hint), /sasl\.jaas\.config/)
    })
  }

  it('takes the certificate inline, and a key of its own', async () => {
    const ca = readFileSync(server.tls?.ca ?? '', 'latin1')
    const own = {
      'ssl.truststore.certificates': ca.replaceAll('\n', ' '),
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': server.tls?.clientKeystore ?? '',
      'ssl.keystore.password': server.tls?.password ?? ''
    }
    await writesAndReads(at('SSL', own), 'mutual')
  })

  it('does not talk to a broker whose certificate is not trusted', async () => {
    const error = await refusal(at('SSL'))
    assert.equal(error.code, 'KAFKA_TLS')
    assert.equal(isRetriable(error), false)
    assert.match(String(error.hint), /ssl\.truststore/)
  })

  it('hints at security.protocol when it is not that of the listener', async () => {
    const plain = { ...at('SASL_PLAINTEXT'), 'security.protocol': 'PLAINTEXT' }
    const error = await refusal(plain)
    assert.equal(error.code, 'KAFKA_UNREACHABLE')
    assert.match(String(error.hint), /security\.protocol/)
  })
})

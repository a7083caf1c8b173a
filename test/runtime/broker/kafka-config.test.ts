import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ConnectError, isRetriable } from '../../../runtime/api/errors.ts'
import { readClientConfig } from '../../../runtime/broker/kafka/client-config.ts'
import { openKafkaBroker } from '../../../runtime/broker/kafka/kafka-broker.ts'
import { freePort } from '../../support/guarded-process.ts'

const servers = { 'bootstrap.servers': 'a:9092, [::1]:9093,SSL://b.example:9094' }
const jaas = (options: string) =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`

const rejected = (config: Record<string, string>, ...words: string[]) =>
  assert.rejects(readClientConfig(config), (error) => {
    assert.ok(error instanceof ConnectError)
    assert.match(error.code, /^INVALID_(KAFKA|TLS)_CONFIG$/)
    assert.equal(error.retriable, false)
    for (const word of words) assert.ok(`${error.message} ${error.hint}`.includes(word), word)
    assert.ok(!/hush/.test(`${error.message} ${error.hint}`))
    return true
  })

describe('kafka client config', () => {
  it('takes several servers, with IPv6 addresses and listener prefixes', async () => {
    const { servers: read, ssl, sasl } = await readClientConfig(servers)
    assert.deepEqual(read, [
      { host: 'a', port: 9092 },
      { host: '::1', port: 9093 },
      { host: 'b.example', port: 9094 }
    ])
    assert.equal(ssl, null)
    assert.equal(sasl, null)
  })

  it('reads user and password from sasl.jaas.config, quoted with escapes or bare', async () => {
    const config = { ...servers, 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }
    const read = async (options: string) =>
      (await readClientConfig({ ...config, 'sasl.jaas.config': jaas(options) })).sasl
    const expected = { mechanism: 'plain', username: 'u', password: 'p"w;=x' }
    assert.deepEqual(await read('username="u" password="p\\"w;=x"'), expected)
    assert.deepEqual(await read(`username='u' password='p"w;=x'`), expected)
    assert.deepEqual(await read('username=u password=bare'), { ...expected, password: 'bare' })
  })

  it('rejects what it cannot do, naming the key and the way out', async () => {
    await rejected({}, 'bootstrap.servers')
    await rejected({ 'bootstrap.servers': 'localhost' }, 'localhost', 'host:port')
    await rejected({ ...servers, 'security.protocol': 'TLS' }, 'security.protocol', 'SASL_SSL')
    await rejected({ ...servers, 'compression.type': 'lz4' }, 'compression.type', 'zstd')
    await rejected({ ...servers, acks: '1' }, 'acks')
    await rejected({ ...servers, 'isolation.level': 'read_uncommitted' }, 'read_committed')
    await rejected({ ...servers, 'request.timeout.ms': '3s' }, 'request.timeout.ms')
    const sasl = { ...servers, 'security.protocol': 'SASL_PLAINTEXT' }
    await rejected(sasl, 'GSSAPI', 'SCRAM-SHA-512')
    const half = { ...sasl, 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': jaas('password="hush"') }
    await rejected(half, 'username')
  })

  it('takes PEM from a file whatever its type, and explains how to convert a Java key store', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'store')
    const config = { ...servers, 'security.protocol': 'SSL', 'ssl.truststore.location': file }
    writeFileSync(file, Buffer.from([0xfe, 0xed, 0xfe, 0xed]))
    await rejected(config, 'ssl.truststore.location', 'keytool -importkeystore')
    writeFileSync(file, `some text\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    assert.equal((await readClientConfig(config)).ssl?.ca, pem)
    const inline = { ...servers, 'security.protocol': 'SSL' }
    const joined = '-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----'
    const read = await readClientConfig({ ...inline, 'ssl.truststore.certificates': joined })
    assert.equal(read.ssl?.ca, pem)
    await rejected({ ...config, 'ssl.truststore.location': join(folder, 'none') }, 'none')
  })

  it('names the servers, the cause and what to check when none answers', async () => {
    const ports = [await freePort(), await freePort()]
    const names = ports.map((port) => `127.0.0.1:${port}`)
    await assert.rejects(openKafkaBroker({ 'bootstrap.servers': names.join(',') }), (error) => {
      assert.ok(error instanceof ConnectError && isRetriable(error))
      assert.equal(error.code, 'KAFKA_UNREACHABLE')
      for (const name of names) assert.ok(error.message.includes(name))
      assert.match(String(error.cause), /ECONNREFUSED/)
      assert.match(String(error.hint), /advertised\.listeners/)
      return true
    })
  })
})

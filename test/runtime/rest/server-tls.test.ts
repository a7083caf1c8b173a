import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { ConnectError } from '../../../runtime/api/errors.ts'
import { readForwardTls } from '../../../runtime/rest/server-tls.ts'
import { createCertificate, type TestCertificate, textOf } from '../../support/certificates.ts'
import { startTestServer } from '../../support/rest-server.ts'

let folder: string
let own: TestCertificate
let caller: TestCertificate

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-rest-tls-'))
  own = createCertificate(folder, 'server')
  caller = createCertificate(folder, 'caller')
})
after(() => rmSync(folder, { recursive: true }))

const listeners = { listeners: 'https://127.0.0.1:0' }

const pkcs12 = () => ({
  'listeners.https.ssl.keystore.type': 'PKCS12',
  'listeners.https.ssl.keystore.location': own.keystore,
  'listeners.https.ssl.keystore.password': own.password
})

async function get(port: number, options: ConnectionOptions = {}): Promise<string> {
  const asked = request({
    host: '127.0.0.1',
    port,
    agent: false,
    ca: textOf(own.certificate),
    ...options
  })
  asked.end()
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    asked.once('response', resolve)
    asked.once('error', reject)
  })
  return text(response)
}

async function refusal(keys: Record<string, string>): Promise<ConnectError> {
  try {
    await using _rest = await startTestServer({ keys: { ...listeners, ...keys } })
  } catch (error) {
    assert.ok(error instanceof ConnectError)
    assert.equal(error.code, 'INVALID_TLS_CONFIG')
    return error
  }
  throw new assert.AssertionError({ message: 'the server started' })
}

describe('the REST API over TLS', () => {
  it('takes PEM inline, PEM files and PKCS12 files', async () => {
    const inline = {
      'ssl.keystore.certificate.chain': textOf(own.certificate),
      'ssl.keystore.key': textOf(own.key).replaceAll('\n', ' ')
    }
    const both = join(folder, 'both.pem')
    writeFileSync(both, textOf(own.certificate) + textOf(own.key))
    for (const keys of [inline, { 'ssl.keystore.location': both }, pkcs12()]) {
      await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
      assert.match(await get(rest.port), /"base":"https:\/\/127\.0\.0\.1:\d+"/)
      assert.match(rest.server.advertised.url, /^https:/)
    }
  })

  it('counts no plain ssl key where one has the prefix of the listeners', async () => {
    const keys = { ...pkcs12(), 'ssl.client.auth': 'required' }
    await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
    assert.match(await get(rest.port), /"method":"GET"/)
  })

  for (const store of ['truststore', 'certificate'] as const) {
    it(`lets in only who has a certificate of the ${store}, where it is required`, async () => {
      const keys = {
        ...pkcs12(),
        'listeners.https.ssl.client.auth': 'required',
        'listeners.https.ssl.truststore.location': caller[store],
        'listeners.https.ssl.truststore.password': caller.password
      }
      await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
      const shown = { cert: textOf(caller.certificate), key: textOf(caller.key) }
      assert.match(await get(rest.port, shown), /"method":"GET"/)
      await assert.rejects(get(rest.port))
      const other = { cert: textOf(own.certificate), key: textOf(own.key) }
      await assert.rejects(get(rest.port, other))
    })
  }

  it('lets in who shows no certificate where one is requested, but not who shows another', async () => {
    const keys = {
      ...pkcs12(),
      'listeners.https.ssl.client.auth': 'requested',
      'listeners.https.ssl.truststore.certificates': textOf(caller.certificate)
    }
    await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
    assert.match(await get(rest.port), /"method":"GET"/)
    const other = { cert: textOf(own.certificate), key: textOf(own.key) }
    await assert.rejects(get(rest.port, other))
  })

  it('is reached by other workers with the keys of their own listeners', async () => {
    const keys = {
      ...pkcs12(),
      'listeners.https.ssl.client.auth': 'required',
      'listeners.https.ssl.truststore.location': own.truststore,
      'listeners.https.ssl.truststore.password': own.password
    }
    await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
    const { ca, ...tls } = await readForwardTls(keys)
    assert.match(await get(rest.port, { ...tls, ...(ca && { ca }) }), /"method":"GET"/)
    const stranger = await readForwardTls({ 'ssl.truststore.location': caller.certificate })
    await assert.rejects(get(rest.port, { ca: stranger.ca ?? '' }))
  })

  it('speaks only the protocols that are enabled', async () => {
    const keys = { ...pkcs12(), 'listeners.https.ssl.enabled.protocols': 'TLSv1.3' }
    await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
    assert.match(await get(rest.port, { minVersion: 'TLSv1.3' }), /"method":"GET"/)
    await assert.rejects(get(rest.port, { maxVersion: 'TLSv1.2' }))
  })

  it('knows the ciphers by the names of Java', async () => {
    const name = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
    const keys = { ...pkcs12(), 'listeners.https.ssl.cipher.suites': name }
    await using rest = await startTestServer({ keys: { ...listeners, ...keys } })
    assert.match(await get(rest.port, { maxVersion: 'TLSv1.2' }), /"method":"GET"/)
    const unknown = await refusal({ ...keys, 'listeners.https.ssl.cipher.suites': 'TLS_NULL' })
    assert.match(unknown.message, /listeners\.https\.ssl\.cipher\.suites has TLS_NULL/)
  })

  it('says which key is wrong and what to do, before it listens', async () => {
    assert.match((await refusal({})).hint ?? '', /listeners\.https\.ssl\.keystore\.location/)
    const wrong = { ...pkcs12(), 'listeners.https.ssl.keystore.password': 'hush-hush' }
    const password = await refusal(wrong)
    assert.match(password.message, /listeners\.https\.ssl\.keystore\./)
    assert.doesNotMatch(`${password.message}${password.hint}`, /hush-hush/)
    const jks = join(folder, 'store.jks')
    writeFileSync(jks, Buffer.from('feedfeed00000002', 'hex'))
    const converted = await refusal({ 'ssl.keystore.location': jks })
    assert.match(converted.hint ?? '', /keytool -importkeystore -srckeystore/)
    const trust = {
      ...pkcs12(),
      'listeners.https.ssl.client.auth': 'required',
      'listeners.https.ssl.truststore.location': caller.truststore,
      'listeners.https.ssl.truststore.password': 'another'
    }
    assert.match((await refusal(trust)).hint ?? '', /ssl\.truststore\.password/)
    const old = { ...pkcs12(), 'listeners.https.ssl.enabled.protocols': 'TLSv1.1' }
    assert.match((await refusal(old)).hint ?? '', /TLSv1\.2 or TLSv1\.3/)
  })
})

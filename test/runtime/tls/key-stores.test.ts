import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConnectError } from '../../../runtime/api/errors.ts'
import { readKeyStores } from '../../../runtime/tls/key-stores.ts'
import { createCertificate, type TestCertificate, textOf } from '../../support/certificates.ts'
import { Random } from '../../support/random.ts'

let folder: string
let made: TestCertificate

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-stores-'))
  made = createCertificate(folder, 'trusted')
})
after(() => rmSync(folder, { recursive: true }))

const trusts = (location: string, password = made.password) =>
  readKeyStores({ 'ssl.truststore.location': location, 'ssl.truststore.password': password })

describe('key stores and trust stores', () => {
  it('give the certificates of a PKCS12 file, with a key in it or without', async () => {
    const expected = new X509Certificate(textOf(made.certificate)).fingerprint256
    for (const file of [made.truststore, made.keystore]) {
      const { ca } = await trusts(file)
      assert.equal(new X509Certificate(String(ca)).fingerprint256, expected)
    }
  })

  it('say that the password is another, without telling either', async () => {
    await assert.rejects(trusts(made.truststore, 'hush-hush'), (error) => {
      assert.ok(error instanceof ConnectError)
      assert.match(String(error.hint), /ssl\.truststore\.password/)
      assert.doesNotMatch(`${error.message} ${error.hint}`, /hush-hush|store-password/)
      return true
    })
  })

  it('refuse a damaged file with a reason, wherever the damage is', async () => {
    const whole = readFileSync(made.truststore)
    const random = new Random(12)
    const file = join(folder, 'damaged.p12')
    for (let n = 0; n < 300; n++) {
      const bytes = Buffer.from(whole.subarray(0, n < 150 ? random.below(whole.length) : undefined))
      for (let flips = random.below(4); flips > 0 && bytes.length > 0; flips--) {
        // The first bytes say that it is PKCS12 at all.
        const at = Math.min(bytes.length - 1, 8 + random.below(bytes.length))
        bytes[at] = random.below(256)
      }
      writeFileSync(file, bytes)
      try {
        await trusts(file)
      } catch (error) {
        assert.ok(error instanceof ConnectError, String(error))
        assert.equal(error.code, 'INVALID_TLS_CONFIG')
      }
    }
  })
})

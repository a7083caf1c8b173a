import assert from 'node:assert/strict'
import { createPrivateKey, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { signEd25519 } from '../../connectors/mysql/login-ed25519.ts'
import { Random } from '../support/random.ts'

/** What stands before the 32 bytes of a key: RFC 8410, section 7. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

describe('the signature of the login ed25519', () => {
  it('is that of Ed25519 where a password is as long as a key of it', () => {
    const random = new Random(25519)
    const bytes = (count: number, most: number) =>
      Buffer.from(Array.from({ length: count }, () => random.below(most)))
    for (let round = 0; round < 50; round++) {
      const password = bytes(32, 128)
      const key = createPrivateKey({
        key: Buffer.concat([PKCS8, password]),
        format: 'der',
        type: 'pkcs8'
      })
      const message = bytes(32, 256)
      const own = signEd25519(password.toString('latin1'), message)
      assert.deepEqual(own, sign(null, message, key))
    }
  })
})

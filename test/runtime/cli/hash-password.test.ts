import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  parsePasswordHash,
  parseTokenHash,
  tokenDigest,
  verifyPassword
} from '../../../runtime/config/credential-hash.ts'
import { millrace } from './millrace.ts'

async function hashOf(input: string) {
  const { out, err } = await millrace(['hash-password'], { input })
  return { out: out.trim(), err }
}

describe('millrace hash-password', () => {
  it('prints a hash of the password on standard input, another each time', async () => {
    const [first, second] = await Promise.all([hashOf('pass wörd\n'), hashOf('pass wörd')])
    assert.notEqual(first.out, second.out)
    for (const { out } of [first, second]) {
      assert.equal(await verifyPassword('pass wörd', parsePasswordHash(out)), true)
      assert.equal(await verifyPassword('pass word', parsePasswordHash(out)), false)
    }
  })

  it('refuses an empty password and one of several lines', async () => {
    assert.match((await hashOf('')).err, /empty/)
    const { err } = await hashOf('one\ntwo\n')
    assert.match(err, /more than one line/)
    assert.doesNotMatch(err, /two/)
  })

  it('makes a token with its hash', async () => {
    const { out } = await millrace(['hash-password', '--token', '--json'])
    const { token, hash } = JSON.parse(out)
    assert.match(token, /^mr_[\w-]{43}$/)
    assert.deepEqual(parseTokenHash(hash), tokenDigest(token))
  })
})

describe('hashes of passwords and tokens', () => {
  it('are refused when they are cut short, too dear, or something else', () => {
    const salt = 'c2FsdHNhbHRzYWx0'
    const key = 'a2V5a2V5a2V5a2V5a2V5a2V5a2V5'
    const cases = [
      ['hunter2', /millrace hash-password/],
      [`scrypt:16384:8:1:${salt}`, /millrace hash-password/],
      [`scrypt:16384:8:1:c2Fs:${key}`, /cut short/],
      [`scrypt:1000:8:1:${salt}:${key}`, /parameters/],
      [`scrypt:1048576:8:16:${salt}:${key}`, /at most/]
    ] as const
    for (const [text, reason] of cases) assert.throws(() => parsePasswordHash(text), reason)
    assert.equal(parsePasswordHash(`scrypt:16384:8:1:${salt}:${key}`).cost, 16_384)
    for (const text of ['', 'sha256:12', 'a'.repeat(63)]) {
      assert.throws(() => parseTokenHash(text), /--token/)
    }
  })
})

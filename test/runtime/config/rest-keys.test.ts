import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashPassword, hashToken } from '../../../runtime/config/credential-hash.ts'
import { parseListener, parseListeners } from '../../../runtime/config/listener.ts'
import { Redactor, redactConfig } from '../../../runtime/config/redact.ts'
import { References } from '../../../runtime/config/references.ts'
import { validateWorker } from '../../../runtime/config/validate-worker.ts'
import { workerKeys } from '../../../runtime/config/worker-keys.ts'

const start = { line: 1, column: 1 }

async function problemsOf(config: Readonly<Record<string, string>>): Promise<string[]> {
  const references = new References({ env: { TOKEN: 'a-token-of-the-environment' }, cwd: '.' })
  const worker = { file: 'worker.yaml', config, start, locate: () => start }
  const { problems } = await validateWorker(worker, { references })
  return problems.map(({ message, suggestion }) => `${message}: ${suggestion}`)
}

const NAME = 'rest.auth.users.ann'

describe('keys of the REST API', () => {
  it('name listeners by protocol, host and port', () => {
    assert.deepEqual(parseListeners('http://:8083, HTTPS://[::1]:0,http://a-b.c:1'), [
      { protocol: 'http', host: '', port: 8083 },
      { protocol: 'https', host: '::1', port: 0 },
      { protocol: 'http', host: 'a-b.c', port: 1 }
    ])
    for (const wrong of ['8083', 'http://:99999', 'http://a b:1', 'http://a', 'http://a:1/path']) {
      assert.throws(() => parseListener(wrong), /protocol:\/\/host:port/)
    }
    assert.throws(() => parseListener('PLAINTEXT://:8083'), /http:\/\/ or https:\/\//)
  })

  it('are found wrong all at once, with what to write', async () => {
    const problems = await problemsOf({
      listeners: 'http//:8083',
      'admin.listeners': 'nowhere',
      'response.http.headers.config': 'X-Frame-Options: DENY',
      'rest.request.max.bytes': '1',
      [`${NAME}.role`]: 'root',
      'rest.auth.users.bob.password.hash': 'hunter2',
      'rest.auth.tokens.ci.token': 'short',
      'rest.auth.tokens.other.token': 'a token with blanks',
      'rest.auth.open.paths': 'health'
    })
    const expected = [
      /^listeners must be protocol:\/\/host:port.*http:\/\/127\.0\.0\.1:8083/,
      /^admin\.listeners must be/,
      /^response\.http\.headers\.config must be rules.*set X-Frame-Options: DENY/,
      /^rest\.request\.max\.bytes must be at least 1024/,
      /^rest\.auth\.users\.ann\.role must be one of read, operate, admin/,
      /^rest\.auth\.users\.ann\.password\.hash is missing: .*millrace hash-password/,
      /^rest\.auth\.users\.bob\.password\.hash must be a hash made by/,
      /^rest\.auth\.tokens\.ci\.token must have 16 characters/,
      /^rest\.auth\.tokens\.other\.token must have letters/,
      /^rest\.auth\.open\.paths must be paths/
    ]
    for (const pattern of expected) {
      assert.ok(
        problems.some((problem) => pattern.test(problem)),
        `${pattern}\n${problems.join('\n')}`
      )
    }
    assert.equal(problems.length, expected.length)
    assert.doesNotMatch(problems.join(), /hunter2|short|blanks/)
  })

  it('are right as the commands print them, and as references', async () => {
    const problems = await problemsOf({
      [`${NAME}.password.hash`]: await hashPassword('x'),
      [`${NAME}.role`]: 'admin',
      'rest.auth.users.a.b@c.password.hash': await hashPassword('y'),
      'rest.auth.tokens.ci.hash': hashToken('z'),
      'rest.auth.tokens.other.token': '${env:TOKEN}',
      'admin.listeners': '',
      'admin.listeners.https.ssl.keystore.location': 'x.pem',
      'listeners.https.ssl.client.auth': 'none'
    })
    assert.deepEqual(problems, [])
  })

  it('keep hashes and tokens secret, but not roles', () => {
    const keys = {
      [`${NAME}.password.hash`]: 'scrypt:1',
      'rest.auth.tokens.ci.hash': 'sha256:1',
      'rest.auth.tokens.ci.role': 'operate'
    }
    assert.deepEqual(Object.values(redactConfig(keys, workerKeys)), [
      '********',
      '********',
      'operate'
    ])
    const redactor = new Redactor()
    redactor.addConfig(keys, workerKeys)
    assert.equal(redactor.text('they operate scrypt:1'), 'they operate ********')
  })
})

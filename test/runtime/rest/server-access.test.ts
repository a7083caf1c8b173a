import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { ConnectError } from '../../../runtime/api/errors.ts'
import { hashPassword, hashToken, newToken } from '../../../runtime/config/credential-hash.ts'
import type { Role } from '../../../runtime/rest/http.ts'
import { startTestServer } from '../../support/rest-server.ts'

const token = newToken()
let keys: Record<string, string>

before(async () => {
  keys = {
    'rest.auth.users.ann.password.hash': await hashPassword('käse: & Brot'),
    'rest.auth.users.ann.role': 'admin',
    'rest.auth.users.bob.b.password.hash': await hashPassword('bob-password'),
    'rest.auth.users.bob.b.role': 'operate',
    'rest.auth.tokens.ci.hash': hashToken(token)
  }
})

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const logins: Readonly<Record<Role, string>> = {
  read: `Bearer ${token}`,
  operate: basic('bob.b', 'bob-password'),
  admin: basic('ann', 'käse: & Brot')
}

const ask = (url: string, login: string | null, init: RequestInit = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, ...(login && { authorization: login }) } })

/** What the role of a caller must at least be. */
const CASES: readonly (readonly [need: Role, method: string, path: string])[] = [
  ['read', 'GET', '/'],
  ['read', 'GET', '/connectors?expand=info'],
  ['read', 'HEAD', '/connectors/a/config'],
  ['read', 'GET', '/metrics'],
  ['admin', 'PUT', '/connector-plugins/file/config/validate'],
  ['operate', 'PUT', '/connectors/a/pause'],
  ['operate', 'PUT', '/connectors/a%2Fb/resume/'],
  ['operate', 'PUT', '/connectors/a/stop'],
  ['operate', 'POST', '/connectors/a/restart?includeTasks=true'],
  ['operate', 'POST', '/connectors/a/tasks/0/restart'],
  ['operate', 'PUT', '/connectors/a/topics/reset'],
  ['operate', 'PATCH', '/connectors/a/offsets'],
  ['operate', 'DELETE', '/connectors/a/offsets'],
  ['admin', 'POST', '/connectors'],
  ['admin', 'PUT', '/connectors/a/config'],
  ['admin', 'PATCH', '/connectors/a/config'],
  ['admin', 'DELETE', '/connectors/a'],
  ['admin', 'PUT', '/admin/loggers/root'],
  ['admin', 'PUT', '/connectors/a/%70ause'],
  ['admin', 'PUT', '//connectors/a/pause'],
  ['admin', 'POST', '/health']
]

describe('logins of the REST API', () => {
  it('are not needed when none is declared', async () => {
    await using rest = await startTestServer()
    const answer = await ask(rest.url, null, { method: 'DELETE' })
    assert.match(await answer.text(), /"principal":null/)
  })

  it('are asked for with the schemes that there are', async () => {
    await using rest = await startTestServer({ keys })
    const answer = await ask(`${rest.url}/connectors`, null)
    assert.equal(answer.status, 401)
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic realm="millrace".*, Bearer/)
    assert.equal(JSON.parse(await answer.text()).error_code, 401)
  })

  it('let each role do what is its own, and nothing more', async () => {
    await using rest = await startTestServer({ keys })
    const roles = ['read', 'operate', 'admin'] as const
    for (const [need, method, path] of CASES) {
      for (const role of roles) {
        const allowed = roles.indexOf(role) >= roles.indexOf(need)
        const { status } = await ask(rest.url + path, logins[role], { method })
        assert.equal(status, allowed ? 200 : 403, `${role} ${method} ${path}`)
      }
    }
  })

  it('tell the handler who asks', async () => {
    await using rest = await startTestServer({ keys })
    const answer = await ask(rest.url, logins.operate)
    assert.match(await answer.text(), /"principal":\{"name":"bob.b","role":"operate"\}/)
  })

  it('are not needed for open paths and for signed requests of other workers', async () => {
    await using rest = await startTestServer({ keys })
    const open = [
      ['GET', '/health'],
      ['GET', '/livez/'],
      ['POST', '/connectors/a/tasks'],
      ['PUT', '/connectors/a/fence?forward=true']
    ] as const
    for (const [method, path] of open) {
      const answer = await ask(rest.url + path, null, { method })
      assert.match(await answer.text(), /"principal":null/, path)
    }
    await using closed = await startTestServer({ keys: { ...keys, 'rest.auth.open.paths': '' } })
    assert.equal((await ask(`${closed.url}/health`, null)).status, 401)
  })

  it('are refused when they are wrong, and slowed down, but not those that are known', async () => {
    await using rest = await startTestServer({ keys })
    assert.equal((await ask(rest.url, logins.admin)).status, 200)
    const wrong = [
      basic('ann', 'wrong-guess'),
      basic('nobody', 'käse: & Brot'),
      'Basic !!!',
      'Basic',
      'Digest x',
      `Bearer ${newToken()}`,
      `Basic ${token}`
    ]
    for (const login of wrong) assert.equal((await ask(rest.url, login)).status, 401, login)
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask(rest.url, basic('ann', `wrong-guess-${n}`)))
    )
    const late = guesses.filter(({ status }) => status === 429)
    assert.ok(late.length > 0)
    assert.ok(guesses.every(({ status }) => status === 401 || status === 429))
    assert.match(late[0]?.headers.get('retry-after') ?? '', /^\d+$/)
    assert.equal((await ask(rest.url, logins.admin)).status, 200)
    assert.doesNotMatch(JSON.stringify(rest.lines), /wrong-guess|nobody/)
  })

  it('are not read from a body that is too large or from a caller without leave', async () => {
    await using rest = await startTestServer({ keys })
    const body = 'x'.repeat(3_000_000)
    assert.equal((await ask(rest.url, null, { method: 'POST', body })).status, 401)
    assert.equal((await ask(rest.url, logins.read, { method: 'POST', body })).status, 403)
  })

  it('are checked once when many requests bring the same one', async () => {
    await using rest = await startTestServer({ keys })
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(rest.url, logins.admin)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  })

  it('that lack a part stop the worker from starting', async () => {
    const half = { 'rest.auth.users.eve.role': 'admin' }
    await assert.rejects(startTestServer({ keys: half }), (error) => {
      assert.ok(error instanceof ConnectError)
      assert.match(error.message, /rest\.auth\.users\.eve\.password\.hash is missing/)
      assert.match(String(error.hint), /millrace hash-password/)
      return true
    })
  })
})

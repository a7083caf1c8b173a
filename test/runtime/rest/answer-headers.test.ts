import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseHeaderRules } from '../../../runtime/config/response-headers.ts'
import { answerHeaders } from '../../../runtime/rest/answer-headers.ts'
import { startTestServer } from '../../support/rest-server.ts'

const page = 'https://console.example.com'
const cors = {
  'access.control.allow.origin': `${page},http://*.local`,
  'access.control.allow.methods': 'GET,PUT'
}
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'PUT' }
})

describe('headers of answers', () => {
  it('follow the rules of response.http.headers.config', () => {
    const rules = parseHeaderRules(
      'set X-Frame-Options: DENY, "add Cache-Control: no-cache, private",setDate Expires:1000,ADD X-A:1'
    )
    assert.deepEqual(answerHeaders({ 'Content-Type': 'text/plain' }, rules, 0), {
      'Cache-Control': ['no-store', 'no-cache, private'],
      'X-Content-Type-Options': 'nosniff',
      'Content-Type': 'text/plain',
      'X-Frame-Options': 'DENY',
      Expires: 'Thu, 01 Jan 1970 00:00:01 GMT',
      'X-A': '1'
    })
  })

  it('are refused when they are no rules', () => {
    const wrong = [
      'put X: 1',
      'set X',
      'set X Y: 1',
      'setDate X: soon',
      '"set X: 1',
      'set X: a\u0000'
    ]
    for (const text of wrong) assert.throws(() => parseHeaderRules(text), text)
    assert.deepEqual(parseHeaderRules(' , '), [])
  })

  it('let pages of allowed origins in, without a login for the question', async () => {
    const login = { 'rest.auth.tokens.ci.token': 'a-token-of-some-length' }
    await using rest = await startTestServer({ keys: { ...cors, ...login } })
    for (const origin of [page, 'http://a.b.local']) {
      const asked = await fetch(`${rest.url}/connectors/a/config`, preflight(origin))
      assert.equal(asked.status, 204)
      assert.equal(asked.headers.get('access-control-allow-origin'), origin)
      assert.equal(asked.headers.get('access-control-allow-methods'), 'GET, PUT')
      assert.match(asked.headers.get('access-control-allow-headers') ?? '', /Authorization/)
      const refused = await fetch(rest.url, { headers: { origin } })
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('access-control-allow-origin'), origin)
    }
    for (const origin of ['https://evil.example.com', 'http://local', `${page}.evil.com`]) {
      const asked = await fetch(rest.url, preflight(origin))
      assert.equal(asked.headers.get('access-control-allow-origin'), null)
    }
  })

  it('say nothing of origins when no key does', async () => {
    await using rest = await startTestServer()
    const asked = await fetch(rest.url, preflight(page))
    assert.equal(asked.headers.get('access-control-allow-origin'), null)
    assert.match(await asked.text(), /"method":"OPTIONS"/)
  })

  it('keep pages of other sites from changing anything', async () => {
    await using rest = await startTestServer({ keys: cors })
    const change = (origin: string, site: string) =>
      fetch(rest.url, { method: 'POST', headers: { origin, 'sec-fetch-site': site } })
    assert.equal((await change('https://evil.example.com', 'cross-site')).status, 403)
    assert.equal((await change(page, 'cross-site')).status, 200)
    assert.equal((await change('http://worker:8083', 'same-origin')).status, 200)
  })
})

describe('admin.listeners', () => {
  it('serve /admin and nothing else, and the others no /admin', async () => {
    await using rest = await startTestServer({ keys: { 'admin.listeners': 'http://127.0.0.1:0' } })
    const admin = `http://127.0.0.1:${rest.server.addresses[1]?.port}`
    const statusOf = async (url: string) => (await fetch(url)).status
    assert.equal(await statusOf(`${admin}/admin/loggers`), 200)
    assert.equal(await statusOf(`${admin}/connectors`), 404)
    assert.equal(await statusOf(`${rest.url}/connectors`), 200)
    for (const path of ['/admin', '/admin/loggers', '/%61dmin/loggers', '/admin;x=1/loggers']) {
      assert.equal(await statusOf(rest.url + path), 404, path)
    }
    assert.equal(rest.server.advertised.port, rest.port)
  })

  it('turn /admin off when they are empty', async () => {
    await using rest = await startTestServer({ keys: { 'admin.listeners': '' } })
    assert.equal((await fetch(`${rest.url}/admin/loggers`)).status, 404)
    assert.equal((await fetch(`${rest.url}/connectors`)).status, 200)
  })
})

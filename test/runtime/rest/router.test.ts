import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { empty, json } from '../../../runtime/rest/answers.ts'
import { connectorPath } from '../../../runtime/rest/request-path.ts'
import { connectorRoute, flag, route, taskRoute } from '../../../runtime/rest/route.ts'
import { Router } from '../../../runtime/rest/router.ts'
import { restRequest } from './rest-request.ts'

const doc = { summary: 'Test.', tag: 'connectors', answers: { 200: null } } as const
const withBody = { ...doc, body: 'Config' }
const router = new Router([
  { ...route('GET', '/', doc, () => json(200, 'root')), json: false },
  route('GET', '/connectors', doc, () => json(200, [])),
  route('POST', '/connectors', withBody, () => json(201, {})),
  connectorRoute('GET', '/connectors/{connector}', doc, (name) => json(200, name)),
  connectorRoute('DELETE', '/connectors/{connector}', doc, () => empty(204)),
  connectorRoute('PUT', '/connectors/{connector}/pause', doc, () => empty(202)),
  connectorRoute('GET', '/connectors/{connector}/config', doc, () => json(200, {})),
  connectorRoute('PUT', '/connectors/{connector}/config', withBody, () => json(200, {})),
  connectorRoute('PATCH', '/connectors/{connector}/config', withBody, () => json(200, {})),
  taskRoute('GET', '/connectors/{connector}/tasks/{task}/status', doc, (name, task) =>
    json(200, { name, task })
  )
])

async function ask(method: string, target: string, given: Parameters<typeof restRequest>[2] = {}) {
  const { status, headers, body } = await router.handle(restRequest(method, target, given))
  return { status, type: headers['content-type'], body: typeof body === 'string' ? body : null }
}

const JSON_TYPE = 'application/json'
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }

describe('a path', () => {
  it('may end with a slash and have matrix parameters', async () => {
    for (const path of [
      '/connectors/src',
      '/connectors/src/',
      '/connectors/src;v=1',
      '/connectors;a/src/'
    ]) {
      assert.equal((await ask('GET', path)).body, '"src"', path)
    }
    assert.equal((await ask('GET', '/')).body, '"root"')
    assert.equal((await ask('GET', '/connectors/')).body, '[]')
  })

  it('names every connector there can be', async () => {
    for (const name of [
      'a/b',
      'a%b',
      'a\\b',
      'a;b',
      'a?b',
      'näme 日本',
      '..',
      '.',
      '<b>&x',
      'a+b'
    ]) {
      const path = `/connectors/${encodeURIComponent(name)}`
      assert.equal((await ask('GET', path)).body, JSON.stringify(name))
      if (!name.includes(';')) {
        assert.equal((await ask('GET', connectorPath(name))).body, JSON.stringify(name))
      }
    }
    assert.equal((await ask('GET', '/connectors/%73rc+x')).body, '"src+x"')
    assert.equal((await ask('GET', '/connectors/..')).body, '".."')
  })

  it('is refused when it cannot be read', async () => {
    const cases = [
      '//connectors',
      '/connectors//src',
      '/connectors//',
      '/connectors/a%00b',
      '/x%0a'
    ]
    for (const path of [...cases, '/connectors/%C3%28', '/connectors/%zz', '/%', 'connectors']) {
      await assert.rejects(ask('GET', path), { name: 'RequestError', status: 400 }, path)
    }
  })

  it('counts letter by letter, and knows no other than those of routes', async () => {
    for (const path of ['/Connectors', '/nope', '/connectors/a/b', '/connectors/src/nope/']) {
      const answer = await ask('GET', path)
      assert.deepEqual(answer, {
        status: 404,
        type: undefined,
        body: '{"error_code":404,"message":"HTTP 404 Not Found"}'
      })
    }
  })

  it('has task numbers as Java reads them', async () => {
    const task = async (text: string) => await ask('GET', `/connectors/src/tasks/${text}/status`)
    assert.equal((await task('00')).body, '{"name":"src","task":0}')
    assert.equal((await task('+7')).body, '{"name":"src","task":7}')
    assert.equal((await task('-1')).body, '{"name":"src","task":-1}')
    for (const text of ['x', '1x', '99999999999', '%20', '1.0', '0x1']) {
      assert.deepEqual(await task(text), {
        status: 404,
        type: JSON_TYPE,
        body: '{"error_code":404,"message":"HTTP 404 Not Found"}'
      })
    }
  })
})

describe('a method', () => {
  it('that the path does not have is a 405', async () => {
    for (const [method, path] of [
      ['PUT', '/connectors'],
      ['BREW', '/connectors'],
      ['TRACE', '/connectors'],
      ['HEAD', '/connectors/src/pause'],
      ['POST', '/connectors/src/tasks/x/status']
    ] as const) {
      assert.deepEqual(await ask(method, path), {
        status: 405,
        type: undefined,
        body: '{"error_code":405,"message":"HTTP 405 Method Not Allowed"}'
      })
    }
  })

  it('OPTIONS lists the others, in the order of Kafka Connect', async () => {
    const options = async (path: string) =>
      await router.handle(restRequest('OPTIONS', path, { headers: { accept: '*/*' } }))
    assert.deepEqual(await options('/connectors'), {
      status: 200,
      headers: { 'content-type': 'text/plain', allow: 'HEAD,POST,GET,OPTIONS' },
      body: 'HEAD, POST, GET, OPTIONS'
    })
    assert.equal((await options('/connectors/x')).body, 'HEAD, DELETE, GET, OPTIONS')
    assert.equal((await options('/connectors/x/pause')).body, 'OPTIONS, PUT')
  })
})

describe('media types', () => {
  it('of a body must be JSON, whatever the method', async () => {
    const unsupported = '{"error_code":415,"message":"HTTP 415 Unsupported Media Type"}'
    assert.deepEqual(await ask('POST', '/connectors', form), {
      status: 415,
      type: undefined,
      body: unsupported
    })
    assert.equal((await ask('PUT', '/connectors/a/pause', form)).status, 415)
    assert.equal((await ask('GET', '/', form)).status, 200)
    for (const type of ['application/vnd.api+json', 'application/merge-patch+json', 'nonsense']) {
      assert.equal(
        (await ask('POST', '/connectors', { headers: { 'content-type': type } })).status,
        415
      )
    }
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', '*/*']) {
      assert.equal(
        (await ask('POST', '/connectors', { headers: { 'content-type': type } })).status,
        201
      )
    }
    assert.deepEqual(await ask('POST', '/connectors', { body: '{}' }), {
      status: 415,
      type: JSON_TYPE,
      body: unsupported
    })
  })

  it('of an answer must be acceptable', async () => {
    const accept = async (value: string) =>
      (await ask('GET', '/connectors', { headers: { accept: value } })).status
    for (const value of ['text/plain', 'application/xml, text/*', 'application/json;q=0']) {
      assert.equal(await accept(value), 406, value)
    }
    for (const value of ['*/*', 'application/*', 'text/html,application/json;q=0.9', '']) {
      assert.equal(await accept(value), 200, value)
    }
  })
})

describe('a switch in the query', () => {
  it('is set by "true" in any case and by nothing else', () => {
    const value = (query: string) => flag(restRequest('GET', `/x?${query}`), 'on')
    assert.ok(value('on=TRUE') && value('on=true&on=false'))
    assert.ok(!value('on=1') && !value('on=') && !value('on=maybe') && !value('x=true'))
  })
})

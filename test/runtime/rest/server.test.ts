import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectError } from '../../../runtime/api/errors.ts'
import type { RestHandler } from '../../../runtime/rest/http.ts'
import { sendRaw } from '../../support/raw-http.ts'
import { echo, startTestServer } from '../../support/rest-server.ts'

const errorOf = async (answer: Response): Promise<{ error_code: number; message: string }> =>
  JSON.parse(await answer.text())

describe('the server of the REST API', () => {
  it('hands on method, path, query, body and where it was reached', async () => {
    await using rest = await startTestServer()
    const answer = await fetch(`${rest.url}/connectors/a%2Fb;v=1/?x=1&x=2`, {
      method: 'PUT',
      body: '{}'
    })
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), {
      method: 'PUT',
      path: '/connectors/a%2Fb;v=1/',
      query: [
        ['x', '1'],
        ['x', '2']
      ],
      bytes: 2,
      principal: null,
      base: rest.url
    })
  })

  it('says that the worker starts until it has a handler', async () => {
    await using rest = await startTestServer({ handler: null })
    const health = await fetch(`${rest.url}/health`)
    assert.equal(health.status, 503)
    assert.deepEqual(await health.json(), {
      status: 'starting',
      message: 'Worker is still starting up.'
    })
    assert.equal((await fetch(`${rest.url}/livez`)).status, 200)
    const other = await fetch(`${rest.url}/connectors`)
    assert.equal(other.status, 503)
    assert.equal(other.headers.get('retry-after'), '1')
    assert.equal((await errorOf(other)).error_code, 503)
    rest.server.setHandler(echo)
    assert.equal((await fetch(`${rest.url}/connectors`)).status, 200)
  })

  it('advertises the port that it got, and what the keys say instead', async () => {
    await using plain = await startTestServer()
    assert.deepEqual(plain.server.advertised, {
      host: '127.0.0.1',
      port: plain.port,
      url: plain.url
    })
    await using other = await startTestServer({
      keys: { 'rest.advertised.host.name': '::1', 'rest.advertised.port': '99' }
    })
    assert.deepEqual(other.server.advertised, { host: '::1', port: 99, url: 'http://[::1]:99' })
    await using nowhere = await startTestServer({ keys: { listeners: '' } })
    assert.deepEqual(nowhere.server.addresses, [])
    assert.equal(nowhere.server.advertised.port, 8083)
  })

  it('lets all listeners go and names the key when one port is taken', async () => {
    await using rest = await startTestServer()
    const both = `http://127.0.0.1:0,http://127.0.0.1:${rest.port}`
    await assert.rejects(startTestServer({ keys: { listeners: both } }), (error) => {
      assert.ok(error instanceof ConnectError)
      assert.equal(error.code, 'LISTENER_FAILED')
      assert.match(error.message, new RegExp(`http://127.0.0.1:${rest.port}`))
      assert.match(String(error.hint), /into listeners/)
      return true
    })
  })

  it('refuses bodies over the limit, whether their length is told or not', async () => {
    await using rest = await startTestServer({ keys: { 'rest.request.max.bytes': '2048' } })
    const post = (body: string) => fetch(`${rest.url}/connectors`, { method: 'POST', body })
    assert.equal((await post('x'.repeat(2048))).status, 200)
    const told = await post('x'.repeat(2_000_000))
    assert.equal(told.status, 413)
    assert.match((await errorOf(told)).message, /2048 bytes .*rest\.request\.max\.bytes/)
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`
    const { answers } = await sendRaw(rest.port, [head, chunk.repeat(2000), '0\r\n\r\n'])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [413]
    )
    assert.equal((await fetch(rest.url)).status, 200)
  })

  it('refuses compressed bodies', async () => {
    await using rest = await startTestServer()
    const headers = { 'Content-Encoding': 'gzip' }
    const answer = await fetch(rest.url, { method: 'POST', body: 'x', headers })
    assert.equal(answer.status, 415)
  })

  it('gives leave to send a body only when it would take it', async () => {
    await using rest = await startTestServer()
    const head = (bytes: number) =>
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`
    const taken = await sendRaw(rest.port, [head(2), '{}'])
    assert.deepEqual(
      taken.answers.map(({ status }) => status),
      [200]
    )
    const refused = await sendRaw(rest.port, [head(5_000_000)])
    assert.deepEqual(
      refused.answers.map(({ status }) => status),
      [413]
    )
    const other = 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n'
    assert.equal((await sendRaw(rest.port, [other])).answers[0]?.status, 417)
  })

  it('answers what is no request with a reason and ends the connection', async () => {
    await using rest = await startTestServer()
    const cases: readonly (readonly [text: string, status: number])[] = [
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      ['GET / HTTP/9.9\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['GET nothing HTTP/1.1\r\nHost: x\r\n\r\n', 400],
      ['OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
      ['BREW /connectors HTTP/1.1\r\nHost: x\r\n\r\n', 405],
      ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      [`GET /${'y'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
      ['POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
      [
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        400
      ]
    ]
    for (const [text, status] of cases) {
      const { answers, ended } = await sendRaw(rest.port, [Buffer.from(text, 'latin1')], {
        halfClose: true
      })
      const name = JSON.stringify(text.slice(0, 60))
      assert.ok(ended, name)
      assert.equal(answers.at(-1)?.status, status, name)
      assert.equal(JSON.parse(answers.at(-1)?.body ?? '').error_code, status, name)
    }
    assert.deepEqual(
      rest.lines.filter(({ level }) => level !== 'debug'),
      []
    )
  })

  it('answers requests that are sent together in their order, and what follows them', async () => {
    const slow: RestHandler = async (request) => {
      if (request.path === '/slow') await new Promise((resolve) => setTimeout(resolve, 50))
      return echo(request)
    }
    await using rest = await startTestServer({ handler: slow })
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    const { answers } = await sendRaw(rest.port, [
      `${get('/slow')}${get('/quick')}nonsense\r\n\r\n`
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 400]
    )
    assert.match(answers[0]?.body ?? '', /slow/)
  })

  it('ends requests that arrive too slowly', async () => {
    await using rest = await startTestServer({ limits: { headersMs: 200, readMs: 400 } })
    const head = await sendRaw(rest.port, ['GET / HTTP/1.1\r\nHost: x\r\n'])
    assert.equal(head.answers[0]?.status, 408)
    const body = await sendRaw(rest.port, [
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'
    ])
    assert.equal(body.answers[0]?.status, 408)
    assert.ok(head.ended && body.ended)
  })

  it('gives up on a handler that takes too long, tells it so, and survives one that throws', async () => {
    const aborted = Promise.withResolvers<void>()
    const handler: RestHandler = (request) => {
      if (request.path === '/fault') return Promise.reject(new Error('secret detail'))
      request.signal.addEventListener('abort', () => aborted.resolve())
      return new Promise(() => {})
    }
    await using rest = await startTestServer({ handler, limits: { answerMs: 50 } })
    const late = await fetch(`${rest.url}/late`)
    assert.equal(late.status, 500)
    assert.match((await errorOf(late)).message, /^Request timed out\./)
    await aborted.promise
    const fault = await fetch(`${rest.url}/fault`)
    assert.equal(fault.status, 500)
    assert.doesNotMatch((await errorOf(fault)).message, /secret detail/)
    assert.match(JSON.stringify(rest.lines), /secret detail/)
  })

  it('tells the handler when the caller goes away', async () => {
    const asked = Promise.withResolvers<void>()
    const aborted = Promise.withResolvers<void>()
    const handler: RestHandler = (request) => {
      request.signal.addEventListener('abort', () => aborted.resolve())
      asked.resolve()
      return new Promise(() => {})
    }
    await using rest = await startTestServer({ handler })
    const caller = new AbortController()
    const gone = fetch(rest.url, { signal: caller.signal }).catch(() => 'gone')
    await asked.promise
    caller.abort()
    assert.equal(await gone, 'gone')
    await aborted.promise
  })

  it('closes with the answers that are under way, and cuts them after its limit', async () => {
    const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const release = Promise.withResolvers<void>()
    const handler: RestHandler = async (request) => {
      const never = request.path === '/never'
      asked[never ? 1 : 0].resolve()
      await (never ? new Promise(() => {}) : release.promise)
      return echo(request)
    }
    const rest = await startTestServer({ handler })
    const answer = fetch(`${rest.url}/soon`)
    await asked[0].promise
    const closed = rest.server.close()
    release.resolve()
    assert.equal((await answer).headers.get('connection'), 'close')
    await closed
    await assert.rejects(fetch(rest.url))

    const other = await startTestServer({ handler })
    const cut = fetch(`${other.url}/never`)
    await asked[1].promise
    await Promise.all([assert.rejects(cut), other.server.close(10)])
  })
})

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { ForwardError } from '../../../runtime/herder/request-error.ts'
import { Forwarder } from '../../../runtime/rest/forward.ts'
import { LeaderClient } from '../../../runtime/rest/leader-client.ts'
import { verifySignature } from '../../../runtime/rest/request-signature.ts'
import { restRequest } from './rest-request.ts'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const forwarder = new Forwarder({ logger: silent })
after(() => forwarder.close())

/** Another worker, which notes what it is asked. */
async function otherWorker(answer: (response: ServerResponse) => void) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    seen.push({ method: request.method, url: request.url, headers: request.headers, body })
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, seen, server }
}

describe('a request for another worker', () => {
  it('reaches it as it came, and the answer names the worker that was asked', async () => {
    const other = await otherWorker((response) => {
      response.writeHead(201, {
        'content-type': 'application/json',
        location: 'http://other:1/connectors/..'
      })
      response.end('{"name":".."}')
    })
    const request = restRequest('PUT', '/connectors/../config?x=1', {
      headers: { authorization: 'Basic abc', 'content-type': 'application/json', cookie: 'c' },
      body: '{"a":"ä"}'
    })
    const answer = await forwarder.forward(request, new ForwardError(other.url))
    assert.equal(answer.status, 201)
    assert.deepEqual(answer.headers, {
      'content-type': 'application/json',
      location: 'http://asked:8083/connectors/..'
    })
    assert.equal(String(answer.body), '{"name":".."}')
    const [seen] = other.seen
    assert.equal(seen?.method, 'PUT')
    assert.equal(seen.url, '/connectors/../config?x=1&forward=true')
    assert.equal(seen.headers.authorization, 'Basic abc')
    assert.equal(seen.headers.cookie, undefined)
    assert.equal(seen.body, '{"a":"ä"}')
  })

  it('is forwarded twice at most', async () => {
    const other = await otherWorker((response) => response.writeHead(204).end())
    const hop = async (query: string) =>
      await forwarder.forward(
        restRequest('DELETE', `/connectors/a${query}`),
        new ForwardError(other.url)
      )
    assert.deepEqual(await hop('?forward=true'), { status: 204, headers: {}, body: null })
    assert.equal(other.seen[0]?.url, '/connectors/a?forward=false')
    await assert.rejects(hop('?forward=false'), {
      status: 409,
      message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)'
    })
  })

  it('is a 409 while that worker is not known, gone, or only starting', async () => {
    const gone = await otherWorker((response) => response.end())
    await new Promise((resolve) => gone.server.close(resolve))
    const starting = await otherWorker((response) => response.writeHead(503).end())
    const cut = await otherWorker((response) => response.destroy())
    for (const url of [null, gone.url, starting.url, cut.url]) {
      await assert.rejects(
        forwarder.forward(restRequest('POST', '/connectors'), new ForwardError(url)),
        { status: 409, message: /no known leader URL, likely because a rebalance was underway\.$/ }
      )
    }
  })
})

const key = { key: Buffer.alloc(32, 7).toString('base64'), algorithm: 'HmacSHA256' }

describe('a request between workers', () => {
  const client = new LeaderClient({ forwarder, sessionKey: () => key, algorithm: 'HmacSHA256' })
  const rules = { sessionKey: key, algorithms: ['HmacSHA256'] }

  it('is signed so that the leader lets it pass', async () => {
    const leader = await otherWorker((response) => response.writeHead(204).end())
    await client.requestTaskConfigs(leader.url, 'a/b', [{ x: 'ü' }])
    await client.requestFence(leader.url, 'a/b')
    assert.deepEqual(
      leader.seen.map(({ method, url, body }) => [method, url, body]),
      [
        ['POST', '/connectors/a%2Fb/tasks?forward=false', '[{"x":"ü"}]'],
        ['PUT', '/connectors/a%2Fb/fence?forward=false', '']
      ]
    )
    for (const { headers, body } of leader.seen) {
      verifySignature(restRequest('POST', '/x', { headers, body }), rules)
      const changed = restRequest('POST', '/x', { headers, body: `${body} ` })
      assert.throws(() => verifySignature(changed, rules), { status: 403 })
    }
  })

  it('fails with what the leader says', async () => {
    const leader = await otherWorker((response) =>
      response.writeHead(404).end('{"error_code":404,"message":"Connector x not found"}')
    )
    await assert.rejects(client.requestFence(leader.url, 'x'), {
      status: 404,
      message: 'Connector x not found'
    })
  })

  it('is turned down without a right signature', () => {
    const headers = (signature?: string, algorithm?: string) => ({
      'x-connect-authorization': signature,
      'x-connect-request-signature-algorithm': algorithm
    })
    const cases = [
      [headers(), 400, /^Internal request missing required signature$/],
      [headers('AAAA'), 400, /^Internal request missing required signature$/],
      [headers('AAAA', 'ROT13'), 400, /^Algorithm ROT13 not available$/],
      [headers('!!', 'HmacSHA256'), 400, /^Illegal base64 character 21$/],
      [
        headers('AAAA', 'HmacMD5'),
        400,
        /^This worker does not accept requests signed with HmacMD5/
      ],
      [headers('AAAA', 'HmacSHA256'), 403, /^Internal request contained invalid signature\.$/]
    ] as const
    for (const [given, status, message] of cases) {
      const request = restRequest('POST', '/x', { headers: given as never })
      assert.throws(() => verifySignature(request, rules), { status, message })
    }
    const request = restRequest('POST', '/x', { headers: headers('AAAA', 'HmacSHA256') as never })
    assert.throws(() => verifySignature(request, { ...rules, sessionKey: null }), { status: 503 })
  })
})

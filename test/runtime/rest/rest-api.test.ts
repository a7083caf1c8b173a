import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Plugins } from '../../../runtime/config/plugins.ts'
import type { GivenConfig, Herder } from '../../../runtime/herder/herder.ts'
import { ForwardError, RequestError } from '../../../runtime/herder/request-error.ts'
import { Forwarder } from '../../../runtime/rest/forward.ts'
import type { Principal } from '../../../runtime/rest/http.ts'
import { createRestApi, type RestApiOptions } from '../../../runtime/rest/rest-api.ts'
import { connectValidation } from '../config/captured-answers.ts'
import { restRequest } from './rest-request.ts'

// What a herder does is tested with real workers in test/conformance; here it only fails in odd ways.
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const password = { 'database.password': 'hunter2' }

function api(herder: Partial<Herder>, options: Partial<RestApiOptions> = {}) {
  const handle = createRestApi({
    herder: herder as Herder,
    plugins: new Plugins({ registry: {}, pluginPath: [], cwd: '.' }),
    forwarder: new Forwarder({ logger: silent }),
    logger: silent,
    redact: (text: string) => text.replaceAll('hunter2', '********'),
    ...options
  } as RestApiOptions)
  return async (method: string, target: string, body?: unknown, principal?: Principal) => {
    const request = restRequest(method, target, {
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
    })
    const answer = await handle({ ...request, principal: principal ?? null })
    const text = answer.body === null ? null : String(answer.body)
    return { status: answer.status, body: text === null ? null : JSON.parse(text) }
  }
}

const info = (name: string, config: GivenConfig) =>
  ({ name, config, tasks: [], type: 'source' }) as never

describe('the REST API', () => {
  it('answers an error that nobody foresaw as a 500 without secrets', async () => {
    const ask = api({
      connector: async () => {
        throw new Error('no login with hunter2')
      }
    })
    assert.deepEqual(await ask('GET', '/connectors/a'), {
      status: 500,
      body: { error_code: 500, message: 'no login with ********' }
    })
  })

  it('answers what the herder refuses with its status, and without a body to HEAD', async () => {
    const ask = api({
      connector: async () => {
        throw new RequestError(404, 'Connector a not found')
      }
    })
    const body = { error_code: 404, message: 'Connector a not found' }
    assert.deepEqual(await ask('GET', '/connectors/a'), { status: 404, body })
    assert.deepEqual(await ask('HEAD', '/connectors/a'), { status: 404, body: null })
    assert.equal((await ask('GET', '//connectors')).status, 400)
  })

  it('answers what validation refuses with its status and text', async () => {
    const validation = connectValidation()
    const ask = api({ connectors: () => [], group: { isLeader: true } as never }, { validation })
    const config = { 'connector.class': 'FileStreamSource', topic: 't' }
    const validated = await ask(
      'PUT',
      '/connector-plugins/FileStreamSource/config/validate',
      config
    )
    assert.equal(validated.status, 200)
    assert.equal(validated.body.error_count, 1)
    const unknown = await ask('GET', '/connector-plugins/Nope/config')
    assert.deepEqual(unknown, {
      status: 404,
      body: { error_code: 404, message: 'Unknown plugin Nope.' }
    })
    const listed = await ask('GET', '/connector-plugins')
    assert.ok(listed.body.some((plugin: { type: string }) => plugin.type === 'sink'))
    const created = await ask('POST', '/connectors', { name: 'a', config: { topic: 't' } })
    assert.equal(created.status, 400)
    assert.equal(
      created.body.message,
      'Connector config {name=a, topic=t} contains no connector type'
    )
  })

  it('forwards what another worker has to do', async () => {
    const ask = api({
      stop: async () => {
        throw new ForwardError(null)
      }
    })
    assert.equal((await ask('PUT', '/connectors/a/stop')).status, 409)
    assert.match(
      (await ask('PUT', '/connectors/a/stop?forward=false')).body.message,
      /conflicting operation/
    )
  })

  it('leaves out connectors that go away while they are listed', async () => {
    const ask = api({
      connectors: () => ['a', 'gone', '__proto__'],
      connector: async (name) => {
        if (name === 'gone') throw new RequestError(404, 'Connector gone not found')
        return info(name, password)
      }
    })
    const { body } = await ask('GET', '/connectors?expand=info&expand=info')
    assert.deepEqual(Object.keys(body), ['a', '__proto__'])
    assert.deepEqual(body.a.info.config, { 'database.password': '********' })
    assert.deepEqual((await ask('GET', '/connectors?expand=x')).body.a, {})
  })

  it('checks before it creates, and only as the leader', async () => {
    const created: GivenConfig[] = []
    const herder = {
      group: { isLeader: true, leaderUrl: null },
      connectors: () => [],
      create: async (name: string, config: GivenConfig) => {
        created.push(config)
        return info(name, config)
      }
    }
    const check = async (config: GivenConfig) => {
      if (config['bad'] !== undefined) throw new RequestError(400, 'bad config')
    }
    const body = (config: GivenConfig) => ({ name: 'a', config })
    const ask = api(herder as never, { validation: { check } as never })
    assert.equal((await ask('POST', '/connectors', body({ bad: '1' }))).status, 400)
    const answer = await ask('POST', '/connectors', body({ x: null, ...password }))
    assert.equal(answer.status, 201)
    assert.deepEqual(answer.body.config, {
      x: null,
      'database.password': '********',
      name: 'a'
    })
    assert.deepEqual(created, [{ x: null, ...password, name: 'a' }])
    const follower = api({ ...herder, group: { isLeader: false, leaderUrl: null } } as never)
    assert.equal((await follower('POST', '/connectors', body({ bad: '1' }))).status, 409)
    assert.equal(created.length, 1)
  })

  it('fills in stored secrets, and reaches out, for validation only for who may change connectors', async () => {
    const validated: [string, GivenConfig][] = []
    const validating = (which: string) => ({
      validate: async (config: GivenConfig) => {
        validated.push([which, config])
        return {}
      }
    })
    const herder = { connectors: () => ['a'], connector: async () => info('a', password) }
    const ask = api(herder as never, {
      validation: { ...validating('whole'), guarded: validating('guarded') } as never
    })
    const config = { name: 'a', 'database.hostname': 'evil', 'database.password': '********' }
    const path = '/connector-plugins/Any/config/validate'
    await ask('PUT', path, config)
    await ask('PUT', path, config, { name: 'root', role: 'admin' })
    await ask('PUT', path, config, { name: 'operator', role: 'operate' })
    await ask('PUT', path, config, { name: 'reader', role: 'read' })
    assert.deepEqual(
      validated.map(([which, one]) => [which, one['database.password']]),
      [
        ['whole', 'hunter2'],
        ['whole', 'hunter2'],
        ['guarded', '********'],
        ['guarded', '********']
      ]
    )
    const other = await ask('PUT', path, { 'connector.class': 'x.Other' })
    assert.deepEqual(other, {
      status: 400,
      body: {
        error_code: 400,
        message: 'Included connector type x.Other does not match request type Any'
      }
    })
  })
})

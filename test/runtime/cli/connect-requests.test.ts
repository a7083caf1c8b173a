import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { requireEngine } from '../../support/engines.ts'
import { freePort } from '../../support/guarded-process.ts'
import { createKafkaTls } from '../../support/kafka-tls.ts'
import { type Reply, scriptHttp } from '../../support/scripted-http.ts'
import { tempFolder } from '../config/temp-folder.ts'
import { millrace } from './millrace.ts'

const CONFLICT: Reply = [
  409,
  {
    error_code: 409,
    message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)'
  }
]

function at(port: number, ...args: string[]) {
  return millrace([...args, '--url', `http://127.0.0.1:${port}`])
}

test('tries again while the group is busy, and says so once', async () => {
  const busy: readonly Reply[] = [
    CONFLICT,
    [503, { error_code: 503, message: 'Worker is still starting up.' }],
    [
      500,
      { error_code: 500, message: 'Request cannot be completed because a rebalance is expected' }
    ],
    [200, {}]
  ]
  await using server = await scriptHttp((request) => busy[request] ?? null)
  const { code, out, err } = await at(server.port, 'connectors', 'list')
  assert.match(err, /^waiting: Cannot complete request because of a conflicting operation.*\n$/)
  assert.match(out, /^NAME/)
  assert.equal(code, 0)
  assert.equal(server.seen.length, 4)
})

test('gives up when the group stays busy', async () => {
  await using server = await scriptHttp(() => CONFLICT)
  const { code, err } = await at(server.port, 'connectors', 'stop', 'shop', '--retry', '1')
  assert.match(err, /error: shop: Cannot complete request .*try again in a moment.*\[WORKER_BUSY\]/)
  assert.equal(code, 3)
  assert.ok(server.seen.length > 1)
})

test('sends a change once when its answer is lost, and a read again', async () => {
  await using server = await scriptHttp((request) => (request === 0 ? null : [200, {}]))
  const changed = await at(server.port, 'connectors', 'stop', 'shop', '--no-wait')
  assert.match(changed.err, /look whether the change was made.*\[WORKER_UNREACHABLE\]/)
  assert.equal(changed.code, 3)
  assert.deepEqual(
    server.seen.map(({ line }) => line),
    ['PUT /connectors/shop/stop']
  )
  await using reading = await scriptHttp((request) => (request === 0 ? null : [200, {}]))
  assert.equal((await at(reading.port, 'connectors', 'list')).code, 0)
})

test('says that nobody answers, and what was not tried', async () => {
  const port = await freePort()
  const { code, err } = await at(port, 'connectors', 'stop', 'a', 'b', 'c', '--retry', '0.5')
  assert.match(err, /waiting: http:\/\/127\.0\.0\.1:\d+ does not answer: nothing listens there\n/)
  assert.match(err, /error: a: .*start a worker, or name one with --url.*\[WORKER_UNREACHABLE\]/)
  assert.match(err, /not tried: b, c\n$/)
  assert.equal(code, 3)
})

test('waits no longer for an answer than it is told', async () => {
  await using server = await scriptHttp((request) => (request === 0 ? [200, 'x'.repeat(10)] : null))
  const silent = await scriptSilence()
  try {
    const { code, err } = await at(
      silent.port,
      'connectors',
      'list',
      '--timeout',
      '0.3',
      '--retry',
      '0'
    )
    assert.match(err, /did not answer within 0\.3 s.*\[WORKER_UNREACHABLE\]/)
    assert.equal(code, 3)
  } finally {
    silent.close()
  }
  const odd = await at(server.port, 'connectors', 'list')
  assert.match(odd.err, /is no worker: its answer is not Kafka Connect's.*\[NOT_A_WORKER\]/)
  assert.equal(odd.code, 2)
})

async function scriptSilence(): Promise<{ port: number; close(): void }> {
  const { createServer } = await import('node:net')
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, close: () => server.close() }
}

test('says who asks, from options, environment and references, and never shows it', async (t) => {
  const dir = await tempFolder(t, { 'secrets.properties': 'password=geheim\n' })
  await using server = await scriptHttp(() => [401, 'User cannot access the resource.'])
  const url = `http://127.0.0.1:${server.port}/gateway/`
  const run = (env: Record<string, string>, ...args: string[]) =>
    millrace(['connectors', 'list', ...args], { cwd: dir, env: { MILLRACE_URL: url, ...env } })
  const basic = `Basic ${Buffer.from('me:geheim').toString('base64')}`
  const cases = [
    { ran: await run({ MILLRACE_USER: 'me', MILLRACE_PASSWORD: 'geheim' }), sent: basic },
    {
      ran: await run({ MILLRACE_PASSWORD: '${file:secrets.properties:password}' }, '--user', 'me'),
      sent: basic
    },
    { ran: await run({}, '--url', url.replace('//', '//me:geheim@')), sent: basic },
    { ran: await run({ MILLRACE_TOKEN: 'geheim' }), sent: 'Bearer geheim' },
    { ran: await run({ T: 'geheim' }, '--token', '${env:T}'), sent: 'Bearer geheim' },
    { ran: await run({}), sent: undefined }
  ]
  for (const [index, { ran, sent }] of cases.entries()) {
    assert.match(ran.err, /does not let you in.*\[WORKER_UNAUTHORIZED\]/)
    assert.doesNotMatch(ran.err + ran.out, /geheim/)
    assert.equal(ran.code, 3)
    assert.equal(server.seen[index]?.headers.authorization, sent)
    assert.match(server.seen[index]?.line ?? '', /^GET \/gateway\/connectors\?/)
  }
})

test('refuses options that cannot be, without showing a password', async () => {
  const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['--user', 'me:geheim'], /--user takes the name only.*MILLRACE_PASSWORD/],
    [['--user', 'me'], /there is no password for me.*MILLRACE_PASSWORD/],
    [['--user', 'me', '--token', 'geheim'], /both a user and a token/],
    [['--url', 'localhost:8083'], /write http:\/\/localhost:8083/],
    [['--url', 'ftp://me:geheim@host'], /ftp:\/\/\*{8}@host is not the URL/],
    [
      ['--timeout', 'long'],
      /--timeout <seconds>' argument 'long' is invalid.*not a number of seconds/
    ],
    [['--retry', ''], /--retry <seconds>'.*not a number of seconds/],
    [['--token', '${env:NOWHERE_AT_ALL}'], /NOWHERE_AT_ALL/],
    [['--ca', 'missing.pem'], /--ca missing\.pem cannot be read/]
  ]
  for (const [args, says] of wrong) {
    const { code, err } = await millrace(['connectors', 'list', ...args])
    assert.match(err, says)
    assert.doesNotMatch(err, /geheim/)
    assert.equal(code, 2, args.join(' '))
  }
})

test('masks secrets that the worker repeats in its message', async (t) => {
  const dir = await tempFolder(t, {
    'shop.yaml':
      'name: shop\nconfig: {connector.class: x, my.password: geheim, url: "a://b:geheim2@c"}'
  })
  await using server = await scriptHttp(() => [
    500,
    { error_code: 500, message: 'Cannot use {my.password=geheim, url=a://b:geheim2@c}' }
  ])
  const url = `http://127.0.0.1:${server.port}`
  const { code, err } = await millrace(['connectors', 'create', 'shop.yaml', '--url', url], {
    cwd: dir
  })
  assert.match(err, /Cannot use \{my\.password=\*+, url=a:\/\/b:\*+@c\}.*\[WORKER_FAILED\]/)
  assert.equal(code, 1)
})

test('leaves a secret alone that the worker hides, and sends it when told to', async (t) => {
  const file = (secret: string) =>
    `name: shop\nconfig:\n  connector.class: x\n  my.password: ${secret}\n`
  const dir = await tempFolder(t, { 'shop.yaml': file('geheim'), 'ref.yaml': file('${env:P}') })
  const config = { name: 'shop', 'connector.class': 'x', 'my.password': '********' }
  const info = { name: 'shop', type: 'source', config, tasks: [] }
  const running = { state: 'RUNNING', worker_id: 'w:1' }
  const status = {
    name: 'shop',
    type: 'source',
    connector: running,
    tasks: [{ id: 0, ...running }]
  }
  await using server = await scriptHttp((_request, line) => {
    if (line.includes('expand')) return [200, { shop: { info, status } }]
    if (line.includes('validate')) return [200, { configs: [] }]
    return line.includes('plugins') ? [200, []] : [200, info]
  })
  const run = (...args: string[]) =>
    millrace([...args, '--url', `http://127.0.0.1:${server.port}`], { cwd: dir })
  const same = await run('apply', 'shop.yaml')
  assert.match(same.out, /does not show my\.password, so it was not compared.*\n0 to change/)
  assert.deepEqual(
    server.seen.filter(({ line }) => !line.startsWith('GET')),
    []
  )
  assert.match((await run('apply', 'ref.yaml', '--dry-run')).out, /password: \*{8} -> \$\{env:P\}/)
  await run('connectors', 'update', 'shop.yaml')
  assert.ok(server.seen.some(({ line }) => line === 'PUT /connectors/shop/config'))
})

test('trusts the certificates that it is told to', requireEngine('kafka-server'), async (t) => {
  const dir = await tempFolder(t, {})
  const tls = createKafkaTls(dir)
  const pfx = readFileSync(tls.keystore)
  await using server = await scriptHttp(() => [200, {}], { pfx, passphrase: tls.password })
  const list = (...args: string[]) =>
    millrace(['connectors', 'list', '--url', `https://localhost:${server.port}`, ...args])
  const distrusted = await list()
  assert.match(distrusted.err, /no secure connection to localhost:\d+: .*--ca.*\[WORKER_TLS\]/)
  assert.equal(distrusted.code, 3)
  assert.equal((await list('--ca', tls.ca)).code, 0)
  assert.equal((await list('--insecure')).code, 0)
  const plain = await millrace([
    'connectors',
    'list',
    '--url',
    `http://localhost:${server.port}`,
    '--retry',
    '0'
  ])
  assert.notEqual(plain.code, 0)
  await using open = await scriptHttp(() => [200, {}])
  const wrong = await millrace(['connectors', 'list', '--url', `https://127.0.0.1:${open.port}`])
  assert.match(wrong.err, /is it http:\/\/127\.0\.0\.1:\d+\?.*\[WORKER_TLS\]/)
})

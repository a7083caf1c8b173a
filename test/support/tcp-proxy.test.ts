import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { TcpProxy } from './tcp-proxy.ts'

test('cuts once after as many bytes as were allowed, and lets the next connection pass', async () => {
  const server = createServer((socket) => socket.end('0123456789')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await using proxy = await TcpProxy.start((server.address() as AddressInfo).port)
  proxy.cutAfter(4)
  const read = async () => (await buffer(connect(proxy.port, '127.0.0.1'))).toString()
  assert.equal(await read().catch(() => ''), '0123')
  assert.equal(proxy.cuts, 1)
  assert.equal(await read(), '0123456789')
  server.close()
})

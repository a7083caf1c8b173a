import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Client } from 'pg'
import { CopySocket, frameEnd } from '../../connectors/postgres/copy-socket.ts'
import { Random } from '../support/random.ts'

function frame(type: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeUInt32BE(payload.length + 4, 1)
  return Buffer.concat([header, payload])
}

describe('frames taken from a socket', () => {
  const server = createServer()
  let port = 0
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  after(() => server.close())

  /** Both ends of a connection, and what `pg` would have been given. */
  async function pair() {
    const accepted = once(server, 'connection')
    const near = createConnection(port, '127.0.0.1')
    const [far] = (await accepted) as [Socket]
    near.setNoDelay(true)
    far.setNoDelay(true)
    const foreign: string[] = []
    near.on('data', (buffer) => foreign.push(buffer.toString('latin1', 5)))
    const client = { connection: { stream: near } } as unknown as Client
    return { near, far, foreign, client }
  }

  /** The payloads of the next frames. */
  async function payloads(socket: CopySocket, count: number): Promise<Buffer[]> {
    const found: Buffer[] = []
    while (found.length < count) {
      const block = socket.take()
      if (block === undefined) {
        await new Promise<void>((resolve) => socket.onBlock(resolve))
        continue
      }
      for (let at = 0; at < block.length; at = frameEnd(block, at)) {
        found.push(block.subarray(at + 5, frameEnd(block, at)))
      }
    }
    return found
  }

  it('keeps frames whole however they arrive, and passes others on', async () => {
    const { near, far, foreign, client } = await pair()
    const socket = new CopySocket(client, { maxBytes: 1 << 20 })
    const random = new Random(11)
    const sent: Buffer[] = []
    const notices: string[] = []
    const bytes: Buffer[] = []
    for (let i = 0; i < 400; i++) {
      const size = i % 50 === 0 ? 70_000 + random.below(9000) : random.below(40)
      const payload = Buffer.alloc(size, i & 255)
      sent.push(payload)
      bytes.push(frame('d', payload))
      if (i % 9 === 0) {
        notices.push(`notice ${i}`)
        bytes.push(frame('N', Buffer.from(`notice ${i}`)))
      }
    }
    const all = Buffer.concat(bytes)
    const reading = payloads(socket, sent.length)
    for (let at = 0; at < all.length; ) {
      const size = 1 + random.below(random.below(10) === 0 ? 30_000 : 12)
      far.write(all.subarray(at, at + size))
      at += size
      if (random.below(4) === 0) await new Promise(setImmediate)
    }
    assert.deepEqual(await reading, sent)
    assert.deepEqual(foreign, notices)
    near.destroy()
    far.destroy()
  })

  it('stops reading at its bound and goes on when blocks are taken', async () => {
    const { near, far, client } = await pair()
    const bound = 256 * 1024
    const socket = new CopySocket(client, { maxBytes: bound })
    const payload = Buffer.alloc(1000, 1)
    const frames = 40_000
    const one = frame('d', payload)
    far.write(Buffer.concat(Array.from({ length: frames }, () => one)))
    while (!socket.paused) await new Promise(setImmediate)
    // A chunk of the socket may come on top of the bound.
    assert.ok(socket.waitingBytes < bound + 128 * 1024, `${socket.waitingBytes} bytes wait`)
    assert.equal((await payloads(socket, frames)).length, frames)
    near.destroy()
    far.destroy()
  })

  it('gives the connection back', async () => {
    const { near, far, foreign, client } = await pair()
    const socket = new CopySocket(client, { maxBytes: 1000 })
    far.write(frame('d', Buffer.from('mine')))
    const [mine] = await payloads(socket, 1)
    assert.equal(mine?.toString(), 'mine')
    socket.detach()
    far.write(frame('d', Buffer.from('not mine')))
    await once(near, 'data')
    assert.deepEqual(foreign, ['not mine'])
    near.destroy()
    far.destroy()
  })
})

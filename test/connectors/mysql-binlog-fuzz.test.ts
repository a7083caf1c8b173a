import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crc32, deflateSync, zstdCompressSync } from 'node:zlib'
import { EventReader } from '../../connectors/mysql/binlog/event-reader.ts'
import { connect } from '../../connectors/mysql/connection.ts'
import { PacketSocket, type WireConnection } from '../../connectors/mysql/packet-socket.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import {
  BinlogWriter,
  field,
  join,
  packed,
  short,
  text,
  u8,
  u16,
  u32,
  u48,
  u64
} from '../support/binlog-bytes.ts'
import { settingsOf } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { Random } from '../support/random.ts'

const UUID = Buffer.from('896e788218fe11efab8822222d34d411', 'hex')
const ROUNDS = 5000

/** One good event of every kind with fields, those of a table first. */
function goodEvents(writer: BinlogWriter): Buffer[] {
  const map = join(
    ...[u48(7), u16(1), short('db'), u8(0), short('table'), u8(0), packed(4), u8(3, 15, 254, 246)],
    ...[packed(6), u16(40), u8(247, 1, 10, 2), u8(0xff), field(1, u8(0x80)), field(2, packed(45))],
    ...[
      field(4, join(...['a', 'b', 'c', 'd'].map(short))),
      field(6, join(packed(2), short('x'), short('y')))
    ],
    ...[field(8, packed(0)), field(11, packed(8)), field(12, u8(0xf0))]
  )
  const image = join(u8(0xf0, 1, 0, 0, 0), short('text'), u8(1, 0x80, 0, 0, 1, 5))
  const head = join(u48(7), u16(1))
  const queryHead = join(u32(3), u32(0), u8(2), u16(0), u16(13))
  const status = join(u8(0), u32(0), u8(4), u16(45), u16(45), u16(8), u8(6))
  const squeezed = deflateSync(image)
  const query = join(queryHead, status, text('db'), u8(0))
  const payload = zstdCompressSync(
    join(writer.inner({ code: 19, fields: map }), writer.inner({ code: 16, fields: u64(9) }))
  )
  const squeeze = (bytes: Buffer) => join(u8(0x81, bytes.length), deflateSync(bytes))
  const fields: [number, Buffer][] = [
    [19, map],
    [2, join(query, text('CREATE TABLE x (id INT)'))],
    [165, join(query, squeeze(text('CREATE TABLE x (id INT)')))],
    [23, join(head, packed(4), u8(0xff), image)],
    [24, join(head, packed(4), u8(0xff, 0xff), image, image)],
    [30, join(head, u16(5), u8(0, 1, 2), packed(4), u8(0xff), image)],
    [39, join(head, u16(2), packed(4), u8(0xff, 0xff), image, u8(0), image)],
    [166, join(head, packed(4), u8(0xff), u8(0x81, image.length), squeezed)],
    [33, join(u8(1), UUID, u64(5), u8(2), u64(1), u64(2), u64(3), u64(4))],
    [35, join(u64(1), UUID, u64(1), u64(1), u64(9))],
    [38, join(u8(0), u32(1), u32(1), u32(1), text('ab'))],
    [40, join(field(2, packed(0)), field(3, packed(120)), u8(0), payload)],
    [162, join(u64(5), u32(0), u8(4), Buffer.alloc(6))],
    [163, join(u32(2), u32(0), u32(1), u64(5), u32(1), u32(1), u64(7))],
    [26, join(u16(1), short('LOST'))],
    [4, join(u64(4), text('bin.000002'))]
  ]
  return fields.map(([code, bytes]) => writer.event({ code, fields: bytes }))
}

/** A changed copy: bytes of it set, cut out, cut off or repeated; its size in the header mostly right. */
function garble(event: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(event)
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(bytes.length)
    const action = random.below(4)
    if (action === 0) bytes = Buffer.concat([bytes.subarray(0, at)])
    else if (action === 1)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(9))])
    else if (action === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 9))])
    else bytes[at] = random.pick([0, 1, 0x7f, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, random.below(256)])
    if (bytes.length === 0) return bytes
  }
  if (bytes.length >= 13 && random.below(10) > 0) bytes.writeUInt32LE(bytes.length, 9)
  return bytes
}

function withSum(bytes: Buffer): Buffer {
  if (bytes.length < 4) return bytes
  bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
  return bytes
}

describe('garbled events', () => {
  for (const checksums of [false, true]) {
    it(`end in an error that says so, ${checksums ? 'with' : 'without'} checksums`, () => {
      const outcomes = new Map<string, number>()
      for (let seed = 0; seed < ROUNDS; seed++) {
        const random = new Random(seed)
        const writer = new BinlogWriter({ checksums })
        const reader = new EventReader()
        const take = (bytes: Buffer, slack: number) => {
          // What stands around an event must not be read.
          const around = Buffer.concat([
            Buffer.alloc(slack, 0xff),
            bytes,
            Buffer.alloc(slack, 0xff)
          ])
          reader.feed(around, slack, slack + bytes.length)
          for (let event = reader.next(); event !== undefined; event = reader.next()) {
            if (event.kind !== 'rows') continue
            assert.ok(event.start <= event.end && event.end <= event.buffer.length)
            const isCopy = event.buffer !== around
            assert.ok(isCopy || (event.start >= slack && event.end <= slack + bytes.length))
          }
        }
        take(writer.format(random.pick(['8.4.3', '10.11.19-MariaDB-log'])), 0)
        const [map, ...others] = goodEvents(writer)
        assert.ok(map)
        const broken = garble(random.pick([map, ...others]), random)
        try {
          take(map, 3)
          take(checksums ? withSum(broken) : broken, random.below(20))
          outcomes.set('read', (outcomes.get('read') ?? 0) + 1)
        } catch (error) {
          const isTyped = error instanceof ConnectError && /^MYSQL_(BINLOG|GTID)/.test(error.code)
          assert.ok(isTyped, `seed ${seed}: ${error instanceof Error ? error.stack : error}`)
          outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1)
        }
      }
      assert.ok((outcomes.get('MYSQL_BINLOG_EVENT') ?? 0) > ROUNDS / 5, `${[...outcomes]}`)
      assert.ok((outcomes.get('read') ?? 0) > ROUNDS / 50, `${[...outcomes]}`)
    })
  }
})

describe('packets', requireEngine('mariadb'), () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  it('are the same however the network cuts them', async () => {
    const connection = await connect(settingsOf(server, { sslMode: 'disabled' }))
    const { stream } = connection.client as unknown as WireConnection
    const random = new Random(3)
    const sent: Buffer[] = []
    let sequence = 0
    for (let count = 0; count < 300; count++) {
      const payload = Buffer.alloc(
        random.below(10) === 0 ? random.below(9000) : random.below(40),
        count
      )
      const head = Buffer.alloc(4)
      head.writeUIntLE(payload.length, 0, 3)
      head[3] = sequence++ & 0xff
      sent.push(Buffer.concat([head, payload]))
    }
    const all = Buffer.concat(sent)
    for (let round = 0; round < 50; round++) {
      const packets = connection.takeOver(1 << 20)
      const got: Buffer[] = []
      for (let at = 0; at < all.length; ) {
        const size = 1 + random.below(random.pick([3, 20, 5000]))
        stream.emit('data', all.subarray(at, at + size))
        at += size
        while (packets.next())
          got.push(Buffer.from(packets.buffer.subarray(packets.start, packets.end)))
      }
      packets.detach()
      assert.deepEqual(
        got,
        sent.map((packet) => packet.subarray(4))
      )
    }
    connection.destroy()
  })

  it('that are missing are an error', async () => {
    const connection = await connect(settingsOf(server))
    const { stream } = connection.client as unknown as WireConnection
    const packets = new PacketSocket(connection.client as unknown as WireConnection, 1000)
    stream.emit('data', Buffer.from([1, 0, 0, 0, 65, 1, 0, 0, 2, 66]))
    assert.ok(packets.next())
    assert.throws(() => packets.next(), { code: 'MYSQL_PROTOCOL' })
    connection.destroy()
  })
})

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { LogHeader, LogRecord, StoredRecord } from '../../../runtime/broker/broker.ts'
import {
  decodeBatches,
  RecordBatchBuilder,
  readMarker,
  sizeOfRecord
} from '../../../runtime/broker/record-batch.ts'
import { AT, checksum } from '../../../runtime/broker/record-batch-format.ts'
import { Random } from '../../support/random.ts'

const TIME = 1_700_000_000_000
const GZIP = 1
const SNAPPY = 2
const ZSTD = 4
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

const record = (over: Partial<LogRecord> = {}): LogRecord => ({
  key: 'k',
  value: 'v',
  headers: [],
  timestamp: TIME,
  ...over
})

function encode(records: readonly LogRecord[], baseOffset = 0): Buffer {
  const builder = new RecordBatchBuilder()
  for (const one of records) assert.ok(builder.append(one))
  return builder.finish({ baseOffset })
}

const bytesOf = (field: string | Uint8Array | null): Buffer | null =>
  field === null ? null : Buffer.from(field as Uint8Array)

function stored(records: readonly LogRecord[], baseOffset = 0): StoredRecord[] {
  return records.map((one, index) => ({
    offset: baseOffset + index,
    key: bytesOf(one.key),
    value: bytesOf(one.value),
    headers: one.headers.map((header) => ({ key: header.key, value: bytesOf(header.value) })),
    timestamp: one.timestamp
  }))
}

/** The batch with other attributes and body, its length and checksum made right again. */
function rewritten(batch: Buffer, attributes: number, body = batch.subarray(61)): Buffer {
  const changed = Buffer.concat([batch.subarray(0, 61), body])
  changed.writeInt16BE(attributes, AT.attributes)
  changed.writeInt32BE(changed.length - 12, AT.batchLength)
  changed.writeUInt32BE(checksum(changed, 0, changed.length), AT.crc)
  return changed
}

function randomText(random: Random): string {
  const alphabets = ['abcdefgh {}":', 'äöüß€', '漢字😀a', '\u0000\n\t']
  const alphabet = [...random.pick(alphabets)]
  const length = random.pick([0, 1, 2, 40, 63, 64, 65, 127, 128, 5000, 8191, 8192, 30_000])
  return Array.from({ length }, () => random.pick(alphabet)).join('')
}

function randomField(random: Random): string | Uint8Array | null {
  const text = randomText(random)
  return random.pick([null, text, text, Buffer.from(text)])
}

function randomRecord(random: Random): LogRecord {
  const headers: LogHeader[] = Array.from({ length: random.pick([0, 0, 1, 3, 70]) }, () => ({
    key: random.pick(['', 'trace', 'ключ']),
    value: random.pick([null, '', 'x'.repeat(70), randomText(random).slice(0, 100)])
  }))
  const far = random.pick([0, 1, 63, 64, 2 ** 30, 2 ** 31, 2 ** 40])
  const timestamp = TIME + random.pick([-1, 1]) * far
  return { key: randomField(random), value: randomField(random), headers, timestamp }
}

describe('record batch', () => {
  it('writes the bytes that the format asks for', () => {
    const batch = encode(
      [
        record({ headers: [{ key: 'h', value: null }] }),
        record({ key: null, value: '', timestamp: TIME + 1000 })
      ],
      4_294_967_298
    )
    assert.equal(batch.toString('hex', 0, 17), '0000000100000002' + '00000045' + 'ffffffff' + '02')
    assert.equal(batch.toString('hex', 21, 27), '0000' + '00000001')
    assert.equal(batch.toString('hex', 27, 43), '0000018bcfe56800' + '0000018bcfe56be8')
    assert.equal(batch.toString('hex', 43, 61), `${'ff'.repeat(14)}00000002`)
    // length 11, attributes, time delta 0, offset delta 0, key, value, one header with null
    const first = '16' + '00' + '00' + '00' + '026b' + '0276' + '02' + '0268' + '01'
    // length 7, attributes, time delta 1000, offset delta 1, null key, empty value, no header
    const second = '0e' + '00' + 'd00f' + '02' + '01' + '00' + '00'
    assert.equal(batch.toString('hex', 61), first + second)
  })

  it('checks with CRC-32C', () => {
    const padded = Buffer.concat([Buffer.alloc(AT.attributes), Buffer.from('123456789')])
    assert.equal(checksum(padded, 0, padded.length), 0xe3069283)
  })

  it('gives back what was written, for random records', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = new Random(seed)
      const records = Array.from({ length: 1 + random.below(30) }, () => randomRecord(random))
      const baseOffset = random.pick([0, 7, 2 ** 31, 2 ** 40])
      const [batch] = decodeBatches(encode(records, baseOffset))
      assert.deepEqual(batch?.records, stored(records, baseOffset), `seed ${seed}`)
      assert.equal(batch.lastOffset, baseOffset + records.length - 1)
      const times = records.map((one) => one.timestamp)
      assert.equal(batch.maxTimestamp, Math.max(...times))
    }
  })

  it('writes batches that another implementation decodes', async () => {
    const require = createRequire(import.meta.url)
    const Decoder = require('kafkajs/src/protocol/decoder')
    const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder')
    const random = new Random(99)
    const records = Array.from({ length: 20 }, () => randomRecord(random))
    const { records: decoded } = await decode(new Decoder(encode(records, 12)))
    assert.equal(decoded.length, 20)
    stored(records, 12).forEach((one, index) => {
      assert.equal(decoded[index].offset, String(one.offset))
      assert.equal(decoded[index].timestamp, String(one.timestamp))
      assert.deepEqual(decoded[index].key, one.key)
      assert.deepEqual(decoded[index].value, one.value)
    })
  })

  it('tells an empty value from null', () => {
    const records = [record({ key: '', value: null }), record({ key: null, value: '' })]
    const [batch] = decodeBatches(encode(records))
    assert.deepEqual(
      batch?.records.map(({ key, value }) => [key?.length, value?.length]),
      [
        [0, undefined],
        [undefined, 0]
      ]
    )
  })

  it('replaces half a surrogate pair, as UTF-8 has no bytes for it', () => {
    const [batch] = decodeBatches(encode([record({ value: 'a\ud800b' })]))
    assert.equal(batch?.records[0]?.value?.toString(), 'a\ufffdb')
  })

  it('refuses a record that would exceed the limit, but never the first', () => {
    const builder = new RecordBatchBuilder({ maxBytes: 200 })
    assert.equal(builder.append(record({ value: 'x'.repeat(500) })), true)
    assert.equal(builder.append(record()), false)
    assert.equal(decodeBatches(builder.finish())[0]?.records.length, 1)
    let taken = 0
    while (builder.append(record())) taken++
    assert.ok(builder.bytes <= 200)
    assert.equal(builder.count, taken)
    assert.equal(decodeBatches(builder.finish())[0]?.records.length, taken)
  })

  it('counts the bytes it will finish with', () => {
    const builder = new RecordBatchBuilder()
    const empty = builder.bytes
    const one = record({ key: 'schlüssel', headers: [{ key: 'h', value: 'ü' }] })
    builder.append(one)
    assert.ok(Math.abs(builder.bytes - empty - sizeOfRecord(one)) <= 3)
    const { bytes } = builder
    assert.equal(builder.finish().length, bytes)
  })

  it('keeps explicit offsets with gaps', () => {
    const builder = new RecordBatchBuilder()
    builder.append(record(), 3)
    builder.append(record(), 900)
    const [batch] = decodeBatches(builder.finish({ baseOffset: 1000, lastOffsetDelta: 999 }))
    assert.deepEqual(
      batch?.records.map(({ offset }) => offset),
      [1003, 1900]
    )
    assert.equal(batch?.lastOffset, 1999)
  })

  it('carries producer and transaction facts', () => {
    const builder = new RecordBatchBuilder()
    builder.append(record())
    const bytes = builder.finish({
      producerId: 4_000_000_000_000n,
      producerEpoch: 7,
      baseSequence: 41,
      transactional: true
    })
    const [batch] = decodeBatches(bytes)
    assert.equal(batch?.producerId, 4_000_000_000_000n)
    assert.equal(batch?.producerEpoch, 7)
    assert.equal(batch?.baseSequence, 41)
    assert.equal(batch?.transactional, true)
    assert.equal(batch?.control, false)
  })

  it('leaves out records before the wanted offset and a batch cut off at the end', () => {
    const three = [record(), record(), record()]
    const bytes = Buffer.concat([encode(three, 0), encode(three, 3), encode(three, 6)])
    const batches = decodeBatches(bytes.subarray(0, bytes.length - 1), 4)
    assert.deepEqual(
      batches.map((batch) => batch.records.map(({ offset }) => offset)),
      [[], [4, 5]]
    )
  })

  it('unpacks gzip and zstd, and names a codec it does not have', () => {
    const records = [record({ value: 'x'.repeat(1000) }), record()]
    const plain = encode(records)
    const body = plain.subarray(61)
    for (const batch of [
      rewritten(plain, GZIP, gzipSync(body)),
      rewritten(plain, ZSTD, zstdCompressSync(body))
    ]) {
      assert.deepEqual(decodeBatches(batch)[0]?.records, stored(records))
    }
    assert.throws(() => decodeBatches(rewritten(plain, SNAPPY)), {
      code: 'UNSUPPORTED_COMPRESSION',
      message: /snappy/
    })
  })

  it('gives every record the time of a batch stamped by the broker', () => {
    const batch = rewritten(encode([record(), record({ timestamp: TIME + 5 })]), LOG_APPEND_TIME)
    const [decoded] = decodeBatches(batch)
    assert.equal(decoded?.timestampType, 'LogAppendTime')
    assert.deepEqual(
      decoded?.records.map(({ timestamp }) => timestamp),
      [TIME + 5, TIME + 5]
    )
  })

  it('reads transaction markers', () => {
    const marker = (type: number) => Buffer.from([0, 0, 0, type])
    const control = (type: number) =>
      decodeBatches(
        rewritten(encode([record({ key: marker(type) })]), TRANSACTIONAL | CONTROL)
      ).map(readMarker)
    assert.deepEqual([control(0), control(1), control(2)], [['abort'], ['commit'], [null]])
    assert.deepEqual(decodeBatches(encode([record({ key: marker(1) })])).map(readMarker), [null])
  })

  it('notices every changed byte that the checksum covers, and names the place', () => {
    const good = encode([record(), record({ headers: [{ key: 'h', value: 'v' }] })], 40)
    for (let at = AT.crc; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad.writeUInt8((bad[at] ?? 0) ^ 0x10, at)
      assert.throws(() => decodeBatches(bad, 0, { topic: 'shop', partition: 3 }), {
        code: 'CORRUPT_BATCH',
        message: /offset 40 of topic shop, partition 3/
      })
    }
  })

  it('refuses lengths that run out of the batch though the checksum is right', () => {
    const good = encode([record(), record()])
    for (let at = 61; at < good.length; at++) {
      for (const byte of [0x7e, 0x80, 0xff]) {
        const body = Buffer.from(good.subarray(61))
        body[at - 61] = byte
        try {
          decodeBatches(rewritten(good, 0, body))
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'CORRUPT_BATCH')
        }
      }
    }
    assert.throws(() => decodeBatches(rewritten(good, 0, good.subarray(61, 70))), {
      code: 'CORRUPT_BATCH'
    })
  })

  it('refuses old formats, empty batches and fractions of a millisecond', () => {
    const old = encode([record()])
    old[AT.magic] = 1
    assert.throws(() => decodeBatches(old), { code: 'UNSUPPORTED_BATCH' })
    assert.throws(() => new RecordBatchBuilder().finish(), { code: 'EMPTY_BATCH' })
    assert.throws(() => encode([record({ timestamp: TIME + 0.5 })]), { code: 'INVALID_TIMESTAMP' })
  })
})

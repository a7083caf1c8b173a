import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PgoutputDecoder } from '../../connectors/postgres/pgoutput.ts'
import { type RowValues, UNCHANGED } from '../../connectors/postgres/types/table-codec.ts'

const int16 = (value: number) => [value >> 8, value & 255]
const int32 = (value: number) => {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return [...buffer]
}
const int64 = (value: bigint) => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64BE(value)
  return [...buffer]
}
const char = (text: string) => text.charCodeAt(0)
const cstring = (text: string) => [...Buffer.from(text), 0]

/** A row as the server sends it. */
function tuple(values: RowValues): number[] {
  const columns = values.flatMap((value) => {
    if (value === null) return [char('n')]
    if (typeof value === 'symbol') return [char('u')]
    const bytes = Buffer.from(value)
    return [char('t'), ...int32(bytes.length), ...bytes]
  })
  return [...int16(values.length), ...columns]
}

/** Decodes a message that lies in the middle of a larger buffer. */
function decode(...bytes: number[]) {
  const before = [1, 2, 3]
  const buffer = Buffer.from([...before, ...bytes, 9, 9, 9, 9, 9])
  return new PgoutputDecoder().decode(buffer, before.length, before.length + bytes.length)
}

describe('the decoder of pgoutput messages', () => {
  it('reads the beginning and the end of a transaction', () => {
    const begin = decode(char('B'), ...int64(0x1_0000_0002n), ...int64(1_000_001n), ...int32(-1))
    assert.deepEqual(begin, {
      kind: 'begin',
      finalLsn: 0x1_0000_0002,
      commitMicros: 946_684_800_000_000 + 1_000_001,
      xid: 0xffff_ffff
    })
    const commit = decode(char('C'), 0, ...int64(16n), ...int64(32n), ...int64(-5n))
    assert.deepEqual(commit, {
      kind: 'commit',
      lsn: 16,
      endLsn: 32,
      commitMicros: 946_684_800_000_000 - 5
    })
  })

  it('reads a relation with its key columns and type modifiers', () => {
    const message = decode(
      char('R'),
      ...int32(16_385),
      ...cstring('größe'),
      ...cstring('a "b"'),
      char('f'),
      ...int16(2),
      ...[1, ...cstring('id'), ...int32(23), ...int32(-1)],
      ...[0, ...cstring('値'), ...int32(1700), ...int32(458_758)]
    )
    assert.deepEqual(message, {
      kind: 'relation',
      id: 16_385,
      schema: 'größe',
      name: 'a "b"',
      replicaIdentity: 'f',
      columns: [
        { key: true, name: 'id', typeOid: 23, typmod: -1 },
        { key: false, name: '値', typeOid: 1700, typmod: 458_758 }
      ]
    })
  })

  it('reads rows of plain text, of other characters, of nulls and of unchanged values', () => {
    const rows: RowValues[] = [
      ['1', 'plain', '', null, UNCHANGED],
      ['2', 'ünïcode ✓ 値 😀', 'after it', null],
      [],
      // Lengths whose bytes look like the start of a character must not shift what follows.
      ['x'.repeat(0xc3), '¤', 'y'.repeat(0xe2), 'z'],
      ['x'.repeat(0xc2), 'a', null, 'b'],
      ['a\u0000b', '\ufffd']
    ]
    for (const row of rows) {
      const message = decode(char('I'), ...int32(7), char('N'), ...tuple(row))
      assert.deepEqual(message, { kind: 'insert', relation: 7, after: row })
    }
  })

  it('reads updates without, with a key and with a whole old row', () => {
    const after = tuple(['2', 'new'])
    assert.deepEqual(decode(char('U'), ...int32(7), char('N'), ...after), {
      kind: 'update',
      relation: 7,
      before: null,
      keyOnly: false,
      after: ['2', 'new']
    })
    const key = [char('K'), ...tuple(['1', null])]
    assert.deepEqual(decode(char('U'), ...int32(7), ...key, char('N'), ...after), {
      kind: 'update',
      relation: 7,
      before: ['1', null],
      keyOnly: true,
      after: ['2', 'new']
    })
    const old = [char('O'), ...tuple(['1', 'old'])]
    assert.deepEqual(decode(char('U'), ...int32(7), ...old, char('N'), ...after), {
      kind: 'update',
      relation: 7,
      before: ['1', 'old'],
      keyOnly: false,
      after: ['2', 'new']
    })
  })

  it('reads deletes, truncates, types, origins and logical messages', () => {
    assert.deepEqual(decode(char('D'), ...int32(7), char('K'), ...tuple(['1', null])), {
      kind: 'delete',
      relation: 7,
      before: ['1', null],
      keyOnly: true
    })
    assert.deepEqual(decode(char('T'), ...int32(2), 3, ...int32(7), ...int32(8)), {
      kind: 'truncate',
      relations: [7, 8],
      cascade: true,
      restartIdentity: true
    })
    assert.deepEqual(decode(char('Y'), ...int32(99), ...cstring('s'), ...cstring('mood')), {
      kind: 'type',
      oid: 99,
      schema: 's',
      name: 'mood'
    })
    assert.deepEqual(decode(char('O'), ...int64(5n), ...cstring('elsewhere')), {
      kind: 'origin',
      lsn: 5,
      name: 'elsewhere'
    })
    const message = decode(char('M'), 1, ...int64(5n), ...cstring('p'), ...int32(2), 7, 8)
    assert.deepEqual(message, {
      kind: 'message',
      transactional: true,
      lsn: 5,
      prefix: 'p',
      content: Buffer.from([7, 8])
    })
  })

  it('refuses what it does not know', () => {
    assert.throws(() => decode(char('S'), 0), { code: 'POSTGRES_PROTOCOL', message: /0x53/ })
    const binary = [...int16(1), char('b'), ...int32(1), 0]
    assert.throws(() => decode(char('I'), ...int32(7), char('N'), ...binary), {
      code: 'POSTGRES_PROTOCOL'
    })
  })
})

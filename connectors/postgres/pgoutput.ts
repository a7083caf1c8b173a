import { ConnectError } from '../../runtime/api/errors.ts'
import { type Lsn, readLsn } from './lsn.ts'
import type { ReplicaIdentity } from './types/catalog.ts'
import { type RowValue, UNCHANGED } from './types/table-codec.ts'

/**
 * Decoder of the logical replication messages of PostgreSQL's `pgoutput` plugin, protocol version 1
 * (PostgreSQL 10 and later), text format. Facts: PostgreSQL documentation, chapter "Logical
 * Replication Message Formats".
 */

/** A row, or its identity columns with null elsewhere. */
export type Tuple = RowValue[]

export interface RelationColumn {
  readonly name: string
  /** Part of the replica identity: of the primary key when the identity is the default. */
  readonly key: boolean
  readonly typeOid: number
  readonly typmod: number
}

export interface RelationMessage {
  readonly kind: 'relation'
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly replicaIdentity: ReplicaIdentity
  readonly columns: readonly RelationColumn[]
}

export interface BeginMessage {
  readonly kind: 'begin'
  /** Position of the commit record. */
  readonly finalLsn: Lsn
  /** Microseconds since 1970. */
  readonly commitMicros: number
  readonly xid: number
}

export interface CommitMessage {
  readonly kind: 'commit'
  /** Position of the commit record. */
  readonly lsn: Lsn
  /** First byte after the transaction: the position to confirm and to resume from. */
  readonly endLsn: Lsn
  readonly commitMicros: number
}

export interface InsertMessage {
  readonly kind: 'insert'
  readonly relation: number
  readonly after: Tuple
}

export interface UpdateMessage {
  readonly kind: 'update'
  readonly relation: number
  /** The old row, or its identity columns with null elsewhere, or null when nothing was sent. */
  readonly before: Tuple | null
  /** True when `before` holds the identity columns only. */
  readonly keyOnly: boolean
  readonly after: Tuple
}

export interface DeleteMessage {
  readonly kind: 'delete'
  readonly relation: number
  readonly before: Tuple
  readonly keyOnly: boolean
}

export interface TruncateMessage {
  readonly kind: 'truncate'
  readonly relations: readonly number[]
  readonly cascade: boolean
  readonly restartIdentity: boolean
}

export interface TypeMessage {
  readonly kind: 'type'
  readonly oid: number
  readonly schema: string
  readonly name: string
}

export interface OriginMessage {
  readonly kind: 'origin'
  readonly lsn: Lsn
  readonly name: string
}

export interface LogicalMessage {
  readonly kind: 'message'
  readonly transactional: boolean
  readonly lsn: Lsn
  readonly prefix: string
  readonly content: Buffer
}

export type Message =
  | BeginMessage
  | CommitMessage
  | RelationMessage
  | InsertMessage
  | UpdateMessage
  | DeleteMessage
  | TruncateMessage
  | TypeMessage
  | OriginMessage
  | LogicalMessage

/** Microseconds from 1970 to 2000, PostgreSQL's epoch. */
const EPOCH_MICROS = 946_684_800_000_000

const NULL = 0x6e
const UNCHANGED_TOAST = 0x75
const TEXT = 0x74
const KEY_TUPLE = 0x4b
const OLD_TUPLE = 0x4f
const NEW_TUPLE = 0x4e

/** Reads one message after another. Not re-entrant; keeps nothing between messages. */
export class PgoutputDecoder {
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0

  /**
   * @param start where the message starts: its type byte
   * @param end where it ends
   * @throws {ConnectError} POSTGRES_PROTOCOL for a message that this protocol version does not have
   */
  decode(buffer: Buffer, start: number, end: number): Message {
    this.#buffer = buffer
    this.#at = start + 1
    switch (buffer[start]) {
      case 0x49:
        return { kind: 'insert', relation: this.#int32(), after: this.#newTuple() }
      case 0x55:
        return this.#update()
      case 0x44:
        return this.#delete()
      case 0x42:
        return {
          kind: 'begin',
          finalLsn: this.#lsn(),
          commitMicros: this.#micros(),
          xid: this.#int32()
        }
      case 0x43:
        this.#at++
        return {
          kind: 'commit',
          lsn: this.#lsn(),
          endLsn: this.#lsn(),
          commitMicros: this.#micros()
        }
      case 0x52:
        return this.#relation()
      case 0x54:
        return this.#truncate()
      case 0x59:
        return { kind: 'type', oid: this.#int32(), schema: this.#cstring(), name: this.#cstring() }
      case 0x4f:
        return { kind: 'origin', lsn: this.#lsn(), name: this.#cstring() }
      case 0x4d:
        return this.#message(end)
      default:
        throw new ConnectError(
          'POSTGRES_PROTOCOL',
          `The server sent a replication message of unknown type 0x${(buffer[start] ?? 0).toString(16)}`
        )
    }
  }

  #update(): UpdateMessage {
    const relation = this.#int32()
    const mark = this.#buffer[this.#at]
    const keyOnly = mark === KEY_TUPLE
    let before: Tuple | null = null
    if (keyOnly || mark === OLD_TUPLE) {
      this.#at++
      before = this.#tuple()
    }
    return { kind: 'update', relation, before, keyOnly, after: this.#newTuple() }
  }

  #delete(): DeleteMessage {
    const relation = this.#int32()
    const keyOnly = this.#buffer[this.#at++] === KEY_TUPLE
    return { kind: 'delete', relation, before: this.#tuple(), keyOnly }
  }

  #relation(): RelationMessage {
    const id = this.#int32()
    // An empty name stands for pg_catalog.
    const schema = this.#cstring() || 'pg_catalog'
    const name = this.#cstring()
    const replicaIdentity = String.fromCharCode(this.#byte()) as ReplicaIdentity
    const columns: RelationColumn[] = []
    const count = this.#int16()
    for (let i = 0; i < count; i++) {
      const key = (this.#byte() & 1) === 1
      const column = this.#cstring()
      columns.push({ key, name: column, typeOid: this.#int32(), typmod: this.#int32() | 0 })
    }
    return { kind: 'relation', id, schema, name, replicaIdentity, columns }
  }

  #truncate(): TruncateMessage {
    const count = this.#int32()
    const flags = this.#byte()
    const relations: number[] = []
    for (let i = 0; i < count; i++) relations.push(this.#int32())
    return {
      kind: 'truncate',
      relations,
      cascade: (flags & 1) !== 0,
      restartIdentity: (flags & 2) !== 0
    }
  }

  #message(end: number): LogicalMessage {
    const transactional = (this.#byte() & 1) === 1
    const lsn = this.#lsn()
    const prefix = this.#cstring()
    const length = this.#int32()
    // A copy: the content may be kept longer than the buffer that it lies in.
    const content = Buffer.from(this.#buffer.subarray(this.#at, Math.min(end, this.#at + length)))
    return { kind: 'message', transactional, lsn, prefix, content }
  }

  #newTuple(): Tuple {
    const mark = this.#buffer[this.#at++]
    if (mark === NEW_TUPLE) return this.#tuple()
    throw new ConnectError('POSTGRES_PROTOCOL', `A row was expected, not 0x${mark?.toString(16)}`)
  }

  /**
   * One call decodes the text of the whole row, lengths included. When that gives as many characters
   * as bytes, no column has a character beyond ASCII (each such character takes more bytes than
   * UTF-16 units), and every column is a substring at its byte position.
   */
  #tuple(): Tuple {
    const buffer = this.#buffer
    const count = this.#int16()
    const start = this.#at
    const end = this.#tupleEnd(count)
    const text = buffer.toString('utf8', start, end)
    const aligned = text.length === end - start
    const tuple: Tuple = new Array(count)
    let at = start
    for (let i = 0; i < count; i++) {
      const mark = buffer[at++]
      if (mark === TEXT) {
        const from = at + 4
        at = from + int32At(buffer, at)
        tuple[i] = aligned
          ? text.substring(from - start, at - start)
          : buffer.toString('utf8', from, at)
      } else {
        tuple[i] = mark === NULL ? null : UNCHANGED
      }
    }
    this.#at = end
    return tuple
  }

  #tupleEnd(count: number): number {
    const buffer = this.#buffer
    let at = this.#at
    for (let i = 0; i < count; i++) {
      const mark = buffer[at++]
      if (mark === TEXT) at += 4 + int32At(buffer, at)
      else if (mark !== NULL && mark !== UNCHANGED_TOAST) {
        throw new ConnectError(
          'POSTGRES_PROTOCOL',
          `A column value of unknown kind 0x${mark?.toString(16)}`
        )
      }
    }
    return at
  }

  #byte(): number {
    return this.#buffer[this.#at++] ?? 0
  }

  #int16(): number {
    const value = this.#buffer.readUInt16BE(this.#at)
    this.#at += 2
    return value
  }

  #int32(): number {
    const value = this.#buffer.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  #lsn(): Lsn {
    const value = readLsn(this.#buffer, this.#at)
    this.#at += 8
    return value
  }

  #micros(): number {
    const value = Number(this.#buffer.readBigInt64BE(this.#at)) + EPOCH_MICROS
    this.#at += 8
    return value
  }

  #cstring(): string {
    const end = this.#buffer.indexOf(0, this.#at)
    const text = this.#buffer.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }
}

/** Buffer.readInt32BE without its checks: the caller has them. */
function int32At(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] ?? 0) << 24) |
    ((buffer[at + 1] ?? 0) << 16) |
    ((buffer[at + 2] ?? 0) << 8) |
    (buffer[at + 3] ?? 0)
  )
}

import type { GtidEvent, GtidListEvent } from './binlog-event.ts'
import { type ByteReader, badEvent } from './byte-reader.ts'
import { EventCode } from './event-code.ts'
import { formatUuid, GtidSet } from './gtid-set.ts'

/** MariaDB's flags of a GTID event: https://mariadb.com/kb/en/gtid_event/ */
const STANDALONE = 0x01
const DDL = 0x20
const PREPARED_XA = 0x40
const COMPLETED_XA = 0x80

/** Set in the commit time of this server when that of the origin follows. */
const HAS_ORIGINAL_TIME = 1n << 55n

/** @throws {ConnectError} MYSQL_BINLOG_EVENT */
export function readMariadbGtid(reader: ByteReader, serverId: number): GtidEvent {
  const sequence = reader.u64()
  const domain = reader.u32()
  const flags = reader.u8()
  return {
    kind: 'gtid',
    gtid: `${domain}-${serverId}-${sequence}`,
    standalone: (flags & STANDALONE) !== 0,
    ddl: (flags & DDL) !== 0,
    completesXa: (flags & COMPLETED_XA) !== 0,
    preparesXa: (flags & PREPARED_XA) !== 0,
    commitMicros: null,
    originalCommitMicros: null
  }
}

/** The last GTID of every domain before this file. */
export function readMariadbGtidList(reader: ByteReader): GtidListEvent {
  const count = reader.u32() & 0x0fffffff
  const gtids: string[] = []
  for (let index = 0; index < count; index++) {
    const domain = reader.u32()
    const server = reader.u32()
    gtids.push(`${domain}-${server}-${reader.u64()}`)
  }
  return { kind: 'gtid_list', gtids: gtids.join(',') }
}

/** MySQL: the set of all transactions before this file. */
export function readPreviousGtids(reader: ByteReader): GtidListEvent {
  return { kind: 'gtid_list', gtids: GtidSet.read(reader).toString() }
}

/**
 * GTID and ANONYMOUS_GTID of MySQL:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Gtid__event.html
 */
export function readMysqlGtid(reader: ByteReader, code: number): GtidEvent {
  reader.skip(1)
  const uuid = formatUuid(reader.bytes(16))
  const number = reader.u64()
  const times = readCommitTimes(reader)
  return mysqlGtid(code === EventCode.ANONYMOUS_GTID ? null : `${uuid}:${number}`, ...times)
}

/** MySQL 5.7 and later add the order of commits, 8.0 the times. */
function readCommitTimes(reader: ByteReader): [number | null, number | null] {
  const ORDER = 17
  const TIME = 7
  if (reader.remaining < ORDER + TIME) return [null, null]
  reader.skip(ORDER)
  const own = readTime(reader)
  if ((own & HAS_ORIGINAL_TIME) === 0n) return [Number(own), Number(own)]
  return [Number(own & ~HAS_ORIGINAL_TIME), Number(readTime(reader))]
}

function readTime(reader: ByteReader): bigint {
  return BigInt(reader.u32()) | (BigInt(reader.uint(3)) << 32n)
}

function mysqlGtid(
  gtid: string | null,
  commitMicros: number | null,
  originalCommitMicros: number | null
): GtidEvent {
  return {
    kind: 'gtid',
    gtid,
    standalone: false,
    ddl: false,
    completesXa: false,
    preparesXa: false,
    commitMicros,
    originalCommitMicros
  }
}

/**
 * MySQL 8.3 and later: a message of numbered fields.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html and
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Gtid__event.html
 */
export function readTaggedGtid(reader: ByteReader): GtidEvent {
  const version = reader.u8()
  if (version !== 2) throw badEvent(`a tagged GTID has format version ${version >> 1}`)
  readUnsigned(reader)
  readUnsigned(reader)
  let uuid = ''
  let number = 0n
  let tag = ''
  let own: number | null = null
  let original: number | null = null
  while (reader.remaining > 0) {
    const field = readUnsigned(reader)
    if (field === 0n) readFixed(reader, 1)
    else if (field === 1n) uuid = formatUuid(readFixed(reader, 16))
    else if (field === 2n) number = readSigned(reader)
    else if (field === 3n) tag = reader.text(Number(readUnsigned(reader)))
    else if (field === 4n || field === 5n) readSigned(reader)
    else if (field === 6n) own = Number(readUnsigned(reader))
    else if (field === 7n) original = Number(readUnsigned(reader))
    // What follows are lengths and versions, and what later versions add.
    else break
  }
  if (uuid === '' || number <= 0n) throw badEvent('a tagged GTID has no number')
  return mysqlGtid(
    tag === '' ? `${uuid}:${number}` : `${uuid}:${tag}:${number}`,
    own,
    original ?? own
  )
}

/** As many one bits at the low end as bytes follow, then the value. */
function readVariable(reader: ByteReader): { bits: bigint; length: number } {
  const first = reader.u8()
  let length = 1
  for (let rest = first; (rest & 1) === 1; rest >>= 1) length++
  let bits = BigInt(first)
  for (let index = 1; index < length; index++) bits |= BigInt(reader.u8()) << BigInt(8 * index)
  return { bits, length }
}

function readUnsigned(reader: ByteReader): bigint {
  const { bits, length } = readVariable(reader)
  return bits >> BigInt(length)
}

/** The lowest bit of the value is its sign. */
function readSigned(reader: ByteReader): bigint {
  const value = readUnsigned(reader)
  return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n
}

/** Bytes of a fixed number, each written as a number of one or two bytes. */
function readFixed(reader: ByteReader, count: number): Buffer {
  const bytes = Buffer.alloc(count)
  for (let index = 0; index < count; index++) bytes[index] = Number(readUnsigned(reader))
  return bytes
}

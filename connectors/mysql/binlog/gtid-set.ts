import { type ByteReader, badEvent } from './byte-reader.ts'
import { badGtid, partsOf } from './gtid-syntax.ts'

/** First and last number, both included. */
type Interval = readonly [first: number, last: number]

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TAG = /^[a-z_][a-z0-9_]{0,31}$/
const INTERVAL = /^([0-9]{1,19})(?:-([0-9]{1,19}))?$/

/** In the first eight bytes of an encoded set: with tags. */
const TAGGED = 1

/**
 * MySQL: a set of transactions, `uuid:1-5:7,uuid:tag:1-3`. Kept by UUID and tag, each with intervals in order.
 * https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html
 */
export class GtidSet {
  /** Keys are `uuid` or `uuid:tag`. */
  readonly #intervals = new Map<string, Interval[]>()

  /** @throws {ConnectError} MYSQL_GTID_SYNTAX */
  static parse(text: string): GtidSet {
    const set = new GtidSet()
    for (const part of partsOf(text)) {
      const [name = '', ...rest] = part.toLowerCase().split(':')
      if (!UUID.test(name) || rest.length === 0) throw badGtid(part, 'GTID set of MySQL')
      let source = name
      for (const piece of rest) {
        const [, first, last] = INTERVAL.exec(piece) ?? []
        if (first !== undefined) set.#addInterval(source, intervalOf(first, last ?? first, part))
        else if (TAG.test(piece)) source = `${name}:${piece}`
        else throw badGtid(part, 'GTID set of MySQL')
      }
    }
    return set
  }

  get isEmpty(): boolean {
    return this.#intervals.size === 0
  }

  add(gtid: string): void {
    const { source, number } = parseOne(gtid)
    const intervals = this.#intervals.get(source)
    const end = intervals?.at(-1)
    // Nearly always the next number of its source.
    if (intervals !== undefined && end !== undefined && end[1] + 1 === number) {
      intervals[intervals.length - 1] = [end[0], number]
    } else {
      this.#addInterval(source, [number, number])
    }
  }

  has(gtid: string): boolean {
    const { source, number } = parseOne(gtid)
    const intervals = this.#intervals.get(source) ?? []
    return intervals.some(([first, last]) => first <= number && number <= last)
  }

  covers(other: GtidSet): boolean {
    return other.minus(this).isEmpty
  }

  filter(keep: (source: string) => boolean): GtidSet {
    const set = new GtidSet()
    for (const [source, intervals] of this.#intervals) {
      if (keep(uuidOf(source))) set.#intervals.set(source, [...intervals])
    }
    return set
  }

  plus(other: GtidSet): GtidSet {
    const sum = this.copy()
    for (const [source, intervals] of other.#intervals) {
      for (const interval of intervals) sum.#addInterval(source, interval)
    }
    return sum
  }

  minus(other: GtidSet): GtidSet {
    const set = new GtidSet()
    for (const [source, intervals] of this.#intervals) {
      const rest = without(intervals, other.#intervals.get(source) ?? [])
      if (rest.length > 0) set.#intervals.set(source, rest)
    }
    return set
  }

  copy(): GtidSet {
    return this.filter(() => true)
  }

  toString(): string {
    const parts: string[] = []
    let before = ''
    for (const [source, intervals] of this.#sorted()) {
      const uuid = uuidOf(source)
      const ranges = intervals.map(([first, last]) => (first === last ? first : `${first}-${last}`))
      const head = uuid === before ? `:${source.slice(uuid.length + 1)}` : `,${source}`
      parts.push(`${head}:${ranges.join(':')}`)
      before = uuid
    }
    return parts.join('').slice(1)
  }

  /** As COM_BINLOG_DUMP_GTID has it: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump_gtid.html */
  encode(): Buffer {
    const sources = this.#sorted()
    const tagged = sources.some(([source]) => source.includes(':'))
    const count = BigInt(sources.length)
    const head = tagged ? (BigInt(TAGGED) << 56n) | (count << 8n) | BigInt(TAGGED) : count
    const parts = [number64(head)]
    for (const [source, intervals] of sources) {
      const uuid = uuidOf(source)
      parts.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
      const tag = source.slice(uuid.length + 1)
      if (tagged) parts.push(Buffer.from([tag.length << 1]), Buffer.from(tag, 'latin1'))
      parts.push(number64(BigInt(intervals.length)))
      for (const [first, last] of intervals) {
        parts.push(number64(BigInt(first)), number64(BigInt(last) + 1n))
      }
    }
    return Buffer.concat(parts)
  }

  /**
   * The reverse of {@link encode}.
   * @throws {ConnectError} MYSQL_BINLOG_EVENT
   */
  static read(reader: ByteReader): GtidSet {
    const set = new GtidSet()
    const head = reader.u64()
    const tagged = Number(head >> 56n) === TAGGED
    const count = tagged ? (head >> 8n) & 0xffffffffffffn : head
    for (let left = count; left > 0n; left--) {
      const uuid = formatUuid(reader.bytes(16))
      const tag = tagged ? reader.text(reader.u8() >> 1) : ''
      const source = tag === '' ? uuid : `${uuid}:${tag}`
      for (let intervals = reader.u64(); intervals > 0n; intervals--) {
        const first = reader.u64()
        const last = reader.u64() - 1n
        if (first < 1n || last < first || last > Number.MAX_SAFE_INTEGER) {
          throw badEvent(`a set of GTIDs has the interval ${first}-${last}`)
        }
        set.#addInterval(source, [Number(first), Number(last)])
      }
    }
    return set
  }

  #sorted(): [string, Interval[]][] {
    return [...this.#intervals].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  #addInterval(source: string, added: Interval): void {
    const intervals = this.#intervals.get(source) ?? []
    this.#intervals.set(source, joined([...intervals, added]))
  }
}

/** @param bytes 16 of them */
export function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function uuidOf(source: string): string {
  return source.slice(0, 36)
}

function parseOne(gtid: string): { source: string; number: number } {
  const colon = gtid.lastIndexOf(':')
  const number = Number(gtid.slice(colon + 1))
  if (colon < 36 || !Number.isSafeInteger(number) || number < 1) {
    throw badGtid(gtid, 'GTID of MySQL')
  }
  return { source: gtid.slice(0, colon), number }
}

function intervalOf(first: string, last: string, text: string): Interval {
  const interval = [Number(first), Number(last)] as const
  const [from, to] = interval
  if (from < 1 || to < from || !Number.isSafeInteger(to)) {
    throw badGtid(text, 'GTID set of MySQL')
  }
  return interval
}

/** In order, with those that touch made one. */
function joined(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = []
  for (const [first, last] of intervals.toSorted(([a], [b]) => a - b)) {
    const before = result.at(-1)
    if (before === undefined || first > before[1] + 1) result.push([first, last])
    else result[result.length - 1] = [before[0], Math.max(before[1], last)]
  }
  return result
}

function without(intervals: readonly Interval[], taken: readonly Interval[]): Interval[] {
  let rest: Interval[] = [...intervals]
  for (const [from, to] of taken) {
    rest = rest.flatMap(([first, last]): Interval[] => {
      if (to < first || last < from) return [[first, last]]
      const parts: Interval[] = []
      if (first < from) parts.push([first, from - 1])
      if (to < last) parts.push([to + 1, last])
      return parts
    })
  }
  return rest
}

function number64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

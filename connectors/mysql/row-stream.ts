import type { PacketSocket } from './packet-socket.ts'

/** A row as the text protocol has it: the bytes of every value, or null. */
export type BytesRow = (Buffer | null)[]

/** A column of a result, as far as readers need it. */
export interface ResultColumn {
  readonly name: string
  /** Type code of the protocol. */
  readonly type: number
  /** Collation of the bytes as they are sent; 63 is binary. */
  readonly collation: number
}

const OK = 0x00
const EOF = 0xfe
const ERR = 0xff
const NULL_VALUE = 0xfb

/**
 * Reads the answer to a query from raw packets. Formats:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
 */
export class ResultReader {
  readonly #packets: PacketSocket
  #columnCount = -1
  #columns: ResultColumn[] = []
  #inRows = false

  constructor(packets: PacketSocket) {
    this.#packets = packets
  }

  /** Known once the first rows, or the end, are here. */
  get columns(): readonly ResultColumn[] {
    return this.#columns
  }

  /**
   * Adds the rows that have arrived, up to a number. Their values are parts of the buffers that were received.
   * @returns whether the result is complete
   * @throws {ServerAnswer} when the server answered with an error
   */
  read(rows: BytesRow[], limit = Number.POSITIVE_INFINITY): boolean {
    const packets = this.#packets
    while (rows.length < limit && packets.next()) {
      const { buffer, start, end } = packets
      const first = buffer[start]
      if (first === ERR) throw new ServerAnswer(buffer, start, end)
      if (this.#inRows) {
        if (first === EOF && end - start < 9) return true
        rows.push(this.#row(buffer, start))
      } else if (this.#columnCount < 0) {
        if (first === OK) return true
        this.#columnCount = readLength(buffer, start).value
      } else if (this.#columns.length < this.#columnCount) {
        this.#columns.push(readColumn(buffer, start))
      } else {
        this.#inRows = true
      }
    }
    return false
  }

  #row(buffer: Buffer, start: number): BytesRow {
    const count = this.#columnCount
    const row: BytesRow = new Array(count)
    let at = start
    for (let index = 0; index < count; index++) {
      const first = buffer[at] as number
      if (first < NULL_VALUE) {
        row[index] = buffer.subarray(at + 1, at + 1 + first)
        at += 1 + first
      } else if (first === NULL_VALUE) {
        row[index] = null
        at++
      } else {
        const { value, next } = readLength(buffer, at)
        row[index] = buffer.subarray(next, next + value)
        at = next + value
      }
    }
    return row
  }
}

/** An ERR packet, with the properties that `mysql2` gives its errors. */
export class ServerAnswer extends Error {
  readonly errno: number
  readonly sqlState: string

  constructor(buffer: Buffer, start: number, end: number) {
    const hasState = buffer[start + 3] === 0x23
    super(buffer.toString('utf8', start + (hasState ? 9 : 3), end))
    this.errno = buffer.readUInt16LE(start + 1)
    this.sqlState = hasState ? buffer.toString('latin1', start + 4, start + 9) : ''
  }
}

/** A length-encoded integer: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html */
function readLength(buffer: Buffer, at: number): { value: number; next: number } {
  const first = buffer.readUInt8(at)
  if (first < NULL_VALUE) return { value: first, next: at + 1 }
  if (first === 0xfc) return { value: buffer.readUInt16LE(at + 1), next: at + 3 }
  if (first === 0xfd) return { value: buffer.readUIntLE(at + 1, 3), next: at + 4 }
  return { value: Number(buffer.readBigUInt64LE(at + 1)), next: at + 9 }
}

/** Column definition: catalog, schema, table, original table, name, original name, then fixed fields. */
function readColumn(buffer: Buffer, start: number): ResultColumn {
  let at = start
  let name = ''
  for (let part = 0; part < 6; part++) {
    const { value, next } = readLength(buffer, at)
    if (part === 4) name = buffer.toString('utf8', next, next + value)
    at = next + value
  }
  const { next } = readLength(buffer, at)
  return { name, collation: buffer.readUInt16LE(next), type: buffer.readUInt8(next + 6) }
}

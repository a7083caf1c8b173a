/**
 * MySQL's binary JSON and its partial updates, made by hand after the grammar in json_binary.h:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/json__binary_8h.html
 */

/** A value: a byte for its kind, and its bytes. */
export interface BinaryJson {
  readonly kind: number
  readonly bytes: Buffer
}

const of = (kind: number, bytes: Buffer | readonly number[]): BinaryJson => ({
  kind,
  bytes: Buffer.from(bytes)
})

function written(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size)
  write(buffer)
  return buffer
}

export const literal = (text: 'null' | 'true' | 'false') =>
  of(0x04, [['null', 'true', 'false'].indexOf(text)])
export const int16 = (value: number) =>
  of(
    0x05,
    written(2, (b) => b.writeInt16LE(value))
  )
export const uint16 = (value: number) =>
  of(
    0x06,
    written(2, (b) => b.writeUInt16LE(value))
  )
export const int32 = (value: number) =>
  of(
    0x07,
    written(4, (b) => b.writeInt32LE(value))
  )
export const uint32 = (value: number) =>
  of(
    0x08,
    written(4, (b) => b.writeUInt32LE(value))
  )
export const int64 = (value: bigint) =>
  of(
    0x09,
    written(8, (b) => b.writeBigInt64LE(value))
  )
export const uint64 = (value: bigint) =>
  of(
    0x0a,
    written(8, (b) => b.writeBigUInt64LE(value))
  )
export const double = (value: number) =>
  of(
    0x0b,
    written(8, (b) => b.writeDoubleLE(value))
  )
export const text = (value: string) => of(0x0c, sized(Buffer.from(value)))
export const opaque = (type: number, bytes: Buffer) =>
  of(0x0f, Buffer.concat([Buffer.of(type), sized(bytes)]))

/** `TIME_to_longlong_packed`: months since year 0 at 13 a year, day, clock, microseconds. */
export function packedTime(
  [year, month, day]: readonly [number, number, number],
  [hours, minutes, seconds, micros]: readonly [number, number, number, number],
  negative = false
): Buffer {
  const date = BigInt((year * 13 + month) * 32 + day)
  const clock = BigInt((hours * 64 + minutes) * 64 + seconds)
  const value = (((date << 17n) + clock) << 24n) + BigInt(micros)
  return written(8, (b) => b.writeBigInt64LE(negative ? -value : value))
}

/** Seven bits a byte, the lowest first; all but the last have the highest bit. */
function sized(bytes: Buffer): Buffer {
  const length: number[] = []
  let rest = bytes.length
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([Buffer.from(length), bytes])
}

export function array(items: readonly BinaryJson[], large = false): BinaryJson {
  return container(items, null, large)
}

/** @param members in the order of the server: shorter names first */
export function object(members: Readonly<Record<string, BinaryJson>>, large = false): BinaryJson {
  return container(Object.values(members), Object.keys(members), large)
}

function container(
  items: readonly BinaryJson[],
  keys: readonly string[] | null,
  large: boolean
): BinaryJson {
  const width = large ? 4 : 2
  const number = (value: number, size: number) =>
    written(size, (b) => b.writeUIntLE(value, 0, size))
  const names = (keys ?? []).map((key) => Buffer.from(key))
  const entries = names.length * (width + 2) + items.length * (width + 1)
  let end = 2 * width + entries
  const parts: Buffer[] = []
  for (const name of names) {
    parts.push(Buffer.concat([number(end, width), number(name.length, 2)]))
    end += name.length
  }
  const values: Buffer[] = []
  for (const { kind, bytes } of items) {
    const isInlined = [0x04, 0x05, 0x06, ...(large ? [0x07, 0x08] : [])].includes(kind)
    const inlined = Buffer.alloc(width)
    if (isInlined) bytes.copy(inlined)
    parts.push(Buffer.concat([Buffer.of(kind), isInlined ? inlined : number(end, width)]))
    if (isInlined) continue
    values.push(bytes)
    end += bytes.length
  }
  const head = [number(items.length, width), number(end, width)]
  const kind = (keys === null ? 0x02 : 0x00) + (large ? 1 : 0)
  return of(kind, Buffer.concat([...head, ...parts, ...names, ...values]))
}

/** A document as a column has it. */
export function documentOf({ kind, bytes }: BinaryJson): Buffer {
  return Buffer.concat([Buffer.of(kind), bytes])
}

/**
 * One change of a partial update: `Json_diff::write_binary`,
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classJson__diff.html
 */
export function diff(
  operation: 'replace' | 'insert' | 'remove',
  path: string,
  value?: BinaryJson
): Buffer {
  const bytes = value === undefined ? Buffer.alloc(0) : withLength(documentOf(value))
  const code = ['replace', 'insert', 'remove'].indexOf(operation)
  return Buffer.concat([Buffer.of(code), withLength(Buffer.from(path)), bytes])
}

/** Lengths as the protocol encodes them. */
function withLength(bytes: Buffer): Buffer {
  const { length } = bytes
  if (length < 251) return Buffer.concat([Buffer.of(length), bytes])
  return Buffer.concat([Buffer.of(0xfc, length & 0xff, length >> 8), bytes])
}

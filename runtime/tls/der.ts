/** One value of ASN.1 in its distinguished encoding (X.690). */
export interface Der {
  readonly tag: number
  readonly content: Buffer
}

export const TAG = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  explicit0: 0xa0
} as const

/** @throws {RangeError} where the bytes are cut short or are no such encoding */
export function readDer(bytes: Buffer, at = 0): { readonly value: Der; readonly end: number } {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) throw new RangeError('a value is cut short')
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size < 1 || size > 4 || start + size > bytes.length) {
      throw new RangeError('a length is not in the distinguished encoding')
    }
    length = bytes.readUIntBE(start, size)
    start += size
  }
  const end = start + length
  if (end > bytes.length) throw new RangeError('a value is cut short')
  return { value: { tag, content: bytes.subarray(start, end) }, end }
}

/** The values inside of a value. @throws {RangeError} as `readDer` */
export function children({ content }: Der): Der[] {
  const found: Der[] = []
  for (let at = 0; at < content.length; ) {
    const { value, end } = readDer(content, at)
    found.push(value)
    at = end
  }
  return found
}

/** The object identifier as the hexadecimal digits of its encoding, or nothing for another value. */
export function oidOf(value: Der | undefined): string {
  return value?.tag === TAG.oid ? value.content.toString('hex') : ''
}

/** A whole number that is not negative and small. @throws {RangeError} for another value */
export function numberOf(value: Der | undefined): number {
  if (value?.tag !== TAG.integer || value.content.length < 1 || value.content.length > 5) {
    throw new RangeError('a number was expected')
  }
  return value.content.readUIntBE(0, value.content.length)
}

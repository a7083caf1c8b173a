/**
 * Keys in Debezium's offsets of incremental snapshots: an `Object[]` as Java's ObjectOutputStream writes it, in
 * hexadecimal digits. Grammar: Java Object Serialization Specification, chapter 6.4.
 */

const MAGIC = 'aced0005'
const TC_CLASSDESC = 0x72
const TC_NULL = 0x70
const TC_REFERENCE = 0x71
const TC_OBJECT = 0x73
const TC_ARRAY = 0x75
const TC_ENDBLOCKDATA = 0x78
/** The first number that is given to a class, object or array, for references to it. */
const FIRST_HANDLE = 0x7e_0000
const SC_SERIALIZABLE = 0x02

/** Sizes of the one field of java.lang.Integer and its like. */
const SIZES: Readonly<Record<string, number>> = {
  'java.lang.Byte': 1,
  'java.lang.Short': 2,
  'java.lang.Integer': 4,
  'java.lang.Long': 8
}

/**
 * @returns the numbers of a key as decimal text; null for a key that has other values too, of which the text in SQL
 * depends on the column, or that cannot be read
 */
export function serializedIntegers(hex: string): string[] | null {
  if (!/^([0-9a-f]{2})*$/i.test(hex) || !hex.startsWith(MAGIC)) return null
  try {
    return new KeyReader(Buffer.from(hex, 'hex')).read()
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Throws a RangeError at what it does not know, and at the end of the bytes, as Buffer does. */
class KeyReader {
  readonly #bytes: Buffer
  #at = MAGIC.length / 2
  /** Class names and values by handle. */
  readonly #handles: string[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  read(): string[] {
    this.#expect(TC_ARRAY)
    if (this.#classDesc() !== '[Ljava.lang.Object;') throw new RangeError('no Object[]')
    this.#handles.push('')
    const length = this.#bytes.readInt32BE(this.#skip(4))
    if (length < 1 || length > this.#bytes.length) throw new RangeError('no length of a key')
    return Array.from({ length }, () => this.#integer())
  }

  #integer(): string {
    const code = this.#byte()
    if (code === TC_REFERENCE) return this.#reference()
    if (code !== TC_OBJECT) throw new RangeError('no object')
    const size = SIZES[this.#classDesc()]
    if (size === undefined) throw new RangeError('no integer')
    const at = this.#skip(size)
    const value = size === 8 ? this.#bytes.readBigInt64BE(at) : this.#bytes.readIntBE(at, size)
    this.#handles.push(String(value))
    return String(value)
  }

  /** @returns the name of the class; empty for no superclass */
  #classDesc(): string {
    const code = this.#byte()
    if (code === TC_NULL) return ''
    if (code === TC_REFERENCE) return this.#reference()
    if (code !== TC_CLASSDESC) throw new RangeError('no class')
    const name = this.#text()
    this.#skip(8)
    this.#handles.push(name)
    if (this.#byte() !== SC_SERIALIZABLE) throw new RangeError('a class that writes itself')
    for (let fields = this.#bytes.readUInt16BE(this.#skip(2)); fields > 0; fields--) {
      if (!'BSIJ'.includes(String.fromCharCode(this.#byte()))) throw new RangeError('no integer')
      this.#text()
    }
    this.#expect(TC_ENDBLOCKDATA)
    this.#classDesc()
    return name
  }

  #reference(): string {
    const value = this.#handles[this.#bytes.readInt32BE(this.#skip(4)) - FIRST_HANDLE]
    if (value === undefined) throw new RangeError('no such reference')
    return value
  }

  #text(): string {
    const length = this.#bytes.readUInt16BE(this.#skip(2))
    const at = this.#skip(length)
    return this.#bytes.toString('latin1', at, at + length)
  }

  #expect(code: number): void {
    if (this.#byte() !== code) throw new RangeError('another kind of value')
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  /** @returns where the bytes that are passed over begin */
  #skip(length: number): number {
    const at = this.#at
    this.#at += length
    return at
  }
}

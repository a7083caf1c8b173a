import { boolean, bytes, string } from '../../../runtime/api/schema.ts'
import { type TypeUse, type ValueCodec, withDefaults } from './value-codec.ts'

const ENCODINGS = { base64: 'base64', 'base64-url-safe': 'base64url', hex: 'hex' } as const

/** `bytea`, as `binary.handling.mode` says. */
export function byteaCodec(use: TypeUse): ValueCodec {
  return bytesCodec(use, readBytea)
}

/** Values of a type without mapping (`include.unknown.datatypes`): the bytes of their text. */
export function unknownCodec(use: TypeUse, normalize?: (text: string) => string): ValueCodec {
  return bytesCodec(use, (text) => Buffer.from(normalize ? normalize(text) : text))
}

function bytesCodec(use: TypeUse, read: (text: string) => Buffer): ValueCodec {
  const { binary, placeholder } = use.options
  if (binary === 'bytes') {
    const unchanged = Buffer.from(placeholder)
    return { schema: bytes(), decode: read, zero: Buffer.alloc(0), unchanged }
  }
  const encoding = ENCODINGS[binary]
  const pad = binary === 'base64-url-safe'
  const decode = (text: string) => {
    const encoded = read(text).toString(encoding)
    // Java's URL-safe encoder keeps the padding.
    return pad ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded
  }
  return { schema: string(), decode, zero: '', unchanged: placeholder }
}

const BACKSLASH = 0x5c

function readBytea(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex')
  // The format `escape`: a byte beyond ASCII is three octal digits.
  const latin = text.replaceAll(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(code === '\\' ? BACKSLASH : Number.parseInt(code, 8))
  )
  return Buffer.from(latin, 'latin1')
}

const UNLIMITED = 2_147_483_647

/** `bit(n)` and `varbit(n)`: a boolean for one bit, else bytes, the lowest first. */
export function bitCodec(use: TypeUse): ValueCodec {
  if (use.typmod === 1) {
    return withDefaults({
      schema: boolean(),
      decode: (text) => text === '1',
      zero: false,
      unchanged: false
    })
  }
  const length = use.typmod < 0 ? UNLIMITED : use.typmod
  return withDefaults({
    schema: bytes({
      name: 'io.debezium.data.Bits',
      version: 1,
      parameters: { length: String(length) }
    }),
    decode: readBits,
    zero: Buffer.alloc(0),
    unchanged: Buffer.from(use.options.placeholder)
  })
}

/** As Java's `BitSet.toByteArray`: lowest byte first, without zero bytes at the end. */
function readBits(text: string): Buffer {
  const buffer = Buffer.alloc(Math.ceil(text.length / 8))
  let used = 0
  for (let i = 0; i < buffer.length; i++) {
    const end = text.length - i * 8
    const byte = Number.parseInt(text.slice(Math.max(0, end - 8), end), 2)
    buffer[i] = byte
    if (byte !== 0) used = i + 1
  }
  return buffer.subarray(0, used)
}

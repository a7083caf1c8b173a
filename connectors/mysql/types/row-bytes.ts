/**
 * Numbers in row images. Without the checks of Buffer's own methods: whoever reads a row looks whether
 * it ended where it should.
 */

export function uint16(buffer: Buffer, at: number): number {
  return (buffer[at] as number) | ((buffer[at + 1] as number) << 8)
}

export function uint24(buffer: Buffer, at: number): number {
  return (
    (buffer[at] as number) | ((buffer[at + 1] as number) << 8) | ((buffer[at + 2] as number) << 16)
  )
}

export function int32(buffer: Buffer, at: number): number {
  return (
    (buffer[at] as number) |
    ((buffer[at + 1] as number) << 8) |
    ((buffer[at + 2] as number) << 16) |
    ((buffer[at + 3] as number) << 24)
  )
}

export function uint32(buffer: Buffer, at: number): number {
  return int32(buffer, at) >>> 0
}

/** Big-endian, up to six bytes. */
export function bigEndian(buffer: Buffer, at: number, length: number): number {
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + (buffer[at + i] as number)
  return value
}

/** Little-endian, up to four bytes. */
export function littleEndian(buffer: Buffer, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (buffer[at + i] as number)
  return value
}

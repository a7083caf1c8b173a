import { UnconvertibleValue } from '../../relational/unconvertible.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Reads the elements of `{a,"b c",NULL}`. Lower bounds (`[0:2]={...}`) are passed over; elements of
 * several dimensions come as one list, row by row.
 *
 * @param delimiter `,` but for `box`, which has `;`
 */
export function readArray(
  text: string,
  decode: (element: string) => unknown,
  delimiter = 0x2c
): unknown[] {
  const elements: unknown[] = []
  let at = text.charCodeAt(0) === OPEN ? 0 : text.indexOf('={') + 1
  const { length } = text
  while (at < length) {
    const code = text.charCodeAt(at)
    if (code === OPEN || code === CLOSE || code === delimiter) {
      at++
    } else if (code === QUOTE) {
      const end = quotedEnd(text, at + 1)
      const quoted = text.slice(at + 1, end)
      elements.push(decode(quoted.includes('\\') ? quoted.replaceAll(/\\(.)/gs, '$1') : quoted))
      at = end + 1
    } else {
      const end = plainEnd(text, at, delimiter)
      const element = text.slice(at, end)
      elements.push(element === 'NULL' ? null : decode(element))
      at = end
    }
  }
  return elements
}

function quotedEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  throw new UnconvertibleValue(`'${text}' is not an array`)
}

function plainEnd(text: string, start: number, delimiter: number): number {
  let end = start
  while (end < text.length) {
    const code = text.charCodeAt(end)
    if (code === delimiter || code === CLOSE) return end
    end++
  }
  return end
}

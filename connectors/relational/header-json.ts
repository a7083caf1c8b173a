/**
 * JSON in headers, whatever converter they went through: it comes back as the text that it was, as the
 * bytes of it, or read already (Kafka Connect's SimpleHeaderConverter does that, into lists and maps).
 *
 * @returns undefined for what is no JSON
 */
export function readHeaderJson(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return readHeaderJson(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString())
  }
  if (typeof value !== 'string') return plain(value)
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

function plain(value: unknown): unknown {
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([name, member]) => [String(name), plain(member)]))
}

/**
 * Text for such JSON without characters that JSON escapes: SimpleHeaderConverter takes `\n` for `n`.
 * `decodeURIComponent` gives it back.
 */
export function withoutEscapes(text: string): string {
  return text.toWellFormed().replace(/[%"\\\p{Cc}\ufffd]/gu, encodeURIComponent)
}

/**
 * Text of JSON scalars exactly as Jackson's `UTF8JsonGenerator` writes them for Kafka Connect's
 * JsonConverter (checked against captures of Debezium 3.6 on Kafka Connect 4.3).
 */

// Everything but what Jackson leaves as it is. It escapes quotes, backslashes, control characters
// and, unlike JSON.stringify, surrogates.
const MUST_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/g
/** Below this length a loop over the characters beats starting the regular expression engine. */
const SHORT = 24

const SHORT_ESCAPES = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r']
])

function escapeOf(character: string): string {
  const known = SHORT_ESCAPES.get(character)
  if (known !== undefined) return known
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

function needsEscape(text: string): boolean {
  const { length } = text
  if (length > SHORT) return MUST_ESCAPE.test(text)
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) {
      return true
    }
  }
  return false
}

/** A string as JSON text, quotes included. */
export function quote(text: string): string {
  return needsEscape(text) ? `"${text.replace(ESCAPED, escapeOf)}"` : `"${text}"`
}

/** A double as Java's `Double.toString` prints it; NaN and infinities as JSON strings. */
export function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return `"${value}"`
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : `${value}`
  let text = value.toExponential()
  if (!text.includes('.')) {
    // Java prints at least two digits, and picks those nearest to the value (4.9E-324, not 5.0E-324).
    const two = value.toExponential(1)
    text = Number(two) === value ? two : text.replace('e', '.0e')
  }
  return text.replace('e+', 'E').replace('e', 'E')
}

/** A float as Java's `Float.toString` prints it: the shortest digits that give the same float. */
export function floatText(value: number): string {
  const float = Math.fround(value)
  if (!Number.isFinite(float) || (Number.isInteger(float) && Math.abs(float) < 1e6)) {
    return doubleText(float)
  }
  // Six digits always survive a normal float, so that fewer digits come back as trailing zeros.
  const least = Math.abs(float) < 1.1754943508222875e-38 ? 2 : 6
  for (let digits = least; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits))
    if (Math.fround(short) === float) return doubleText(short)
  }
  return doubleText(Number(float.toPrecision(9)))
}

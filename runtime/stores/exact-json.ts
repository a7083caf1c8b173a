/** A JSON value whose whole numbers beyond 2^53 are `bigint`. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/**
 * Parses JSON without rounding int64: offsets such as positions and timestamps in a source may pass 2^53.
 * @throws {SyntaxError} when the text is not JSON
 */
export function parseExactJson(text: string): JsonValue {
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source
    return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
  }) as JsonValue
}

/** Prints JSON without spaces, as Jackson does. Members that are undefined are left out. */
export function printExactJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch (error) {
    // Only a bigint is refused so; without a function for each member it goes ten times faster.
    if (!(error instanceof TypeError)) throw error
    return printParts(value)
  }
}

function printParts(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(printParts).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => `${JSON.stringify(key)}:${printParts(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

export type JsonObject = { readonly [key: string]: JsonValue }

/** Whether a JSON value is an object, not an array or null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns the object that the text holds, or null when it holds anything else */
export function parseJsonObject(text: string): JsonObject | null {
  const value = tryParseJson(text)
  return isJsonObject(value) ? value : null
}

/** @returns the value, or undefined when the text is not JSON */
export function tryParseJson(text: string): JsonValue | undefined {
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}

import { JsonCursor } from './json-cursor.ts'

/**
 * The members seen last in an object, in order. Records of a topic look alike: where the next key is
 * the one seen last time, it is compared and not read. A wrong guess costs only time.
 */
interface Shape {
  readonly names: string[]
  /** `"name":`, as the key stands in compact JSON. */
  readonly keys: string[]
  /** Shapes of objects in the members; those in an array share one. */
  readonly inner: (Shape | undefined)[]
  misses: number
}

const MAX_MEMBERS = 256
const MISSES_BEFORE_FORGETTING = 16

function newShape(): Shape {
  return { names: [], keys: [], inner: [], misses: 0 }
}

/**
 * Reads JSON into plain objects and arrays with exact integers: beyond 2^53 they are bigint.
 * One parser for each kind of text, such as a topic, so that it can get used to its shape.
 */
export class JsonParser {
  readonly #shape = newShape()
  readonly #cursor = new JsonCursor()

  /** @throws {JsonProblem} when the text is not one JSON value */
  parse(text: string): unknown {
    this.#cursor.reset(text)
    const value = parseValue(this.#cursor, this.#shape)
    this.#cursor.end()
    return value
  }
}

/** Reads one value at the cursor. */
export function parsePlain(cursor: JsonCursor): unknown {
  return parseValue(cursor, newShape())
}

function parseValue(cursor: JsonCursor, shape: Shape): unknown {
  switch (cursor.peek()) {
    case 0x22:
      return cursor.string()
    case 0x7b:
      return parseObject(cursor, shape)
    case 0x5b:
      return parseArray(cursor, shape)
    case 0x6e:
      return cursor.take('null') ? null : cursor.unexpected('a value')
    case 0x74:
      return cursor.take('true') ? true : cursor.unexpected('a value')
    case 0x66:
      return cursor.take('false') ? false : cursor.unexpected('a value')
    default:
      return cursor.number()
  }
}

function parseArray(cursor: JsonCursor, shape: Shape): unknown[] {
  cursor.enter()
  cursor.at++
  const items: unknown[] = []
  if (cursor.peek() === 0x5d) {
    cursor.at++
  } else {
    for (;;) {
      items.push(parseValue(cursor, shape))
      const code = cursor.peek()
      if (code !== 0x2c && code !== 0x5d) cursor.unexpected("',' or ']'")
      cursor.at++
      if (code === 0x5d) break
    }
  }
  cursor.depth--
  return items
}

function parseObject(cursor: JsonCursor, shape: Shape): Record<string, unknown> {
  cursor.enter()
  cursor.at++
  const object: Record<string, unknown> = {}
  let more = cursor.peek() !== 0x7d
  if (!more) cursor.at++
  for (let index = 0; more; index++) {
    const key = shape.keys[index]
    if (key !== undefined && cursor.take(key)) {
      object[shape.names[index] as string] = parseMember(cursor, shape, index)
    } else {
      addMember(cursor, shape, { object, index })
    }
    const code = cursor.peek()
    if (code !== 0x2c && code !== 0x7d) cursor.unexpected("',' or '}'")
    cursor.at++
    more = code === 0x2c
  }
  cursor.depth--
  return object
}

/** The value after a known key; scalars without a detour. */
function parseMember(cursor: JsonCursor, shape: Shape, index: number): unknown {
  const code = cursor.text.charCodeAt(cursor.at)
  if (code === 0x22) return cursor.string()
  if (code >= 0x30 && code <= 0x39) return cursor.number()
  if (code === 0x6e && cursor.take('null')) return null
  let inner = shape.inner[index]
  if (inner === undefined) {
    inner = newShape()
    shape.inner[index] = inner
  }
  return parseValue(cursor, inner)
}

/** A member that was not the expected one: read, added, and remembered where that is useful. */
function addMember(
  cursor: JsonCursor,
  shape: Shape,
  place: { object: Record<string, unknown>; index: number }
): void {
  if (cursor.peek() !== 0x22) cursor.unexpected('a key')
  const start = cursor.at
  const name = cursor.string()
  cursor.expect(0x3a)
  const { object, index } = place
  if (name === '__proto__') {
    // A plain assignment would set the prototype instead of a member.
    const value = parseValue(cursor, newShape())
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true
    })
    return
  }
  if (index === shape.keys.length && index < MAX_MEMBERS) {
    shape.names.push(name)
    shape.keys.push(cursor.text.slice(start, cursor.at))
    object[name] = parseMember(cursor, shape, index)
    return
  }
  if (++shape.misses > MISSES_BEFORE_FORGETTING) {
    shape.names.length = 0
    shape.keys.length = 0
    shape.inner.length = 0
    shape.misses = 0
  }
  object[name] = parseValue(cursor, newShape())
}

/**
 * Steps over the members of an object.
 *
 * @returns the text of each member, by name; of members with the same name the last one
 * @throws {JsonProblem} when there is no object
 */
export function memberTexts(text: string): Map<string, { start: number; end: number }> {
  const cursor = new JsonCursor()
  cursor.reset(text)
  const members = new Map<string, { start: number; end: number }>()
  cursor.expect(0x7b)
  if (cursor.peek() === 0x7d) return members
  for (;;) {
    if (cursor.peek() !== 0x22) cursor.unexpected('a key')
    const name = cursor.string()
    cursor.expect(0x3a)
    const start = cursor.at
    parsePlain(cursor)
    members.set(name, { start, end: cursor.at })
    const code = cursor.peek()
    if (code !== 0x2c && code !== 0x7d) cursor.unexpected("',' or '}'")
    cursor.at++
    if (code === 0x7d) break
  }
  cursor.end()
  return members
}

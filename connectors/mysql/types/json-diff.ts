/**
 * Partial updates of MySQL's JSON (`binlog_row_value_options=PARTIAL_JSON`): what JSON_SET, JSON_REPLACE and
 * JSON_REMOVE changed in a document, as events of the type PARTIAL_UPDATE_ROWS have it.
 * `Json_diff::write_binary` in sql-common/json_diff.cc,
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classJson__diff.html
 */
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { readJson } from './json-binary.ts'
import { inServerOrder, type JsonNode } from './json-text.ts'

const Operation = { REPLACE: 0, INSERT: 1, REMOVE: 2 } as const

/**
 * The document after the changes between two positions.
 * @param document changed in place as well
 * @throws {UnconvertibleValue} when the changes cannot be read, or do not fit the document
 */
export function applyDiffs(document: JsonNode, buffer: Buffer, range: [number, number]): JsonNode {
  const cursor = { at: range[0], end: range[1] }
  // The document is the only element, so that `$` can be replaced like any other value.
  const root: JsonNode[] = [document]
  while (cursor.at < cursor.end) {
    const operation = buffer[cursor.at++] as number
    const path = take(buffer, cursor).toString('utf8')
    const legs = [0, ...legsOf(path)]
    const last = legs.pop() ?? 0
    const parent = legs.reduce((node, leg) => child(node, leg, path), root as JsonNode)
    if (operation === Operation.REMOVE) remove(parent, last, path)
    else if (operation === Operation.REPLACE || operation === Operation.INSERT) {
      const bytes = take(buffer, cursor)
      const value = readJson(bytes, 0, bytes.length)
      if (operation === Operation.REPLACE) replace(parent, { leg: last, value }, path)
      else insert(parent, { leg: last, value }, path)
    } else throw new UnconvertibleValue(`a partial update of JSON has the operation ${operation}`)
  }
  return root[0] ?? 'null'
}

type Leg = string | number

interface Change {
  readonly leg: Leg
  readonly value: JsonNode
}

function child(node: JsonNode, leg: Leg, path: string): JsonNode {
  const found =
    node instanceof Map && typeof leg === 'string'
      ? node.get(leg)
      : Array.isArray(node) && typeof leg === 'number'
        ? node[leg]
        : undefined
  return found ?? misfit(path)
}

function replace(parent: JsonNode, { leg, value }: Change, path: string): void {
  child(parent, leg, path)
  if (parent instanceof Map) parent.set(String(leg), value)
  else if (Array.isArray(parent)) parent[Number(leg)] = value
}

/** In an array, what is at the place and behind it moves back. */
function insert(parent: JsonNode, { leg, value }: Change, path: string): void {
  if (Array.isArray(parent) && typeof leg === 'number') {
    parent.splice(leg, 0, value)
  } else if (parent instanceof Map && typeof leg === 'string') {
    const ordered = inServerOrder(new Map([...parent, [leg, value]]))
    parent.clear()
    for (const [name, member] of ordered) parent.set(name, member)
  } else misfit(path)
}

function remove(parent: JsonNode, leg: Leg, path: string): void {
  child(parent, leg, path)
  if (parent instanceof Map) parent.delete(String(leg))
  else if (Array.isArray(parent)) parent.splice(Number(leg), 1)
}

function misfit(path: string): never {
  throw new UnconvertibleValue(`a partial update of JSON changes ${path}, which is not there`)
}

const LEG = /\.("(?:[^"\\]|\\.)*")|\.([^.[\]"]+)|\[(\d+)\]/y

/** `$.a."b c"[3]`: https://dev.mysql.com/doc/refman/8.4/en/json.html#json-path-syntax */
function legsOf(path: string): Leg[] {
  const legs: Leg[] = []
  let at = 1
  while (at < path.length) {
    LEG.lastIndex = at
    const match = LEG.exec(path)
    if (match === null)
      throw new UnconvertibleValue(`a partial update of JSON has the path ${path}`)
    const [whole, quoted, name, index] = match
    if (index !== undefined) legs.push(Number(index))
    else legs.push(quoted === undefined ? (name ?? '') : (JSON.parse(quoted) as string))
    at += whole.length
  }
  return legs
}

/** A length as the protocol encodes them, and as many bytes. */
function take(buffer: Buffer, cursor: { at: number; readonly end: number }): Buffer {
  const first = buffer[cursor.at] as number
  const bytes = first < 0xfb ? 0 : first === 0xfc ? 2 : first === 0xfd ? 3 : 4
  const start = cursor.at + (first === 0xfe ? 9 : bytes + 1)
  const length =
    bytes === 0 ? first : start <= cursor.end ? buffer.readUIntLE(cursor.at + 1, bytes) : 0
  cursor.at = start + length
  if (cursor.at > cursor.end) {
    throw new UnconvertibleValue('a partial update of JSON ends too early')
  }
  return buffer.subarray(start, cursor.at)
}

import type { Scenario, TextRecord } from './golden-scenario.ts'
import { isShownVolatile, maskJson, maskSignals, volatileInEvent } from './golden-text.ts'

/** A place where two records are not the same text. */
export interface Difference {
  /** Topic, number of the record in it, part of the record and path, as in `t#3 value.after.id`. */
  readonly at: string
  /** JSON text, or `nothing`; of an object whose fields differ by name or order, all of it. */
  readonly expected: string
  readonly got: string
}

/**
 * The records of a scenario with everything masked that varies from run to run.
 *
 * @param version what `source.version` has to be; that one becomes `<version>`
 * @param options whether places in the server's log are left as they are, where they repeat
 */
export function masked(
  scenario: Scenario,
  records: readonly TextRecord[],
  version: string,
  options: { readonly withPositions?: boolean } = {}
): TextRecord[] {
  const database = options.withPositions ? null : scenario.database
  const isTransformed = scenario.config['transforms'] !== undefined
  const source = `"source":{"version":${JSON.stringify(version)}`
  return withoutTicks(scenario, records).map((record) => {
    const table = record.topic.slice(record.topic.lastIndexOf('.') + 1)
    const columns = new Set(scenario.volatileColumns[table] ?? [])
    const own = volatileByTopic(scenario, record.topic)
    const isVolatile = volatileInEvent(database, { columns, own, isTransformed })
    const mask = (text: string | null) =>
      text === null ? null : maskSignals(maskJson(text, isVolatile))
    return {
      ...record,
      key: mask(record.key),
      value: mask(record.value)?.replace(source, '"source":{"version":"<version>"') ?? null,
      headers: record.headers.map(([name, text]) => {
        const isShown = isTransformed && text !== null && isShownVolatile(name, database)
        return [name, isShown ? '<text>' : maskHeader(name, text)]
      })
    }
  })
}

const NONE: ReadonlySet<string> = new Set()
const OF_TRANSACTIONS: ReadonlySet<string> = new Set(['id'])
const OF_NOTIFICATIONS: ReadonlySet<string> = new Set(['id', 'timestamp'])

/** Fields of events that are not about rows. */
function volatileByTopic({ config }: Scenario, topic: string): ReadonlySet<string> {
  if (topic === config['notification.sink.topic.name']) return OF_NOTIFICATIONS
  return topic === `${config['topic.prefix']}.transaction` ? OF_TRANSACTIONS : NONE
}

/** Of what comes by the clock, the first. */
function withoutTicks({ ticking }: Scenario, records: readonly TextRecord[]): TextRecord[] {
  const seen = new Set<string>()
  return records.filter(({ topic }) => {
    const isMore = seen.has(topic)
    if (ticking.includes(topic)) seen.add(topic)
    return !isMore
  })
}

/** Every run has an identity of its own. */
function maskHeader(name: string, text: string | null): string | null {
  if (name !== '__debezium.context.runId' || text === null) return text
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '<uuid>')
}

/** Compares records of {@link masked}; topics in any order, records of a topic in theirs. */
export function compareRecords(
  expected: readonly TextRecord[],
  got: readonly TextRecord[]
): Difference[] {
  const found: Difference[] = []
  const [left, right] = [byTopic(expected), byTopic(got)]
  for (const topic of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const theirs = left.get(topic) ?? []
    const ours = right.get(topic) ?? []
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      compareRecord(`${topic}#${i}`, theirs[i], ours[i], found)
    }
  }
  return found
}

function byTopic(records: readonly TextRecord[]): Map<string, TextRecord[]> {
  return Map.groupBy(records, (record) => record.topic)
}

function compareRecord(
  at: string,
  expected: TextRecord | undefined,
  got: TextRecord | undefined,
  found: Difference[]
): void {
  if (expected === undefined || got === undefined) {
    found.push({ at, expected: brief(expected), got: brief(got) })
    return
  }
  const parts = (record: TextRecord) => [
    ['partition', String(record.partition)] as const,
    ['key', record.key] as const,
    ['value', record.value] as const,
    ['header names', JSON.stringify(record.headers.map(([name]) => name))] as const,
    ...record.headers.map(([name, text]) => [`header ${name}`, text] as const)
  ]
  const ours = parts(got)
  for (const [i, [name, text]] of parts(expected).entries()) {
    const other = ours[i]
    if (other?.[0] === name) compareText(`${at} ${name}`, [text, other[1]], found)
  }
}

function brief(record: TextRecord | undefined): string {
  return record === undefined ? 'nothing' : `${record.key} ${record.value}`
}

function compareText(
  at: string,
  [expected, got]: readonly [string | null, string | null],
  found: Difference[]
): void {
  if (expected === got) return
  const before = found.length
  const [left, right] = [parse(expected), parse(got)]
  if (left && right) compareNodes(at, left, right, found)
  // Equal to a parser, and yet another text: white space, or a text that is no JSON.
  if (found.length === before) {
    found.push({ at, expected: expected ?? 'nothing', got: got ?? 'nothing' })
  }
}

/** JSON with the text of its scalars, so that no number and no escape changes by reading it. */
type Node =
  | { readonly kind: 'object'; readonly text: string; readonly members: [string, Node][] }
  | { readonly kind: 'array'; readonly text: string; readonly items: Node[] }
  | { readonly kind: 'scalar'; readonly text: string }

function compareNodes(at: string, expected: Node, got: Node, found: Difference[]): void {
  if (expected.text === got.text) return
  if (expected.kind === 'object' && got.kind === 'object') {
    compareObjects(at, expected, got, found)
  } else if (
    expected.kind === 'array' &&
    got.kind === 'array' &&
    expected.items.length === got.items.length
  ) {
    for (const [i, item] of expected.items.entries()) {
      const other = got.items[i]
      if (other) compareNodes(`${at}[${nameOf(item) ?? i}]`, item, other, found)
    }
  } else {
    found.push({ at, expected: expected.text, got: got.text })
  }
}

function compareObjects(
  at: string,
  expected: Node & { kind: 'object' },
  got: Node & { kind: 'object' },
  found: Difference[]
): void {
  const names = (node: Node & { kind: 'object' }) => node.members.map(([name]) => name).join()
  if (names(expected) !== names(got)) {
    found.push({ at, expected: expected.text, got: got.text })
    return
  }
  for (const [name, node] of expected.members) {
    const other = got.members.find(([ours]) => ours === name)
    if (other) compareNodes(`${at}.${name}`, node, other[1], found)
  }
}

/** The fields of a schema are an array: their names say more than their numbers. */
function nameOf(node: Node): string | undefined {
  if (node.kind !== 'object') return undefined
  const field = node.members.find(([name]) => name === 'field')
  return field && (JSON.parse(field[1].text) as string)
}

function parse(text: string | null): Node | undefined {
  if (text === null) return undefined
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return new Reader(text).node()
}

const SCALAR = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y

/** Reads JSON that is known to be well-formed. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  node(): Node {
    const start = this.#skipSpace()
    const open = this.#text[start]
    if (open === '{') {
      const members: [string, Node][] = []
      this.#each('}', () => {
        const name = JSON.parse(this.#scalar()) as string
        this.#skipSpace()
        this.#at++
        members.push([name, this.node()])
      })
      return { kind: 'object', text: this.#text.slice(start, this.#at), members }
    }
    if (open === '[') {
      const items: Node[] = []
      this.#each(']', () => items.push(this.node()))
      return { kind: 'array', text: this.#text.slice(start, this.#at), items }
    }
    return { kind: 'scalar', text: this.#scalar() }
  }

  #each(close: string, read: () => void): void {
    this.#at++
    while (this.#text[this.#skipSpace()] !== close) {
      read()
      if (this.#text[this.#skipSpace()] === ',') this.#at++
    }
    this.#at++
  }

  #scalar(): string {
    SCALAR.lastIndex = this.#skipSpace()
    const text = SCALAR.exec(this.#text)?.[0] ?? ''
    this.#at += text.length
    return text
  }

  #skipSpace(): number {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#at
  }
}

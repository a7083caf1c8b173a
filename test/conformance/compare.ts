import type { CapturedResponse } from './exchange.ts'

/** A place where the answer is another than the captured one. */
export interface Difference {
  /** As in `body.configs[tasks.max].value.errors`. */
  readonly at: string
  readonly expected: unknown
  readonly got: unknown
}

/**
 * Every difference between two answers, after what must not be compared was masked (see
 * `test/golden/README.md`). The order of keys and of names in lists does not count.
 */
export function compareAnswers(expected: CapturedResponse, got: CapturedResponse): Difference[] {
  return compare('', masked(expected), masked(got))
}

/** Members that vary from run to run or are no part of the API: only their type is compared. */
const VOLATILE = new Set([
  'commit',
  'kafka_cluster_id',
  'last_modified',
  'lsn',
  'txId',
  'ts_usec',
  'documentation',
  'trace'
])

/** The list of Java classes that ends some messages. */
const CLASS_LIST = /(?<=, available connectors are: ).*$/s

function masked(value: unknown, key = ''): unknown {
  if (VOLATILE.has(key)) return value === null ? null : `<${typeof value}>`
  if (typeof value === 'string') return value.replace(CLASS_LIST, '<classes>')
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, masked(member, name)])
  )
}

function compare(at: string, expected: unknown, got: unknown): Difference[] {
  if (Array.isArray(expected) && Array.isArray(got)) return compareLists(at, expected, got)
  if (isObject(expected) && isObject(got)) return compareMembers(at, expected, got)
  return Object.is(expected, got) ? [] : [{ at, expected, got }]
}

function compareMembers(at: string, expected: Members, got: Members): Difference[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)])
  return [...names].flatMap((name) => {
    const place = at === '' ? name : `${at}.${name}`
    if (!Object.hasOwn(expected, name)) return [{ at: place, expected: ABSENT, got: got[name] }]
    if (!Object.hasOwn(got, name)) return [{ at: place, expected: expected[name], got: ABSENT }]
    return compare(place, expected[name], got[name])
  })
}

export const ABSENT = '<absent>'

/** Items are paired by what names them; where nothing does, the list is compared as a whole. */
function compareLists(
  at: string,
  expected: readonly unknown[],
  got: readonly unknown[]
): Difference[] {
  const byName = (items: readonly unknown[]) =>
    Object.fromEntries(items.map((item) => [nameOf(item), item]))
  if (![...expected, ...got].every((item) => nameOf(item) !== undefined)) {
    return compareAsWhole(at, expected, got)
  }
  const members = compareMembers(at, byName(expected), byName(got)).map((difference) => {
    const rest = difference.at.slice(at.length + 1)
    const name = expected
      .concat(got)
      .map(nameOf)
      .filter((one): one is string => rest === one || rest.startsWith(`${one}.`))
      .toSorted((a, b) => b.length - a.length)[0]
    return { ...difference, at: `${at}[${name}]${rest.slice(name?.length)}` }
  })
  const common = (items: readonly unknown[], others: readonly unknown[]) =>
    items.map(nameOf).filter((name) => others.some((other) => nameOf(other) === name))
  return [
    ...members,
    ...compareAsWhole(`${at}.order`, common(expected, got), common(got, expected), false)
  ]
}

function compareAsWhole(
  at: string,
  expected: readonly unknown[],
  got: readonly unknown[],
  anyOrder = expected.every((item) => typeof item === 'string') || at.endsWith('.offsets')
): Difference[] {
  const text = (items: readonly unknown[]) => {
    const texts = items.map((item) => JSON.stringify(sorted(item)))
    return (anyOrder ? texts.toSorted() : texts).join()
  }
  return text(expected) === text(got) ? [] : [{ at, expected, got }]
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}

/** What tells an item of the API's lists from the others. */
function nameOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined
  const value = isObject(item['value']) ? item['value'] : item
  if (typeof value['name'] === 'string') return value['name']
  if (typeof item['class'] === 'string') return `${item['class']} (${item['type']})`
  if (typeof item['id'] === 'number') return String(item['id'])
  if (isObject(item['id'])) return String(item['id']['task'])
  return undefined
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

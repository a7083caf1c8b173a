import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { maskJson, volatileInEvent } from './golden-text.ts'

/** A capture of the real product: see test/golden/README.md. */
export interface Scenario {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
  readonly before: string
  readonly after: string
  readonly volatileColumns: Readonly<Record<string, readonly string[]>>
}

/** A record as text, the way it lies in a topic. */
export interface TextRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

const HOME = join(import.meta.dirname, '../golden')

export function loadScenario(name: string): Scenario {
  const file = (of: string) => readFileSync(join(HOME, name, of), 'utf8')
  const json = JSON.parse(file('scenario.json')) as {
    config: Record<string, string>
    volatile_columns?: Record<string, string[]>
  }
  return {
    name,
    config: json.config,
    before: file('before.sql'),
    after: file('after.sql'),
    volatileColumns: json.volatile_columns ?? {}
  }
}

/** The records of a file, `events.jsonl` for those of the real product. */
export function loadEvents(name: string, file = 'events.jsonl'): TextRecord[] {
  return readFileSync(join(HOME, name, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TextRecord)
}

/**
 * Records as lines that can be compared: by topic, in order within it, volatile values masked.
 *
 * @param version what `source.version` says; it becomes `<version>`
 */
export function comparableLines(
  scenario: Scenario,
  records: readonly TextRecord[],
  version: string
): Map<string, string[]> {
  const topics = new Map<string, string[]>()
  for (const record of records) {
    const lines = topics.get(record.topic) ?? []
    topics.set(record.topic, lines)
    lines.push(comparableLine(scenario, record, version))
  }
  return topics
}

function comparableLine(scenario: Scenario, record: TextRecord, version: string): string {
  const table = record.topic.slice(record.topic.lastIndexOf('.') + 1)
  const isVolatile = volatileInEvent(new Set(scenario.volatileColumns[table] ?? []))
  const value = record.value === null ? null : maskJson(record.value, isVolatile)
  const versioned = value?.replace(
    `"source":{"version":${JSON.stringify(version)}`,
    '"source":{"version":"<version>"'
  )
  const headers = record.headers.map(([name, text]) => `${name}=${headerText(name, text)}`)
  return [
    `partition ${record.partition}`,
    `key ${record.key}`,
    `value ${versioned ?? null}`,
    `headers ${headers.join(' ')}`
  ].join('\n')
}

/** A run has an identity of its own. */
function headerText(name: string, text: string | null): string | null {
  if (name !== '__debezium.context.runId') return text
  return text?.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '<uuid>') ?? null
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** The records without the schemas of their keys and values. */
export function payloads(records: readonly TextRecord[]): TextRecord[] {
  return records.map((record) => ({
    ...record,
    key: payload(record.key),
    value: payload(record.value)
  }))
}

function payload(text: string | null): string | null {
  // A schema has no member of this name.
  const at = text?.indexOf(',"payload":') ?? -1
  return text === null || at < 0 ? text : text.slice(at + ',"payload":'.length, -1)
}

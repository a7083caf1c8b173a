import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a driver runs. */
export interface ScenarioScript {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
  readonly before: string
  readonly after: string
  /** Topics whose number of records goes by the clock. */
  readonly ticking?: readonly string[]
}

/** A capture of the real product: see test/golden/README.md. */
export interface Scenario extends ScenarioScript {
  readonly database: GoldenProduct
  readonly volatileColumns: Readonly<Record<string, readonly string[]>>
  readonly ticking: readonly string[]
  /** Whether the real product took the configuration. */
  readonly isAccepted: boolean
}

export type GoldenProduct = 'postgres' | 'mariadb'

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
    database: GoldenProduct
    config: Record<string, string>
    volatile_columns?: Record<string, string[]>
    volatile_counts?: string[]
    seen: { accepted: boolean }
  }
  return {
    name,
    database: json.database,
    config: json.config,
    before: file('before.sql'),
    after: file('after.sql'),
    volatileColumns: json.volatile_columns ?? {},
    ticking: json.volatile_counts ?? [],
    isAccepted: json.seen.accepted
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

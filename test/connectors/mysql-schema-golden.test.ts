import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { changedTables, SchemaChangeEvents } from '../../connectors/mysql/schema/schema-events.ts'
import { SchemaTables } from '../../connectors/mysql/schema/schema-tables.ts'
import { Struct } from '../../runtime/api/schema.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { loadEvents, loadScenario, type TextRecord } from '../support/golden-scenario.ts'

// Debezium's schema change events say which statement was run and what the tables were after it. Run
// here in their order, the statements must give the same events, byte for byte.

const GOLDEN = join(import.meta.dirname, '../golden')
const SCENARIOS = readdirSync(GOLDEN).filter((name) => name.startsWith('mariadb-'))

const json = createJsonConverter({
  schemasEnable: true,
  replaceNullWithDefault: true,
  decimalFormat: 'BASE64'
})

/** The records of the schema change topic; what Debezium wrote again after a restart only once. */
function schemaChanges(scenario: string): TextRecord[] {
  const topic = loadScenario(scenario).config['topic.prefix']
  const seen = new Set<string>()
  return loadEvents(scenario).filter((record) => {
    if (record.topic !== topic) return false
    const { ddl, source } = payloadOf(record.value)
    const isStreamed = source.snapshot !== 'true' && source.snapshot !== 'last'
    const isAgain = isStreamed && seen.has(`${source.pos} ${ddl}`)
    seen.add(`${source.pos} ${ddl}`)
    return !isAgain
  })
}

interface Payload {
  readonly ddl: string
  readonly databaseName: string
  readonly source: {
    readonly db: string
    readonly table: string | null
    readonly snapshot: string | null
    readonly pos: number
  }
}

function payloadOf(value: string | null): Payload {
  const parsed = JSON.parse(value ?? '{}') as Payload & { readonly payload?: Payload }
  return parsed.payload ?? parsed
}

/** The `source` block of an event with schemas, to be put into the event that is made anew. */
function sourceOf(record: TextRecord): Struct {
  const { value } = json.toConnect('t', Buffer.from(record.value ?? ''))
  const source = (value as Struct).get('source')
  assert.ok(source instanceof Struct)
  return source
}

function emptyTables(): SchemaTables {
  return new SchemaTables({
    flavor: 'mariadb',
    version: 101119,
    lowerCaseTableNames: 0,
    charset: 'utf8mb4',
    explicitTimestamps: true
  })
}

const withSchemas = schemaChanges('mariadb-ddl')[0]
assert.ok(withSchemas)
const anySource = sourceOf(withSchemas)
const events = new SchemaChangeEvents('mariadb', anySource.schema)

/** Everything from the time of processing on: the `source` block is of others. */
function withoutSource(value: string): string {
  return value.slice(value.indexOf('},"ts_ms":') + 2)
}

function replay(records: readonly TextRecord[]): void {
  const tables = emptyTables()
  for (const record of records) {
    const { ddl, databaseName } = payloadOf(record.value)
    const applied = tables.apply(ddl, { database: databaseName })
    // USE changes nothing; the connector publishes it among the statements of a snapshot.
    const changes = ddl.startsWith('USE')
      ? [{ database: databaseName, ddl, changes: [] }]
      : applied.changes
    assert.equal(applied.unknown, null, ddl)
    assert.equal(changes.length, 1, ddl)
    const [change] = changes
    assert.ok(change)
    const hasSchemas = record.value?.startsWith('{"schema"') ?? false
    const source = hasSchemas ? sourceOf(record) : anySource
    const ms = Number(/"ts_ms":(\d+),"databaseName"/.exec(record.value ?? '')?.[1])
    const { key, value } = events.event(change, source, ms)
    const text = String(json.fromConnect('t', value.schema, value))
    if (hasSchemas) {
      assert.equal(text, record.value)
      assert.equal(json.fromConnect('t', key.schema, key), record.key)
    } else {
      assert.equal(withoutSource(text).slice(0, -1), withoutSource(record.value ?? ''))
    }
  }
}

describe('schema changes', () => {
  for (const scenario of SCENARIOS) {
    const records = schemaChanges(scenario)
    if (records.length === 0) continue
    test(`${scenario}: ${records.length} events, byte for byte`, () => replay(records))
  }

  test('know more of columns in the schema history: whether they have a default', () => {
    let seen = 0
    for (const scenario of SCENARIOS) {
      const tables = emptyTables()
      for (const { ddl, databaseName, tableChanges } of history(scenario)) {
        const { changes } = tables.apply(ddl, { database: databaseName })
        const found = changes.flatMap((change) => change.changes)
        const about = ({ database, name }: { database: string; name: string }) =>
          `"${database}"."${name}"`
        const defaults = found.map(({ previous, table }) => ({
          previousId: previous ? about(previous) : undefined,
          columns: table?.columns.map(({ name, hasDefault }) => [name, hasDefault])
        }))
        const expected = tableChanges.map(({ previousId, table }) => ({
          previousId,
          columns: table?.columns.map(({ name, hasDefaultValue }) => [name, hasDefaultValue])
        }))
        assert.deepEqual(defaults, expected, ddl)
        seen += expected.length
      }
    }
    assert.ok(seen > 70, `${seen}`)
  })

  test('name all tables of a statement in their source block', () => {
    let named = 0
    for (const scenario of SCENARIOS) {
      const streamed = schemaChanges(scenario).map((record) => payloadOf(record.value))
      for (const [source, group] of groupByStatement(streamed)) {
        const changes = replayed(streamed).filter(({ ddl }) => group.includes(ddl))
        assert.equal(changedTables(changes), source)
        named++
      }
    }
    assert.ok(named > 30, `${named}`)
  })
})

interface HistoryRecord {
  readonly ddl: string
  readonly databaseName: string
  readonly tableChanges: readonly {
    readonly previousId?: string
    readonly table?: {
      readonly columns: readonly { readonly name: string; readonly hasDefaultValue: boolean }[]
    }
  }[]
}

/** The records of Debezium's schema history, where the scenario kept them. */
function history(scenario: string): HistoryRecord[] {
  if (!existsSync(join(GOLDEN, scenario, 'history.jsonl'))) return []
  return loadEvents(scenario, 'history.jsonl').map(({ value }) => JSON.parse(value ?? '{}'))
}

/** Texts of the events that came out of one statement while streaming, with what their source says. */
function groupByStatement(payloads: readonly Payload[]): [table: string, ddl: string[]][] {
  const streamed = payloads.filter(({ source }) => source.snapshot === 'false')
  const byPosition = Map.groupBy(streamed, ({ source }) =>
    JSON.stringify([source.table, source.pos])
  )
  return [...byPosition.values()].map((group) => [
    group[0]?.source.table ?? '',
    group.map(({ ddl }) => ddl)
  ])
}

function replayed(payloads: readonly Payload[]) {
  const tables = emptyTables()
  return payloads.flatMap(
    ({ ddl, databaseName }) => tables.apply(ddl, { database: databaseName }).changes
  )
}

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TableModel } from '../../connectors/mysql/schema/table-model.ts'
import type { ValueOptions } from '../../connectors/mysql/types/column-codec.ts'
import type { TableCodec } from '../../connectors/mysql/types/table-codec.ts'
import { Struct, struct } from '../../runtime/api/schema.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { endOfLog } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { compareRecords, masked } from '../support/golden-compare.ts'
import { GoldenMariadb } from '../support/golden-mariadb.ts'
import { notMeant } from '../support/golden-meant.ts'
import {
  loadEvents,
  loadScenario,
  payloads,
  type Scenario,
  type TextRecord
} from '../support/golden-scenario.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { codecOf, type RowChange, schemaTables, ValueReading } from '../support/mysql-values.ts'
import { MEANT } from './mariadb-golden-differences.ts'

// The captured events of Debezium with the rows taken out and read again, from a real server: everything
// else in them is theirs, so that only values and the schemas of columns are compared.

// Converters are not here: `modes-converters` is a matter of the whole source.
const SCENARIOS = readdirSync(join(import.meta.dirname, '../golden')).filter((name) =>
  /^mariadb-(types-(?!inet|year-zero$)|modes-(?!converters|adaptive$))/.test(name)
)

describe('rows of MariaDB in the events of Debezium', requireEngine('mariadb'), () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  for (const name of SCENARIOS) {
    test(name, async () => {
      const scenario = loadScenario(name)
      const ours = await readAgain(server, scenario)
      const theirs = loadEvents(name).filter(({ topic }) => ours.some((one) => one.topic === topic))
      const shown = (records: readonly TextRecord[]) =>
        masked(scenario, withSchemas(scenario) ? records : payloads(records), '-')
      const differences = compareRecords(shown(theirs), shown(ours))
      assert.deepEqual(notMeant(MEANT, name, differences), [])
      assert.ok(ours.length > 3)
    })
  }
})

function withSchemas({ config }: Scenario): boolean {
  return config['value.converter.schemas.enable'] === 'true'
}

/** The data events of a scenario, with rows of our own. */
async function readAgain(server: MariadbServer, scenario: Scenario): Promise<TextRecord[]> {
  const golden = new GoldenMariadb(server, scenario)
  await golden.create()
  await golden.run(scenario.before)
  const database = scenario.config['database.include.list'] ?? ''
  const reading = await ValueReading.open(server, database)
  const tables = await server.query<{ name: string }>('SHOW TABLES', [], database)
  const models = schemaTables()
  const compile = (table: TableModel) =>
    codecOf(table, {
      topic: `${scenario.config['topic.prefix']}.${database}.${table.name}`,
      values: valuesOf(scenario),
      onUnconvertible: () => undefined
    })
  const rows = new Map<string, Rows>()
  for (const table of tables.map((row) => String(Object.values(row)[0]))) {
    const model = await reading.table(table)
    const codec = compile(model)
    models.set(model)
    const read = await reading.snapshot(codec)
    rows.set(table, {
      codec,
      snapshot: read.map((after) => ({ codec, before: null, after })),
      streamed: []
    })
  }
  const start = await endOfLog(server)
  await golden.run(scenario.after)
  await reading.changesSince(
    start,
    ({ name }) => rows.get(name),
    (sql) => {
      for (const altered of models.apply(sql, { database }).altered) {
        const known = rows.get(altered.name)
        if (known !== undefined) rows.set(altered.name, { ...known, codec: compile(altered) })
      }
    }
  )
  reading.close()
  await golden.drop()
  return loadEvents(scenario.name).flatMap((record) => {
    const of = rows.get(record.topic.split('.').at(-1) ?? '')
    if (of === undefined || record.topic.split('.').length < 3) return []
    return record.value === null ? [record] : [rewrite(record, scenario, of)]
  })
}

interface Rows {
  readonly snapshot: RowChange[]
  readonly streamed: RowChange[]
  readonly codec: TableCodec
}

/** A record with the next rows of the snapshot or the stream, which leave the list. */
function rewrite(record: TextRecord, scenario: Scenario, rows: Rows): TextRecord {
  const theirs = record.value ?? ''
  const row = theirs.includes('"op":"r"') ? rows.snapshot.shift() : rows.streamed.shift()
  assert.ok(row, 'as many rows as events')
  const { envelopeSchema } = row.codec
  const values = [row.before, row.after, new Struct(emptySchema), null, '', null, null, null]
  const json = createJsonConverter({
    schemasEnable: withSchemas(scenario),
    replaceNullWithDefault:
      scenario.config['value.converter.replace.null.with.default'] !== 'false',
    decimalFormat: 'BASE64'
  })
  const ours = String(json.fromConnect('t', envelopeSchema, new Struct(envelopeSchema, values)))
  // Both are the same up to the schema of `source`, and again from the payload up to `source`.
  const payload = ours.slice(ours.lastIndexOf('{"before":'), ours.lastIndexOf(SOURCE))
  const rest = theirs.slice(theirs.lastIndexOf(SOURCE))
  if (!withSchemas(scenario)) return { ...record, value: payload + rest }
  const schema = ours.slice(0, ours.indexOf('{"type":"struct","fields":[],'))
  const end = theirs.slice(
    theirs.indexOf(
      '{"type":"struct","fields":[{"type":"string","optional":false,"field":"version"}'
    ),
    theirs.lastIndexOf('{"before":')
  )
  return { ...record, value: schema + end + payload + rest }
}

const SOURCE = ',"source":{'
const emptySchema = struct({})

function valuesOf({ config }: Scenario): Partial<ValueOptions> {
  const given = {
    decimal: config['decimal.handling.mode'],
    time: config['time.precision.mode'],
    binary: config['binary.handling.mode'],
    bigintUnsigned: config['bigint.unsigned.handling.mode']
  }
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  const timeAdjuster = config['enable.time.adjuster'] !== 'false'
  return { ...(Object.fromEntries(known) as Partial<ValueOptions>), timeAdjuster }
}

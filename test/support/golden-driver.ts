import { Client } from 'pg'
import source from '../../connectors/postgres/source.ts'
import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import type { Logger, SourceTask } from '../../runtime/api/task.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { createSimpleHeaderConverter } from '../../runtime/converters/simple-header-converter.ts'
import type { Scenario, TextRecord } from './golden-scenario.ts'
import type { PostgresServer } from './postgres.ts'
import { splitAtMarks, splitStatements } from './sql-script.ts'

const SENTINEL = 'golden_driver'
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Runs a scenario as `capture.py` does, against the connector's task itself. The task is polled only
 * after a part of the script ran, so that what it finds in the catalog does not depend on timing.
 */
export async function runScenario(
  server: PostgresServer,
  scenario: Scenario
): Promise<TextRecord[]> {
  const database = scenario.config['database.dbname'] ?? scenario.name
  await server.query(`CREATE DATABASE "${database}" TEMPLATE template0`)
  const client = new Client(server.connection(database))
  await client.connect()
  try {
    for (const statement of splitStatements(scenario.before)) await client.query(statement)
    const driver = new Driver(server, scenario, client)
    try {
      await driver.start()
      await driver.settle()
      for (const { mark, statements } of splitAtMarks(scenario.after)) {
        if (mark !== 'start') await driver.settle()
        if (mark === 'stop') await driver.stop()
        if (mark === 'resume') await driver.start()
        for (const statement of statements) await client.query(statement)
      }
      await driver.settle()
      return driver.records.map((record) => toText(scenario.config, record))
    } finally {
      await driver.stop()
    }
  } finally {
    await client.end()
    await server.query(
      `SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots
       WHERE slot_name = $1 AND active`,
      [scenario.config['slot.name']]
    )
    await server.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1`,
      [scenario.config['slot.name']]
    )
    await server.query(`DROP DATABASE "${database}" WITH (FORCE)`)
  }
}

class Driver {
  readonly records: SourceRecord[] = []
  readonly #server: PostgresServer
  readonly #scenario: Scenario
  readonly #client: Client
  #task: SourceTask | undefined
  #abort = new AbortController()
  #offset: SourceOffset | null = null
  #sentinels = 0

  constructor(server: PostgresServer, scenario: Scenario, client: Client) {
    this.#server = server
    this.#scenario = scenario
    this.#client = client
  }

  async start(): Promise<void> {
    const raw = this.#connectorConfig()
    const { config, problems } = parseConfig(source.config, raw, { unknownKeys: 'ignore' })
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
    this.#abort = new AbortController()
    this.#task = source.createTask(config, raw)
    await this.#task.start({
      connector: this.#scenario.name,
      task: 0,
      generation: 1,
      logger: silent,
      signal: this.#abort.signal,
      committed: async () => this.#offset,
      progress() {},
      metric() {}
    })
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#task?.stop()
    this.#task = undefined
  }

  /** Polls until a row arrives that is written now: then everything before it is here. */
  async settle(): Promise<void> {
    const task = this.#task
    if (task === undefined) return
    if (this.#sentinels === 0) {
      await this.#client.query(`CREATE SCHEMA ${SENTINEL}`)
      await this.#client.query(`CREATE TABLE ${SENTINEL}.${SENTINEL} (n int primary key)`)
    }
    this.#sentinels++
    await this.#client.query(`INSERT INTO ${SENTINEL}.${SENTINEL} VALUES (${this.#sentinels})`)
    while (!(await this.#poll(task))) {}
  }

  /** @returns whether a sentinel arrived */
  async #poll(task: SourceTask): Promise<boolean> {
    let arrived = false
    for (const batch of await task.poll()) {
      for (const record of batch.records) {
        if (record.topic.includes(SENTINEL)) arrived = true
        else this.records.push(record)
      }
      if (batch.sourceOffset === null) continue
      this.#offset = batch.sourceOffset
      await task.commit?.(batch.sourcePartition, batch.sourceOffset)
    }
    return arrived
  }

  #connectorConfig(): Record<string, string> {
    const { host, port, user, password } = this.#server
    return {
      ...this.#scenario.config,
      'database.hostname': host,
      'database.port': String(port),
      'database.user': user,
      'database.password': password
    }
  }
}

function toText(config: Scenario['config'], record: SourceRecord): TextRecord {
  const { topic, headers } = record
  const json = (role: string) =>
    createJsonConverter({
      schemasEnable: config[`${role}.converter.schemas.enable`] !== 'false',
      replaceNullWithDefault: config[`${role}.converter.replace.null.with.default`] !== 'false',
      decimalFormat: 'BASE64'
    })
  const simple = createSimpleHeaderConverter()
  const hasJsonHeaders = config['header.converter']?.endsWith('JsonConverter')
  return {
    topic,
    partition: record.partition ?? 0,
    key: asText(json('key').fromConnect(topic, record.keySchema, record.key)),
    value: asText(json('value').fromConnect(topic, record.valueSchema, record.value)),
    headers: headers.map(({ key, schema, value }) => [
      key,
      asText(
        hasJsonHeaders
          ? json('header').fromConnect(topic, schema, value)
          : simple.fromConnect(topic, key, schema, value)
      )
    ])
  }
}

function asText(converted: string | Uint8Array | null): string | null {
  return converted === null || typeof converted === 'string'
    ? converted
    : Buffer.from(converted).toString('utf8')
}

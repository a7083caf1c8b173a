import { registry } from '../../connectors/registry.ts'
import type { SourceConnector } from '../../runtime/api/connector.ts'
import type { SourceOffset, SourcePartition, SourceRecord } from '../../runtime/api/record.ts'
import { Struct } from '../../runtime/api/schema.ts'
import type { Logger, SourceTask } from '../../runtime/api/task.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { Plugins } from '../../runtime/config/plugins.ts'
import type { TransformChain } from '../../runtime/transforms/chain.ts'
import { createChain } from '../../runtime/worker/plugin-parts.ts'
import { type GoldenDatabase, SENTINEL } from './golden-database.ts'
import { GoldenMariadb } from './golden-mariadb.ts'
import { GoldenPostgres } from './golden-postgres.ts'
import { toText } from './golden-records.ts'
import type { ScenarioScript, TextRecord } from './golden-scenario.ts'
import { MariadbServer } from './mariadb.ts'
import type { PostgresServer } from './postgres.ts'
import { splitAtMarks } from './sql-script.ts'

const plugins = new Plugins({ registry, pluginPath: [], cwd: import.meta.dirname })
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** How long a task that does not stream has to send nothing, to be taken for done. */
const QUIET_MS = 700

/**
 * Runs a scenario as the capture did, against the connector's task itself and with its transforms. The
 * task is polled only after a part of the script ran, so that what it finds in the catalog does not
 * depend on timing.
 *
 * @throws Error with the problems of the configuration when the connector or a transform refuses it
 */
export async function runScenario(
  server: PostgresServer | MariadbServer,
  scenario: ScenarioScript
): Promise<TextRecord[]> {
  const database =
    server instanceof MariadbServer
      ? new GoldenMariadb(server, scenario)
      : new GoldenPostgres(server, scenario)
  const connector = await plugins.find('source', scenario.config['connector.class'] ?? '')
  const chain = await createChain(plugins, scenario.config)
  await database.create()
  try {
    await database.run(scenario.before)
    const driver = new Driver(database, scenario, { connector, chain })
    try {
      await driver.start()
      await driver.follow()
      for (const { mark, script } of splitAtMarks(scenario.after)) {
        if (mark !== 'start') await driver.settle()
        if (mark === 'stop') await driver.stop()
        if (mark === 'resume') await driver.start()
        await database.run(script)
      }
      await driver.settle()
      const records = driver.records.map((record) => toText(scenario.config, record))
      return database instanceof GoldenMariadb
        ? withoutTransactions(records, database.sentinelGtids)
        : records
    } finally {
      await driver.stop()
    }
  } finally {
    await database.drop()
  }
}

/** Transaction metadata has no table: the sentinels' are known by their ids. */
function withoutTransactions(
  records: readonly TextRecord[],
  ids: ReadonlySet<string>
): TextRecord[] {
  return records.filter(({ topic, key }) => {
    const id = topic.endsWith('.transaction') && /"id":"([^"]*)"/.exec(key ?? '')?.[1]
    return !id || !ids.has(id)
  })
}

class Driver {
  readonly records: SourceRecord[] = []
  readonly #database: GoldenDatabase
  readonly #scenario: ScenarioScript
  readonly #connector: SourceConnector
  readonly #chain: TransformChain
  readonly #offsets = new Map<string, SourceOffset>()
  #task: SourceTask | undefined
  #abort = new AbortController()
  #streaming = Promise.withResolvers<void>()
  #polling: Promise<void> | undefined
  #arrived = 0

  constructor(
    database: GoldenDatabase,
    scenario: ScenarioScript,
    parts: { readonly connector: SourceConnector; readonly chain: TransformChain }
  ) {
    this.#database = database
    this.#scenario = scenario
    this.#connector = parts.connector
    this.#chain = parts.chain
  }

  async start(): Promise<void> {
    const raw = this.#database.config
    const { config, problems } = parseConfig(this.#connector.config, raw, { unknownKeys: 'ignore' })
    const found = this.#connector.validate?.(config as never, raw) ?? []
    const errors = [...problems.filter(({ severity }) => severity === 'error'), ...found]
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
    this.#abort = new AbortController()
    this.#streaming = Promise.withResolvers()
    this.#task = this.#connector.createTask(config as never, raw)
    await this.#task.start({
      connector: this.#scenario.name,
      task: 0,
      generation: 1,
      logger: silent,
      signal: this.#abort.signal,
      committed: async (partition) => this.#offsets.get(keyOf(partition)) ?? null,
      progress: ({ phase }) => {
        if (phase === 'streaming') this.#streaming.resolve()
      },
      metric() {}
    })
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#task?.stop()
    await this.#polling?.catch(() => undefined)
    this.#task = undefined
  }

  /** Polls until the snapshot is over: what is changed from now on is in the stream. */
  async follow(): Promise<void> {
    const task = this.#task
    // In the log of MariaDB a sentinel would move everything that comes after it.
    const isMoved = this.#database instanceof GoldenMariadb
    if (!task || !isMoved || this.#isSnapshotOnly()) return this.settle()
    await this.#until(task, this.#streaming.promise)
  }

  /** Polls until everything is here that was written before. */
  async settle(): Promise<void> {
    const task = this.#task
    if (task === undefined) return
    if (this.#isSnapshotOnly()) return this.#untilQuiet(task)
    await this.#until(task, this.#streaming.promise)
    do await this.#roundTrip(task)
    while (this.#hasSignals())
    await this.#database.clearSentinel()
  }

  /** Whether the stored offset tells of a snapshot that a signal has asked for. */
  #hasSignals(): boolean {
    const fields = [...this.#offsets.values()].flatMap((offset) => Object.keys(offset))
    return fields.some((name) => /^(incremental_snapshot|millrace_blocking)/.test(name))
  }

  #isSnapshotOnly(): boolean {
    return this.#scenario.config['snapshot.mode'] === 'initial_only'
  }

  /** A row that is written now arrives after everything before it. */
  async #roundTrip(task: SourceTask): Promise<void> {
    const before = this.#arrived
    await this.#database.sendSentinel()
    while (this.#arrived === before || this.#lacksTicks()) await this.#poll(task)
  }

  /** What comes by the clock has to come once; how often more is left open. */
  #lacksTicks(): boolean {
    const seen = new Set(this.records.map(({ topic }) => topic))
    return (this.#scenario.ticking ?? []).some((topic) => !seen.has(topic))
  }

  async #until(task: SourceTask, event: Promise<void>): Promise<void> {
    let happened = false
    const noted = event.then(() => {
      happened = true
    })
    while (!happened) await Promise.race([this.#poll(task), noted])
  }

  async #untilQuiet(task: SourceTask): Promise<void> {
    for (;;) {
      const quiet = new Promise((resolve) => setTimeout(resolve, QUIET_MS, 'quiet'))
      if ((await Promise.race([this.#poll(task), quiet])) === 'quiet') return
    }
  }

  /** Takes what the next poll returns; a poll that still waits is waited for. */
  #poll(task: SourceTask): Promise<void> {
    this.#polling ??= this.#takeNext(task).finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  #keep(record: SourceRecord): void {
    const sent = this.#chain.apply(record)
    if (sent !== null) this.records.push(sent)
  }

  async #takeNext(task: SourceTask): Promise<void> {
    for (const batch of await task.poll()) {
      for (const record of batch.records) {
        if (record.topic.endsWith(`.${SENTINEL}.${SENTINEL}`)) this.#arrived++
        else if (!isAboutSentinel(record)) this.#keep(record)
      }
      if (batch.sourceOffset === null) continue
      this.#offsets.set(keyOf(batch.sourcePartition), batch.sourceOffset)
      await task.commit?.(batch.sourcePartition, batch.sourceOffset)
    }
  }
}

function keyOf(partition: SourcePartition): string {
  return JSON.stringify(Object.entries(partition).toSorted())
}

/** A change of the schema of the sentinels' database. */
function isAboutSentinel({ key }: SourceRecord): boolean {
  return key instanceof Struct && key.get('databaseName') === SENTINEL
}

import type { Connection } from 'mysql2/promise'
import type { MariadbServer } from '../mariadb.ts'
import { Random } from '../random.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  mariadbSinkKeys,
  mariadbSourceKeys,
  Scenario
} from '../scenario.ts'
import { compareTables } from './compare-tables.ts'
import { RandomChanges, type RowImage } from './random-changes.ts'
import { type RandomTable, randomTable } from './random-table.ts'

const TABLES = 3
const TRANSACTIONS = 120

/** By default a null is shown as the default of its column, as in Kafka Connect. */
const KEEPING_NULL = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.replace.null.with.default': false
}

/** By default the year 49 becomes 2049 and 2^64 - 1 becomes -1, as in Debezium. */
const KEEPING_VALUES = {
  'enable.time.adjuster': false,
  'bigint.unsigned.handling.mode': 'precise'
}

/** How long a copy may stay as it is, and wrong, before that is what it is. */
const PATIENCE_MS = 30_000

/**
 * Random tables with random rows and changes, a database for each seed, are copied by one worker from
 * MariaDB through topics into other databases of it: a snapshot, and the stream after it.
 *
 * @param rowImage what the log has of the rows
 *
 * @returns by seed what differs in the end, and what the worker said about errors
 */
export async function copyRandomTables(
  server: MariadbServer,
  seeds: readonly number[],
  rowImage: RowImage = 'FULL'
): Promise<Map<number, readonly string[]>> {
  await using ends = new AsyncDisposableStack()
  const copies: RandomCopy[] = []
  for (const seed of seeds) {
    copies.push(ends.use(await RandomCopy.create(server, seed, rowImage)))
  }
  const files = Object.fromEntries(copies.flatMap((copy) => copy.connectorFiles()))
  const scenario = ends.use(new Scenario({ 'worker.yaml': EMBEDDED_WORKER, ...files }))
  const errors: string[] = []
  scenario.worker.onLine((line) => {
    if (line['level'] === 'error' || line['level'] === 'fatal') errors.push(JSON.stringify(line))
  })
  await scenario.worker.start()
  // A snapshot that is cut by a statement goes on later: keys that changed meanwhile are an error then.
  if (rowImage !== 'FULL') for (const copy of copies) await copy.settle()
  await Promise.all(copies.map((copy) => copy.change()))
  const found = new Map<number, readonly string[]>()
  for (const copy of copies) {
    const faults = await copy.settle()
    const said = faults.length > 0 ? errors.filter((line) => line.includes(copy.name)) : []
    found.set(copy.seed, [...said, ...faults])
  }
  return found
}

class RandomCopy implements AsyncDisposable {
  readonly seed: number
  /** Of the source's database and the prefix of its topics. */
  readonly name: string
  readonly #server: MariadbServer
  readonly #tables: readonly RandomTable[]
  readonly #changes: RandomChanges
  readonly #sessions: readonly Connection[]
  /** By odd seeds the sink makes the tables of the copy. */
  readonly #isDeclared: boolean

  private constructor(
    server: MariadbServer,
    facts: {
      seed: number
      name: string
      source: Connection
      copy: Connection
      rowImage: RowImage
    }
  ) {
    const { seed, name, source, copy, rowImage } = facts
    this.#server = server
    this.seed = seed
    this.name = name
    this.#isDeclared = seed % 2 === 0
    this.#sessions = [source, copy]
    const random = new Random(seed)
    this.#tables = Array.from({ length: TABLES }, (_, i) =>
      randomTable(random, `t${i}`, { hasPrefixKeys: !this.#isDeclared })
    )
    const ends = { source, copy: this.#isDeclared ? copy : null, rowImage }
    this.#changes = new RandomChanges(random, this.#tables, ends)
  }

  static async create(
    server: MariadbServer,
    seed: number,
    rowImage: RowImage
  ): Promise<RandomCopy> {
    const name = `random_${seed}`
    for (const database of [name, copyOf(name)]) {
      await server.query(`DROP DATABASE IF EXISTS ${database}`)
      await server.createDatabase(database)
    }
    const [source, copy] = [await server.connect(name), await server.connect(copyOf(name))]
    const one = new RandomCopy(server, { seed, name, source, copy, rowImage })
    await one.#changes.createTables()
    await one.#changes.fill()
    return one
  }

  connectorFiles(): [file: string, yaml: string][] {
    const { name } = this
    const topicsRegex = `${name}\\.${name}\\..*`
    const to = { database: copyOf(name), topicsRegex }
    const sink = mariadbSinkKeys(this.#server, to, KEEPING_NULL)
    const source = mariadbSourceKeys(this.#server, name, { ...KEEPING_NULL, ...KEEPING_VALUES })
    return [
      [`${name}.yaml`, connectorYaml(name, source)],
      [`${name}-sink.yaml`, connectorYaml(`${name}-sink`, sink)]
    ]
  }

  change(): Promise<void> {
    return this.#changes.run(TRANSACTIONS)
  }

  /** Waits until the copy is equal, as long as it gets closer. @returns what differs then */
  async settle(): Promise<string[]> {
    let least = Number.POSITIVE_INFINITY
    for (let deadline = Date.now() + PATIENCE_MS; ; ) {
      const faults = await this.#faults()
      if (faults.length === 0 || Date.now() > deadline) return faults
      if (faults.length < least) deadline = Date.now() + PATIENCE_MS
      least = Math.min(least, faults.length)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session.end()
  }

  async #faults(): Promise<string[]> {
    const faults: string[] = []
    for (const table of this.#tables) {
      const columns = this.#changes.columnsOf(table)
      const [source, copy, isDeclared] = [this.name, copyOf(this.name), this.#isDeclared]
      const pair = { table, columns, source, copy, isDeclared }
      // A table that is not there yet, or does not have all columns.
      const found = await compareTables(this.#server, pair).catch((error) => [String(error)])
      faults.push(...found)
    }
    return faults
  }
}

function copyOf(name: string): string {
  return `${name}_copy`
}

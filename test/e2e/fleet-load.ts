import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Broker } from '../../runtime/broker/broker.ts'
import type { ConnectorKeys, Fleet } from '../support/fleet.ts'
import { LaneTopics } from '../support/lanes.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { canWrite } from '../support/topic-probe.ts'
import { until } from '../support/until.ts'

export interface LoadOptions {
  readonly fleet: Fleet
  readonly broker: Broker
  readonly postgres: PostgresServer
  readonly database: string
  /** Begins the names of all connectors and topics. */
  readonly prefix: string
}

const SOURCES = 7
const LANES = 3
const TABLE_SINKS = 4
const TABLE_SINK_TASKS = 2

/** Machines under load take their time; what is waited for comes. */
const SLOW = { limitMs: 60_000 }

/**
 * 12 connectors with 30 tasks: sources that count in lanes, sinks into PostgreSQL that insert each
 * record as a row of a table without a key, and one into a file. Whatever comes twice, stays away or
 * comes late shows.
 */
export class FleetLoad implements AsyncDisposable {
  /** How many tasks each connector has. */
  readonly expected = new Map<string, number>()
  readonly #options: LoadOptions
  readonly #lanes: LaneTopics
  readonly #file: string

  constructor(options: LoadOptions) {
    this.#options = options
    const topics = sourceNumbers().map((number) => [this.source(number), LANES] as const)
    this.#lanes = new LaneTopics(options.broker, new Map(topics))
    this.#file = join(options.fleet.folder, 'lines.jsonl')
  }

  /** Name of a source and of its topic. */
  source(number: number): string {
    return `${this.#options.prefix}-lanes-${number}`
  }

  /** A task of a sink into PostgreSQL. */
  get tableTask(): string {
    return `${this.#options.prefix}-table-0/0`
  }

  /** The task of the sink into a file. */
  get fileTask(): string {
    return `${this.#options.prefix}-file/0`
  }

  async create(): Promise<void> {
    const { fleet } = this.#options
    for (const number of sourceNumbers()) await this.createSource(number, LANES)
    for (let number = 0; number < TABLE_SINKS; number++) {
      const name = `${this.#options.prefix}-table-${number}`
      await fleet.configure(name, this.#tableSink(this.source(number)))
      this.expected.set(name, TABLE_SINK_TASKS)
    }
    const name = `${this.#options.prefix}-file`
    await fleet.configure(name, {
      'connector.class': 'file-sink',
      'tasks.max': '1',
      topics: this.source(SOURCES - 1),
      file: this.#file
    })
    this.expected.set(name, 1)
  }

  /** Creates a source, or gives it another number of tasks. */
  async createSource(number: number, tasks: number): Promise<void> {
    const name = this.source(number)
    await this.#options.fleet.configure(name, {
      'connector.class': 'lane-source',
      'tasks.max': String(tasks),
      topic: name,
      lanes: String(LANES),
      'interval.ms': '100',
      'topic.creation.default.partitions': String(LANES),
      'topic.creation.default.replication.factor': '-1'
    })
    this.expected.set(name, tasks)
  }

  async deleteSource(number: number): Promise<void> {
    await this.#options.fleet.delete(this.source(number))
    this.expected.delete(this.source(number))
  }

  /** Waits until every lane has gone on from where it is. */
  async grows(which: (lane: string) => boolean = () => true): Promise<void> {
    await this.#lanes.catchUp()
    const before = [...this.#lanes.counts].filter(([lane]) => which(lane))
    const gone = async () => {
      await this.#lanes.catchUp()
      const { counts } = this.#lanes
      return (
        counts.size === SOURCES * LANES &&
        before.every(([key, count]) => (counts.get(key) ?? 0) > count)
      )
    }
    await until(gone, { ...SLOW, what: 'every lane goes on' })
  }

  /** Waits until a source writes no more, though others do. */
  async stands(number: number): Promise<void> {
    const name = `${this.source(number)}/`
    const read = async () => {
      await this.#lanes.catchUp()
      const mine = [...this.#lanes.counts].filter(([key]) => key.startsWith(name))
      return JSON.stringify(mine)
    }
    let before = await read()
    const still = async () => {
      await this.grows((key) => !key.startsWith(name))
      const now = await read()
      const same = now === before
      before = now
      return same
    }
    await until(still, { ...SLOW, what: `${this.source(number)} stands` })
  }

  /** Whether anybody can write into topics at this moment. */
  canWrite(): Promise<boolean> {
    return canWrite(this.#options.broker, `${this.#options.prefix}-probe`)
  }

  /** Nothing is missing, doubled or written by who should not have, wherever it went. */
  async isIntact(): Promise<void> {
    for (let number = 0; number < TABLE_SINKS; number++) {
      for (const { lane, rows, distinct, next } of await this.#table(number)) {
        const expected = { lane, rows: next, distinct: next }
        assert.deepEqual({ lane, rows, distinct }, expected, `table of ${this.source(number)}`)
      }
    }
    for (const [lane, numbers] of Map.groupBy(this.#lines(), ({ lane }) => lane)) {
      const wrong = numbers.findIndex(({ number }, index) => number !== index)
      assert.equal(wrong, -1, `line ${wrong} of lane ${lane} is ${numbers[wrong]?.number}`)
    }
    await this.#lanes.catchUp()
    assert.deepEqual(this.#lanes.faults, { doubles: 0, gaps: 0, stale: 0, examples: [] })
  }

  /** Waits until the sinks have all that the topics have, now that the sources pause. */
  async arrives(): Promise<void> {
    for (let number = 0; number < TABLE_SINKS; number++) {
      const has = async () => {
        const rows = await this.#table(number)
        const written = await this.#written(number)
        return lanes().every((lane) => rows[lane]?.next === written[lane])
      }
      await until(has, { ...SLOW, what: `the table has all of ${this.source(number)}` })
    }
    const has = async () => {
      const written = await this.#written(SOURCES - 1)
      return this.#lines().length === written.reduce((sum, count) => sum + count, 0)
    }
    await until(has, { ...SLOW, what: 'the file has all of its topic' })
  }

  async setPaused(paused: boolean): Promise<void> {
    for (const number of sourceNumbers()) {
      const verb = paused ? 'pause' : 'resume'
      await this.#options.fleet.call('PUT', `/connectors/${this.source(number)}/${verb}`)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lanes[Symbol.asyncDispose]()
  }

  #tableSink(topic: string): ConnectorKeys {
    const { postgres, database } = this.#options
    return {
      'connector.class': 'postgres-sink',
      'tasks.max': String(TABLE_SINK_TASKS),
      topics: topic,
      'connection.url': `postgresql://${postgres.host}:${postgres.port}/${database}`,
      'connection.username': postgres.user,
      'connection.password': postgres.password,
      'insert.mode': 'insert',
      'primary.key.mode': 'none',
      'delete.enabled': 'false',
      'collection.name.format': topic
    }
  }

  /** How many numbers each lane of a source has. */
  async #written(number: number): Promise<number[]> {
    await this.#lanes.catchUp()
    return lanes().map((lane) => this.#lanes.counts.get(`${this.source(number)}/${lane}`) ?? 0)
  }

  /** What the table of a sink has of each lane; a lane without rows is left out. */
  #table(number: number): Promise<TableLane[]> {
    const { postgres, database } = this.#options
    const text = `select lane, count(*)::integer as rows, count(distinct number)::integer as distinct,
      max(number)::integer + 1 as next from "${this.source(number)}" group by lane order by lane`
    return postgres.query<TableLane>(text, [], database)
  }

  /** Of the file, what its sink has committed. */
  #lines(): { lane: number; number: number }[] {
    const { length } = JSON.parse(readFileSync(`${this.#file}.offsets`, 'utf8'))
    const text = readFileSync(this.#file).subarray(0, length).toString('utf8')
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}

interface TableLane {
  readonly lane: number
  readonly rows: number
  readonly distinct: number
  /** One above its highest number. */
  readonly next: number
}

const sourceNumbers = () => Array.from({ length: SOURCES }, (_, number) => number)
const lanes = () => Array.from({ length: LANES }, (_, lane) => lane)

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Broker } from '../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { readTopic } from '../support/read-topic.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  type Keys,
  mariadbSourceKeys,
  Scenario
} from '../support/scenario.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const STREAMING = '"phase":"streaming"'
const LIMIT = { timeout: 120_000 }

/** A database with a table of numbers, and a worker that reads it. */
class Numbers implements AsyncDisposable {
  readonly scenario: Scenario
  readonly #server: MariadbServer
  readonly #name: string
  readonly #keys: Keys
  #broker: Broker | undefined
  #next = 1

  private constructor(server: MariadbServer, name: string, more: Keys) {
    this.#server = server
    this.#name = name
    this.#keys = mariadbSourceKeys(server, name, more)
    this.scenario = new Scenario(
      { 'worker.yaml': EMBEDDED_WORKER, 'source.yaml': this.#yaml() },
      '--watch'
    )
  }

  static async create(server: MariadbServer, name: string, more: Keys = {}): Promise<Numbers> {
    await server.createDatabase(name)
    await server.query('create table numbers (n int primary key, filling longtext)', [], name)
    const numbers = new Numbers(server, name, more)
    await numbers.insert(3)
    return numbers
  }

  get worker() {
    return this.scenario.worker
  }

  /** Starts the worker, and waits until it follows changes. */
  async stream(): Promise<void> {
    await this.worker.start()
    await this.worker.says(STREAMING)
  }

  /** Changes keys of the source while the worker runs. */
  change(more: Keys): void {
    this.scenario.write('source.yaml', this.#yaml(more))
  }

  async insert(rows: number, bytes = 10): Promise<void> {
    for (let i = 0; i < rows; i++) {
      const values = [this.#next++, bytes]
      await this.#server.query("insert into numbers values (?, repeat('x', ?))", values, this.#name)
    }
  }

  /** Waits until every number is in the topic, and looks that each is there once and in order. */
  async allArrived(): Promise<void> {
    const expected = Array.from({ length: this.#next - 1 }, (_, i) => i + 1)
    const what = `${expected.length} numbers`
    await until(async () => (await this.arrived()).length >= expected.length, {
      limitMs: 60_000,
      what
    })
    assert.deepEqual(await this.arrived(), expected)
  }

  async arrived(): Promise<number[]> {
    this.#broker ??= await openLmdbBroker({ path: this.scenario.topicsPath })
    const records = await readTopic(this.#broker, `${this.#name}.${this.#name}.numbers`)
    return records.map((record) => JSON.parse(String(record.key)).payload.n as number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker?.close()
    await this.scenario[Symbol.asyncDispose]()
  }

  #yaml(more: Keys = {}): string {
    return connectorYaml(`${this.#name}-source`, { ...this.#keys, ...more })
  }
}

describe('trouble with MariaDB', requireEngine('mariadb'), () => {
  let mariadb: MariadbServer
  before(async () => {
    mariadb = await startMariadb()
  })
  after(() => mariadb.stop())

  /** Removes the log up to now; what a replica still reads would stay. */
  async function purge(server: MariadbServer): Promise<void> {
    const readers = `select id from information_schema.processlist where command like 'Binlog Dump%'`
    for (const { id } of await server.query<{ id: number }>(readers)) {
      await server.query(`kill ${id}`)
    }
    await until(async () => (await server.query(readers)).length === 0)
    // The server keeps what it may still need itself, for a moment.
    await until(async () => {
      await server.query('flush binary logs')
      const [status] = await server.query<{ File: string }>('show master status')
      await server.query(`purge binary logs to '${status?.File}'`)
      return (await server.query('show binary logs')).length === 1
    })
  }

  it('goes on through files of the log that follow one another', LIMIT, async () => {
    await using numbers = await Numbers.create(mariadb, 'rotated')
    await numbers.stream()
    for (let file = 0; file < 4; file++) {
      await numbers.insert(3)
      await mariadb.query('flush binary logs')
    }
    await numbers.insert(1)
    await numbers.allArrived()
  })

  it('goes on after a restart and after a crash of the server', LIMIT, async () => {
    await using server = await startMariadb()
    await using numbers = await Numbers.create(server, 'restarted')
    await numbers.stream()
    await numbers.insert(3)
    await server.restart()
    await numbers.insert(3)
    await numbers.allArrived()
    await server.crash()
    await numbers.worker.says('starts again in')
    await server.start()
    await numbers.insert(3)
    await numbers.allArrived()
  })

  it('reads an event anew that was cut in the middle', LIMIT, async () => {
    await using proxy = await TcpProxy.start(mariadb.port)
    await using numbers = await Numbers.create(mariadb, 'cut', { 'database.port': proxy.port })
    await numbers.stream()
    for (const at of [1_000_000, 3_000_000, 17_000_000]) {
      const before = proxy.cuts
      proxy.cutAfter(at)
      await numbers.insert(3, 8_000_000)
      await until(() => proxy.cuts > before, { what: `a cut after ${at} bytes` })
      await numbers.allArrived()
    }
    assert.equal(proxy.cuts, 3)
  })

  it(
    'says that the log it needs was purged, and reads all tables anew when told to',
    LIMIT,
    async () => {
      await using server = await startMariadb()
      await using numbers = await Numbers.create(server, 'purged')
      await numbers.stream()
      await numbers.allArrived()
      await numbers.worker.stop()
      await numbers.insert(2)
      await purge(server)
      await numbers.worker.start()
      const line = await numbers.worker.says('MYSQL_BINLOG_PURGED')
      assert.match(line, /when_needed/)
      assert.equal((await numbers.arrived()).length, 3, 'nothing was passed over')
      numbers.change({ 'snapshot.mode': 'when_needed' })
      await until(async () => (await numbers.arrived()).length === 3 + 5)
      assert.deepEqual(await numbers.arrived(), [1, 2, 3, 1, 2, 3, 4, 5])
    }
  )

  it('says that the log was reset while it was away', LIMIT, async () => {
    await using server = await startMariadb()
    await using numbers = await Numbers.create(server, 'reset_away')
    await numbers.stream()
    await numbers.allArrived()
    await numbers.worker.stop()
    await numbers.insert(1)
    await server.query('reset master')
    await numbers.insert(8)
    await numbers.worker.start()
    const line = await numbers.worker.says('MYSQL_LOG_CHANGED')
    assert.match(line, /RESET MASTER/)
    assert.match(line, /when_needed/)
    assert.equal((await numbers.arrived()).length, 3, 'nothing was passed over')
  })

  it('says that the log was reset while it read', LIMIT, async () => {
    await using server = await startMariadb()
    await using numbers = await Numbers.create(server, 'reset_live')
    await numbers.stream()
    await numbers.allArrived()
    await server.query('reset master')
    await numbers.insert(1)
    await numbers.worker.says('MYSQL_LOG_CHANGED')
  })

  it('reads the log under the number of the server itself', LIMIT, async () => {
    await using numbers = await Numbers.create(mariadb, 'own_number', { 'database.server.id': 1 })
    await numbers.stream()
    await numbers.insert(2)
    await numbers.allArrived()
  })

  it('says that another replica has its number', LIMIT, async () => {
    const id = { 'database.server.id': 4711 }
    await using first = await Numbers.create(mariadb, 'number_first', id)
    await first.stream()
    await using second = await Numbers.create(mariadb, 'number_second', id)
    await second.worker.start()
    // The server ends whoever was there first.
    const line = await first.worker.says('MYSQL_SERVER_ID_TAKEN')
    assert.match(line, /database\.server\.id/)
    first.change({ 'database.server.id': 4712 })
    for (const numbers of [first, second]) {
      await numbers.insert(1)
      await numbers.allArrived()
    }
  })
})

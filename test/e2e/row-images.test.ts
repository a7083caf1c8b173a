import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Connection } from 'mysql2/promise'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { Random } from '../support/random.ts'
import { copyRandomTables } from '../support/random-tables/random-copies.ts'
import {
  connectorYaml,
  EMBEDDED_WORKER,
  mariadbSourceKeys,
  Scenario,
  sinkKeys
} from '../support/scenario.ts'
import { until } from '../support/until.ts'

const SEEDS = [11, 12, 13, 14]
const IMAGES = ['MINIMAL', 'NOBLOB'] as const

describe('random tables of MariaDB whose log leaves columns out', requireEngine('mariadb'), () => {
  let mariadb: MariadbServer
  before(async () => {
    mariadb = await startMariadb()
  })
  after(() => mariadb.stop())

  for (const image of IMAGES) {
    it(`are the same in the copy with binlog_row_image ${image}`, async () => {
      const found = await copyRandomTables(mariadb, SEEDS, image)
      for (const [seed, faults] of found) assert.deepEqual(faults.slice(0, 5), [], `seed ${seed}`)
      assert.deepEqual([...found.keys()], SEEDS)
    })
  }
})

const TABLE = `create table t (
  id int primary key, name varchar(20) not null default 'none', n bigint not null default 7,
  price decimal(10,2) default 1.5, at datetime(3), body text, bytes blob
)`
const KEYS = 12

/** Changes of rows of a few keys, which name some columns and leave out others. */
class RandomRows {
  readonly #random: Random
  readonly #connection: Connection

  constructor(random: Random, connection: Connection) {
    this.#random = random
    this.#connection = connection
  }

  async run(statements: number): Promise<void> {
    for (let i = 0; i < statements; i++) await this.#change()
  }

  async #change(): Promise<void> {
    const random = this.#random
    const id = random.below(KEYS)
    const [names, values] = [this.#columns(), this.#columns()]
    const list = (of: readonly string[]) => of.map((name) => `${name} = ${this.#value(name)}`)
    const into = `into t set ${[`id = ${id}`, ...list(names)].join(', ')}`
    const statement = random.pick([
      `insert ignore ${into}`,
      `replace ${into}`,
      `insert ${into} on duplicate key update ${list(values).join(', ')}`,
      `update t set ${list(names).join(', ')} where id >= ${id} limit 3`,
      `update t set ${list(names).join(', ')} where id = ${id}`,
      `update ignore t set id = ${random.below(KEYS)}, ${list(names).join(', ')} where id = ${id}`,
      `delete from t where id = ${id}`
    ])
    await this.#connection.query(statement)
  }

  #columns(): string[] {
    const all = ['name', 'n', 'price', 'at', 'body', 'bytes']
    const chosen = all.filter(() => this.#random.below(3) === 0)
    return chosen.length > 0 ? chosen : ['n']
  }

  #value(name: string): string {
    const number = this.#random.below(1000)
    if (name === 'name') return `'name ${number}'`
    if (name === 'n') return `${number * 9_007_199_254_741}`
    if (number < 200) return 'null'
    if (name === 'price') return `${number}.25`
    if (name === 'at') return `'2024-02-29 01:02:03.${String(number).padStart(3, '0')}'`
    return name === 'body' ? `repeat('text ${number}', 20)` : `unhex(md5(${number}))`
  }
}

describe('rows of MariaDB whose log leaves columns out', requireEngine('mariadb'), () => {
  let mariadb: MariadbServer
  let postgres: PostgresServer
  before(async () => {
    ;[mariadb, postgres] = await Promise.all([startMariadb(), startPostgres()])
  })
  after(() => Promise.all([mariadb.stop(), postgres.stop()]))

  for (const image of IMAGES) {
    it(`are the same in PostgreSQL with binlog_row_image ${image}`, async () => {
      const source = await mariadb.createDatabase()
      const database = await postgres.createDatabase()
      await mariadb.query(TABLE, undefined, source)
      const to = { prefix: source, database }
      await using scenario = new Scenario({
        'worker.yaml': EMBEDDED_WORKER,
        'source.yaml': connectorYaml('source', mariadbSourceKeys(mariadb, source)),
        'sink.yaml': connectorYaml(
          'sink',
          sinkKeys(postgres, to, { 'topics.regex': `${source}\\.${source}\\..*` })
        )
      })
      await scenario.worker.start()
      await using connection = await mariadb.connect(source)
      await connection.query(`set binlog_row_image = ${image}, sql_mode = 'STRICT_TRANS_TABLES'`)
      await new RandomRows(new Random(5), connection).run(600)
      await connection.query("replace into t (id, name) values (99, 'last')")
      const wanted = await mariadb.query(
        "select concat_ws('|', id, name, n, price, at, body, hex(bytes)) as line from t order by id",
        undefined,
        source
      )
      const found = () =>
        postgres.query(
          `select concat_ws('|', id, name, n, price, to_char("at", 'YYYY-MM-DD HH24:MI:SS.MS'), body,
             upper(encode(bytes, 'hex'))) as line from t order by id`,
          undefined,
          database
        )
      const last = async () =>
        (await found().catch(() => [])).some(({ line }) => /^99/.test(`${line}`))
      await until(last, { what: 'the last row is there' })
      assert.deepEqual(await found(), wanted)
      assert.ok(wanted.length > 4)
    })
  }
})

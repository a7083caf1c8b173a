import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import mariadb from '../../connectors/mysql/mariadb-source.ts'
import mysql from '../../connectors/mysql/source.ts'
import type { SourceConnector } from '../../runtime/api/connector.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'

describe('checking a MySQL or MariaDB source', () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
    await server.createDatabase('shop')
    await server.query('CREATE TABLE orders (id int PRIMARY KEY)', undefined, 'shop')
    await server.query('CREATE TABLE secret (id int PRIMARY KEY)', undefined, 'shop')
  })
  after(() => server.stop())

  function configOf(connector: SourceConnector, changes: Record<string, string>) {
    const raw = {
      'topic.prefix': 'p',
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      'database.include.list': 'shop',
      ...changes
    }
    return { ...parseConfig(connector.config, raw), raw }
  }

  async function found(changes: Record<string, string>, connector = mariadb) {
    const { config, problems, raw } = configOf(connector, changes)
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error'),
      []
    )
    const signal = AbortSignal.timeout(20_000)
    const all = [
      ...(connector.validate?.(config as never, raw) ?? []),
      ...((await connector.check?.(config as never, raw, signal)) ?? [])
    ]
    return all.map(({ key, message }) => `${key}: ${message}`)
  }

  /** A user with these privileges: their connections, and none else, are what they may do. */
  async function user(name: string, ...grants: string[]) {
    await server.query(`CREATE OR REPLACE USER '${name}'@'127.0.0.1' IDENTIFIED BY 'pw'`)
    for (const grant of grants) await server.query(`GRANT ${grant} TO '${name}'@'127.0.0.1'`)
    return { 'database.user': name, 'database.password': 'pw' }
  }

  /** Settings of the whole server for the time of a test. */
  async function withGlobal(setting: string, value: string, test: () => Promise<void>) {
    const [row] = await server.query<{ old: string }>(`SELECT @@global.${setting} AS old`)
    await server.query(`SET GLOBAL ${setting} = '${value}'`)
    try {
      await test()
    } finally {
      await server.query(`SET GLOBAL ${setting} = '${row?.old}'`)
    }
  }

  it('finds nothing when everything is there', async () => {
    assert.deepEqual(await found({}), [])
  })

  it('names the host that cannot be reached, and the user who may not come in', async () => {
    const [unreachable] = await found({ 'database.port': '1' })
    assert.match(unreachable ?? '', /^database\.hostname: .*127\.0\.0\.1:1 cannot be reached/)
    const [refused] = await found({ 'database.password': 'wr0ng-p4ss' })
    assert.match(refused ?? '', /^database\.password: /)
    assert.ok(!refused?.includes('wr0ng-p4ss'))
  })

  it('knows MySQL from MariaDB', async () => {
    const [problem] = await found({}, mysql)
    assert.match(problem ?? '', /The server is MariaDB .*connector\.class: mariadb/)
  })

  it('wants rows in the binary log', async () => {
    await withGlobal('binlog_format', 'MIXED', async () => {
      const [problem] = await found({})
      assert.match(problem ?? '', /binlog_format=MIXED.*SET GLOBAL binlog_format = ROW/)
    })
    assert.deepEqual(await found({}), [])
  })

  it('says which privileges are missing, and how to give them', async () => {
    const reader = await user('reader', 'SELECT ON shop.*')
    const [problem] = await found(reader)
    assert.match(problem ?? '', /^database\.user: .*may not read the binary log/)
    assert.match(problem ?? '', /GRANT REPLICATION SLAVE, .* TO 'reader'@'127\.0\.0\.1'/)
    assert.deepEqual(await found({ ...reader, 'snapshot.mode': 'initial_only' }), [])
  })

  it('says at once what is wrong with the log, the user and the tables', async () => {
    const nobody = await user('nobody', 'INSERT ON shop.*')
    await withGlobal('binlog_format', 'MIXED', async () => {
      const problems = await found(nobody)
      assert.equal(problems.length, 3)
      assert.match(problems[0] ?? '', /^database\.hostname: .*binlog_format=MIXED/)
      assert.match(problems[1] ?? '', /^database\.user: .*may not read the binary log/)
      assert.match(problems[2] ?? '', /^database\.user: .*may not read 2 of the captured tables/)
    })
  })

  it('names the tables that may not be read', async () => {
    const half = await user(
      'half',
      'REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR ON *.*',
      'SELECT ON shop.orders',
      'INSERT ON shop.secret'
    )
    const [problem, ...more] = await found(half)
    assert.deepEqual(more, [])
    assert.match(problem ?? '', /may not read 1 of the captured tables: `shop`\.`secret`/)
    assert.match(problem ?? '', /GRANT SELECT ON `shop`\.`secret`/)
  })

  it('says when no table is captured', async () => {
    const [problem] = await found({ 'table.include.list': 'shop\\.nope' })
    assert.match(problem ?? '', /^table\.include\.list: No table of the server passes/)
  })

  it('refuses what it cannot do, with the reason', () => {
    const errorsOf = (changes: Record<string, string>) =>
      configOf(mariadb, changes)
        .problems.filter(({ severity }) => severity === 'error')
        .map(({ message }) => message)
        .join()
    assert.match(errorsOf({ 'time.precision.mode': 'adaptive' }), /can no longer be 'adaptive'/)
    assert.match(errorsOf({ 'snapshot.mode': 'schema_only' }), /must be one of/)
    assert.match(errorsOf({ 'topic.prefix': 'a b' }), /letters, digits/)
    assert.match(
      errorsOf({ 'gtid.source.includes': '0', 'gtid.source.excludes': '1' }),
      /exclude each other/
    )
    assert.equal(errorsOf({ 'schema.history.internal.kafka.topic': 'history' }), '')
  })

  it('takes offsets that a task can start from, and no others', () => {
    const { config, raw } = configOf(mariadb, {})
    const check = (partition: Record<string, string>, offset: Record<string, string | number>) =>
      mariadb.checkOffsets?.(config as never, raw, [{ partition, offset }])
    check({ server: 'p' }, { file: 'binlog.000001', pos: 4, gtids: '0-1-5', event: 2 })
    assert.throws(() => check({ server: 'q' }, { file: 'binlog.000001', pos: 4 }), {
      code: 'MYSQL_OFFSET'
    })
    assert.throws(() => check({ server: 'p' }, { file: 'binlog.000001', pos: 'x' }), {
      code: 'MYSQL_OFFSET'
    })
    assert.throws(() => check({ server: 'p', table: 'shop.orders' }, { shape: '{}' }), {
      code: 'MYSQL_OFFSET'
    })
  })
})

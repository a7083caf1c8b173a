import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { BinlogClient } from '../../connectors/mysql/binlog/binlog-client.ts'
import { GtidList } from '../../connectors/mysql/binlog/gtid-list.ts'
import {
  currentPosition,
  fileAvailability,
  gtidAvailability,
  logFiles
} from '../../connectors/mysql/binlog/position.ts'
import { connect, type MysqlConnection } from '../../connectors/mysql/connection.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import { BinlogReading, endOfLog, settingsOf } from '../support/binlog-reading.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { until } from '../support/until.ts'

const gtidsOf = (reading: BinlogReading) =>
  reading.events.flatMap(({ event }) => (event.kind === 'gtid' ? [event.gtid] : []))

const coded = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ConnectError && error.code === code && message.test(error.message)

describe('where the binary log starts', requireEngine('mariadb'), () => {
  let server: MariadbServer
  let connection: MysqlConnection
  let database: string

  before(async () => {
    server = await startMariadb()
    connection = await connect(settingsOf(server))
  })
  after(async () => {
    connection.destroy()
    await server.stop()
  })
  beforeEach(async () => {
    database = await server.createDatabase()
    await run('CREATE TABLE t (id INT PRIMARY KEY)')
  })
  const run = (sql: string) => server.query(sql, [], database)
  const open = (start: Parameters<typeof BinlogReading.open>[1], serverId?: number) =>
    BinlogReading.open(server, start, serverId === undefined ? {} : { serverId })

  it('is behind the transactions that have been read', async () => {
    const { gtids } = await endOfLog(server)
    await run('INSERT INTO t VALUES (1); FLUSH BINARY LOGS; INSERT INTO t VALUES (2)')
    const between = await endOfLog(server)
    await run('INSERT INTO t VALUES (3); CREATE TABLE done (id INT)')
    using all = await open({ gtids })
    await all.untilStatement('TABLE done')
    using last = await open({ gtids: between.gtids })
    await last.untilStatement('TABLE done')
    const number = Number(gtids.split('-')[2])
    assert.deepEqual(
      gtidsOf(all),
      [1, 2, 3, 4].map((more) => `0-1-${number + more}`)
    )
    assert.deepEqual(gtidsOf(last), gtidsOf(all).slice(2))
    assert.deepEqual(
      last.rowsEvents.map(({ bytes }) => bytes.toString('hex')),
      ['fe03000000']
    )
  })

  it('is behind the last transaction of every domain', async () => {
    const session = await server.connect(database)
    await session.query('SET gtid_domain_id = 7')
    await session.query('INSERT INTO t VALUES (1)')
    await session.end()
    const { gtids } = await endOfLog(server)
    assert.match(gtids, /7-1-\d+/)
    await run('INSERT INTO t VALUES (2); CREATE TABLE done (id INT)')
    using reading = await open({ gtids })
    await reading.untilStatement('TABLE done')
    assert.equal(reading.rowsEvents.length, 1)
  })

  it('is told with file, position and GTIDs that belong together', async () => {
    const writing = Array.from({ length: 50 }, (_, index) => run(`INSERT INTO t VALUES (${index})`))
    const places = []
    for (let round = 0; round < 10; round++)
      places.push(await currentPosition(connection, 'mariadb'))
    await Promise.all(writing)
    places.push(await currentPosition(connection, 'mariadb'))
    for (const { file, position, gtids } of places) {
      const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, ?)', [file, position])
      assert.equal(GtidList.parse(row?.[0] ?? '').toString(), gtids)
      assert.equal(await fileAvailability(connection, 'mariadb', file, position), 'available')
      assert.equal(await gtidAvailability(connection, 'mariadb', gtids), 'available')
    }
    assert.equal((await logFiles(connection)).at(-1)?.name, places.at(-1)?.file)
  })

  it('goes on after the server was restarted', async () => {
    const { gtids } = await endOfLog(server)
    using reading = await open({ gtids })
    await run('INSERT INTO t VALUES (1)')
    await reading.until(({ event }) => event.kind === 'xid')
    await server.restart()
    const error = await reading.untilError()
    assert.ok(error instanceof ConnectError && error.retriable, `${error}`)
    await run('INSERT INTO t VALUES (2); CREATE TABLE done (id INT)')
    const read = GtidList.parse(gtids)
    for (const gtid of gtidsOf(reading)) read.add(gtid ?? '')
    using again = await open({ gtids: read.toString() })
    await again.untilStatement('TABLE done')
    assert.deepEqual(
      again.rowsEvents.map(({ bytes }) => bytes.toString('hex')),
      ['fe02000000']
    )
    connection.destroy()
    connection = await connect(settingsOf(server))
  })

  it('is refused where the server has deleted its files', async () => {
    const { file, position, gtids } = await endOfLog(server)
    await run('INSERT INTO t VALUES (1); FLUSH BINARY LOGS; INSERT INTO t VALUES (2)')
    const later = await endOfLog(server)
    // A file that somebody still reads is kept.
    await until(async () => {
      await server.query(`PURGE BINARY LOGS TO '${later.file}'`)
      return (await logFiles(connection))[0]?.name === later.file
    })
    await assert.rejects(
      open({ file, position }),
      coded('MYSQL_BINLOG_PURGED', /asked for: .*position/)
    )
    await assert.rejects(open({ gtids }), coded('MYSQL_BINLOG_PURGED', /asked for: GTIDs 0-1-/))
    assert.equal(await fileAvailability(connection, 'mariadb', file, position), 'purged')
    assert.equal(await gtidAvailability(connection, 'mariadb', gtids), 'purged')
    assert.equal(await gtidAvailability(connection, 'mariadb', later.gtids), 'available')
    assert.equal(await gtidAvailability(connection, 'mariadb', gtids, () => false), 'available')
  })

  it('is refused where no event starts', async () => {
    await run('INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)')
    const { file, position } = await endOfLog(server)
    await assert.rejects(
      open({ file, position: position + 1000 }),
      coded('MYSQL_BINLOG_POSITION', /./)
    )
    await assert.rejects(
      (async () => (await open({ file, position: position - 20 })).untilError())().then((error) => {
        throw error
      }),
      coded('MYSQL_BINLOG_POSITION', /./)
    )
    await assert.rejects(
      open({ file, position: 2 ** 32 }),
      coded('MYSQL_BINLOG_POSITION', /32 bits/)
    )
    for (const wrong of [position + 1000, position - 20]) {
      assert.equal(await fileAvailability(connection, 'mariadb', file, wrong), 'unknown')
    }
  })

  it('is refused after RESET MASTER', async () => {
    await run('FLUSH BINARY LOGS; INSERT INTO t VALUES (1)')
    const { file, position, gtids } = await endOfLog(server)
    await run('RESET MASTER')
    assert.equal(await gtidAvailability(connection, 'mariadb', gtids), 'unknown')
    await run('INSERT INTO t VALUES (2)')
    assert.equal(await gtidAvailability(connection, 'mariadb', gtids), 'unknown')
    assert.equal(await fileAvailability(connection, 'mariadb', file, position), 'unknown')
    await assert.rejects(open({ gtids }), coded('MYSQL_GTID_UNKNOWN', /./))
    await assert.rejects(open({ file, position }), coded('MYSQL_BINLOG_PURGED', /./))
  })

  it('belongs to the newest of two readers with one server id', async () => {
    const start = await endOfLog(server)
    using first = await open(start, 4711)
    using second = await open(start, 4711)
    const error = await first.untilError()
    assert.ok(coded('MYSQL_SERVER_ID_TAKEN', /same/)(error), `${error}`)
    await run('CREATE TABLE done (id INT)')
    await second.untilStatement('TABLE done')
  })

  it('can be taken up again after a connection was killed in the middle of an event', async () => {
    await server.query('SET GLOBAL max_allowed_packet = 67108864')
    const start = await endOfLog(server)
    const writer = await server.connect(database)
    await writer.query('CREATE TABLE big (id INT PRIMARY KEY, v LONGBLOB)')
    await writer.query("INSERT INTO big VALUES (1, REPEAT('x', 30000000))")
    await writer.end()
    using reading = await BinlogReading.open(server, start, { maxBytes: 1000 })
    const readers = () =>
      connection.query(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'"
      )
    for (const [id] of await readers()) await connection.query(`KILL ${id}`)
    const error = await reading.untilError()
    assert.ok(coded('MYSQL_CONNECTION_LOST', /./)(error), `${error}`)
    assert.equal(reading.rowsEvents.length, 0)
    using again = await open(start)
    await again.until(({ event }) => event.kind === 'rows')
    assert.equal(again.rowsEvents[0]?.bytes.length, 30_000_009)
  })

  it('needs the privilege of replicas, and a log', async () => {
    await server.query("GRANT SELECT ON *.* TO 'reader'@'127.0.0.1' IDENTIFIED BY 'secret'")
    const settings = settingsOf(server, { user: 'reader', password: 'secret' })
    const options = {
      flavor: 'mariadb',
      serverId: 5,
      start: { gtids: '' },
      maxBytes: 1,
      heartbeatMs: 1000
    } as const
    const signal = AbortSignal.timeout(60_000)
    await assert.rejects(
      BinlogClient.open(settings, options, signal),
      coded('MYSQL_PRIVILEGE', /'reader' may not read the binary log/)
    )
    await using other = await startMariadb({ settings: { skip_log_bin: '' } })
    await assert.rejects(
      BinlogClient.open(settingsOf(other), options, signal),
      coded('MYSQL_BINLOG_OFF', /./)
    )
    const lonely = await connect(settingsOf(other))
    await assert.rejects(currentPosition(lonely, 'mariadb'), coded('MYSQL_BINLOG_OFF', /./))
    lonely.destroy()
  })

  it('is followed with heartbeats, and a silent server is given up', async () => {
    const start = await endOfLog(server)
    using reading = await BinlogReading.open(server, start, { heartbeatMs: 100 })
    await reading.until(({ event }) => event.kind === 'heartbeat')
    process.kill(server.pid, 'SIGSTOP')
    const error = await reading.untilError().finally(() => process.kill(server.pid, 'SIGCONT'))
    assert.ok(coded('MYSQL_CONNECTION_LOST', /silent/)(error), `${error}`)
    await until(async () => (await server.query('SELECT 1')).length === 1)
  })
})

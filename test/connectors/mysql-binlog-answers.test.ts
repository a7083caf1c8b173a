import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  currentPosition,
  fileAvailability,
  gtidAvailability,
  type Queries
} from '../../connectors/mysql/binlog/position.ts'
import type { TextRow } from '../../connectors/mysql/connection.ts'
import { explain } from '../../connectors/mysql/errors.ts'
import { ConnectError, describeError } from '../../runtime/api/errors.ts'

// What servers of MySQL answer, which no test can ask: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
// and the manual's pages of the statements.

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const B = '896e7882-18fe-11ef-ab88-22222d34d411'

const serverError = (errno: number, message: string) =>
  Object.assign(new Error(message), { errno, sqlState: 'HY000', code: 'ER_UNKNOWN' })

/** A server that knows these statements, and no others. */
const answering = (answers: Readonly<Record<string, TextRow[]>>): Queries => ({
  query: (sql) => {
    const rows = answers[sql]
    if (rows) return Promise.resolve(rows)
    return Promise.reject(
      explain(serverError(1064, `You have an error in your SQL syntax: ${sql}`))
    )
  }
})

describe('answers of MySQL', () => {
  it('to where the log ends, by the old name of the statement and the new one', async () => {
    const row = ['binlog.000003', '4711', '', '', `${B}:1-3,\n${A}:1-9`]
    const expected = { file: 'binlog.000003', position: 4711, gtids: `${A}:1-9,${B}:1-3` }
    for (const sql of ['SHOW BINARY LOG STATUS', 'SHOW MASTER STATUS']) {
      assert.deepEqual(await currentPosition(answering({ [sql]: [row] }), 'mysql'), expected)
    }
    const off = answering({ 'SHOW BINARY LOG STATUS': [] })
    await assert.rejects(currentPosition(off, 'mysql'), { code: 'MYSQL_BINLOG_OFF' })
    await assert.rejects(currentPosition(answering({}), 'mysql'), { code: 'MYSQL_ERROR' })
  })

  it('to whether transactions can still be read', async () => {
    const server = answering({
      'SELECT @@global.gtid_executed': [[`${A}:1-100,\n${B}:1-5`]],
      'SELECT @@global.gtid_purged': [[`${A}:1-50`]]
    })
    const ask = (gtids: string, keep?: (source: string) => boolean) =>
      gtidAvailability(server, 'mysql', gtids, keep)
    assert.equal(await ask(`${A}:1-50`), 'available')
    assert.equal(await ask(`${A}:1-100,${B}:1-5`), 'available')
    assert.equal(await ask(`${A}:1-49`), 'purged')
    assert.equal(await ask(`${A}:1-40:51-60`), 'purged')
    assert.equal(await ask(''), 'purged')
    assert.equal(await ask(`${A}:1-101`), 'unknown')
    assert.equal(await ask(`${A}:1-50,${B}:9`), 'unknown')
    assert.equal(await ask(`${A}:1-50,${B}:9`, (source) => source === A), 'available')
    assert.equal(await ask(`${B}:1`, (source) => source === B), 'available')
  })

  it('to whether a file can still be read', async () => {
    const server = answering({
      'SHOW BINARY LOGS': [
        ['binlog.000009', '1000', 'No'],
        ['binlog.000010', '500', 'No']
      ]
    })
    const ask = (file: string, position: number) =>
      fileAvailability(server, 'mysql', file, position)
    assert.equal(await ask('binlog.000010', 500), 'available')
    assert.equal(await ask('binlog.000009', 4), 'available')
    assert.equal(await ask('binlog.000010', 501), 'unknown')
    assert.equal(await ask('binlog.000008', 4), 'purged')
    assert.equal(await ask('binlog.000011', 4), 'unknown')
  })
})

describe('errors of servers', () => {
  const cases: [number, string, string, retriable?: boolean][] = [
    [1236, 'Could not find first log file name in binary log index file', 'MYSQL_BINLOG_PURGED'],
    [
      1236,
      "Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere, or provision a new replica from backup. Consider increasing the source's binary log expiration period. The GTID sets and the missing purged transactions are too long to print in this message.",
      'MYSQL_BINLOG_PURGED'
    ],
    [
      1236,
      'The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing GTIDs that the slave requires.',
      'MYSQL_BINLOG_PURGED'
    ],
    [
      1236,
      'Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files have been purged.',
      'MYSQL_BINLOG_PURGED'
    ],
    [
      1236,
      "Error: connecting slave requested to start from GTID 0-1-100, which is not in the master's binlog",
      'MYSQL_GTID_UNKNOWN'
    ],
    [
      1236,
      'The binlog on the master is missing the GTID 0-1-100 requested by the slave (even though a subsequent sequence number does exist), and GTID strict mode is enabled',
      'MYSQL_GTID_UNKNOWN'
    ],
    [
      1236,
      "Slave has more GTIDs than the master has, using the master's SERVER_UUID. This may indicate that the end of the binary log was truncated or that the last binary log file was lost, e.g., after a power or disk failure when sync_binlog != 1.",
      'MYSQL_GTID_UNKNOWN'
    ],
    [
      1236,
      "Client requested source to start replication from position > file size; the first event 'binlog.000001' at 9999, the last event read from 'binlog.000001' at 4",
      'MYSQL_BINLOG_POSITION'
    ],
    [
      1236,
      'log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source',
      'MYSQL_BINLOG_POSITION'
    ],
    [
      1236,
      "bogus data in log event; the first event 'binlog.000001' at 120",
      'MYSQL_BINLOG_POSITION'
    ],
    [
      1236,
      "A replica with the same server_uuid/server_id as this replica has connected to the source; the first event '' at 4",
      'MYSQL_SERVER_ID_TAKEN'
    ],
    [
      4052,
      'A slave with the same server_uuid/server_id is already connected',
      'MYSQL_SERVER_ID_TAKEN'
    ],
    [1236, 'Binary log is not open', 'MYSQL_BINLOG_OFF'],
    [1236, 'Something new', 'MYSQL_BINLOG'],
    [1381, 'You are not using binary logging', 'MYSQL_BINLOG_OFF'],
    [
      1227,
      'Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)',
      'MYSQL_PRIVILEGE'
    ],
    [1045, "Access denied for user 'm'@'h' (using password: YES)", 'MYSQL_PRIVILEGE'],
    [1053, 'Server shutdown in progress', 'MYSQL_CONNECTION_LOST', true],
    [1040, 'Too many connections', 'MYSQL_CONNECTION_LOST', true],
    [1213, 'Deadlock found when trying to get lock', 'MYSQL_CONNECTION_LOST', true],
    [1146, "Table 'd.t' doesn't exist", 'MYSQL_ERROR']
  ]

  for (const [errno, text, code, retriable = false] of cases) {
    it(`${errno} is ${code}: ${text.slice(0, 60)}`, () => {
      const error = explain(serverError(errno, text), { user: 'm', start: 'GTIDs 0-1-100' })
      assert.equal(error.code, code)
      assert.equal(error.retriable, retriable)
      assert.ok(describeError(error).includes(text))
      assert.equal((error.cause as Error).message, text)
      if (code !== 'MYSQL_ERROR' && !retriable) assert.ok((error.hint ?? '').length > 20)
    })
  }

  it('that are explained already stay as they are', () => {
    const error = new ConnectError('MYSQL_CLOSED', 'closed')
    assert.equal(explain(error), error)
  })
})

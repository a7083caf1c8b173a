import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { requireEngine } from './engines.ts'
import { sharedMariadb, startMariadb } from './mariadb.ts'
import { until } from './until.ts'

describe('mariadb for tests', requireEngine('mariadb'), () => {
  after(async () => (await sharedMariadb()).stop())

  it('logs full rows with full metadata, in UTC, and runs many databases', async () => {
    const server = await sharedMariadb()
    const database = await server.createDatabase()
    const [row] = await server.query(
      `SELECT @@log_bin log_bin, @@binlog_format format, @@binlog_row_image image,
        @@binlog_row_metadata metadata, @@server_id id, @@gtid_strict_mode strict,
        @@time_zone zone, @@character_set_database charset, ? + 1 AS n`,
      [1],
      database
    )
    assert.deepEqual(row, {
      log_bin: 1,
      format: 'ROW',
      image: 'FULL',
      metadata: 'FULL',
      id: 1,
      strict: 1,
      zone: '+00:00',
      charset: 'utf8mb4',
      n: 2
    })
  })

  it('begins with an empty binary log, so that positions are the same every time', async () => {
    await using server = await startMariadb()
    assert.deepEqual(await server.query('SELECT @@gtid_binlog_pos AS gtid'), [{ gtid: '' }])
    const [status] = await server.query<{ File: string }>('SHOW MASTER STATUS')
    assert.equal(status?.File, 'binlog.000001')
  })

  it('answers exact values, and the rows of the last of several statements', async () => {
    const server = await sharedMariadb()
    const [row] = await server.query(
      `SELECT 18446744073709551615 AS big, CAST('1.50' AS DECIMAL(10,2)) AS price,
        TIMESTAMP '2024-02-29 23:59:59.123456' AS at`
    )
    assert.deepEqual(row, {
      big: '18446744073709551615',
      price: '1.50',
      at: '2024-02-29 23:59:59.123456'
    })
    assert.deepEqual(await server.query('SET @a = 7; SELECT @a AS a'), [{ a: 7 }])
    assert.deepEqual(await server.query('SELECT 1 AS a; SET @a = 8'), [])
  })

  it('keeps what was committed through a crash, on the same port', async () => {
    await using server = await startMariadb({ settings: { sort_buffer_size: '3145728' } })
    const database = await server.createDatabase()
    await server.query('CREATE TABLE t AS SELECT 7 AS a', [], database)
    const port = server.port
    await server.crash()
    await server.start()
    assert.equal(server.port, port)
    assert.deepEqual(await server.query('SELECT a FROM t', [], database), [{ a: 7 }])
    assert.deepEqual(await server.query('SELECT @@sort_buffer_size AS s'), [{ s: 3145728 }])
  })

  it('goes on in a new file of the binary log after a restart', async () => {
    await using server = await startMariadb()
    await server.restart()
    const [status] = await server.query<{ File: string }>('SHOW MASTER STATUS')
    assert.equal(status?.File, 'binlog.000002')
  })

  it('removes the server and its folder when the process that started it is killed', async () => {
    const script = `
      import { startMariadb } from '${new URL('./mariadb.ts', import.meta.url)}'
      const server = await startMariadb()
      process.send({ port: server.port, folder: server.folder })
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    const [message] = await new Promise<[{ port: number; folder: string }]>((resolve) => {
      child.once('message', (...args) => resolve(args as never))
    })
    assert.ok(existsSync(message.folder))
    child.kill('SIGKILL')
    await until(() => !existsSync(message.folder))
    const socket = connect(message.port, '127.0.0.1')
    await assert.rejects(once(socket, 'connect'), /ECONNREFUSED/)
  })
})

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { sharedPostgres, startPostgres } from './postgres.ts'

describe('postgres for tests', () => {
  after(async () => (await sharedPostgres()).stop())

  it('decodes logically, in UTC, and runs many databases', async () => {
    const server = await sharedPostgres()
    const database = await server.createDatabase()
    const [row] = await server.query(
      `SELECT current_setting('wal_level') wal, current_setting('TimeZone') zone, $1::int + 1 AS n`,
      [1],
      database
    )
    assert.deepEqual(row, { wal: 'logical', zone: 'UTC', n: 2 })
  })

  it('keeps what was committed through a crash, on the same port', async () => {
    await using server = await startPostgres({ settings: { work_mem: '5MB' } })
    await server.query('CREATE TABLE t AS SELECT 7 AS a')
    const port = server.port
    await server.crash()
    await server.start()
    assert.equal(server.port, port)
    assert.deepEqual(await server.query('SELECT a FROM t'), [{ a: 7 }])
    assert.deepEqual(await server.query('SHOW work_mem'), [{ work_mem: '5MB' }])
  })

  it('runs version 15 too', async () => {
    await using server = await startPostgres({ version: '15' })
    const [row] = await server.query<{ server_version: string }>('SHOW server_version')
    assert.match(row?.server_version ?? '', /^15\./)
  })

  it('removes the server and its folder when the process that started it is killed', async () => {
    const script = `
      import { startPostgres } from '${new URL('./postgres.ts', import.meta.url)}'
      const server = await startPostgres()
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
    while (existsSync(message.folder)) execFileSync('sleep', ['0.1'])
    const socket = connect(message.port, '127.0.0.1')
    await assert.rejects(once(socket, 'connect'), /ECONNREFUSED/)
  })
})

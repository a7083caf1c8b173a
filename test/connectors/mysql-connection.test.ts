import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ConnectionSettings } from '../../connectors/mysql/client-options.ts'
import { connect, type MysqlConnection } from '../../connectors/mysql/connection.ts'
import { statementsOf } from '../../connectors/mysql/connection-settings.ts'
import { quoteName, quoteText } from '../../connectors/mysql/errors.ts'
import type { BytesRow } from '../../connectors/mysql/row-stream.ts'
import { settingsOf } from '../support/binlog-reading.ts'
import { createCertificate, type TestCertificate } from '../support/certificates.ts'
import { requireEngine } from '../support/engines.ts'
import { freePort } from '../support/guarded-process.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'
import { until } from '../support/until.ts'

async function all(rows: AsyncIterable<BytesRow[]>): Promise<(string | null)[][]> {
  const read: (string | null)[][] = []
  for await (const group of rows) {
    for (const row of group) read.push(row.map((value) => value?.toString('latin1') ?? null))
  }
  return read
}

describe('a connection to MariaDB', requireEngine('mariadb'), () => {
  let folder: string
  let certificate: TestCertificate
  let nameOnly: { key: string; certificate: string }
  let server: MariadbServer
  let connection: MysqlConnection
  const tried: MysqlConnection[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-mysql-'))
    certificate = createCertificate(folder, 'db')
    nameOnly = certificateForName(folder)
    server = await startMariadb({
      settings: {
        ssl_cert: certificate.certificate,
        ssl_key: certificate.key,
        ssl_ca: certificate.certificate
      }
    })
    connection = await open()
  })
  after(async () => {
    for (const one of tried) one.destroy()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(changes: Partial<ConnectionSettings> = {}): Promise<MysqlConnection> {
    const opened = await connect(settingsOf(server, changes))
    tried.push(opened)
    // Tables of numbers are in any database.
    if (changes.user === undefined) await opened.query('USE mysql')
    return opened
  }
  const cipherOf = async (one: MysqlConnection) =>
    (await one.query("SHOW STATUS LIKE 'Ssl_cipher'"))[0]?.[1]

  it('takes values for the places of a statement, whatever the mode', async () => {
    const values = ["it's", 'back\\slash\\', '"', 'ü\0?', '', null, 5n, -1.5, Buffer.from([0, 255])]
    for (const mode of ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES']) {
      await connection.query(`SET SESSION sql_mode = '${mode}'`)
      const [row] = await connection.query(`SELECT ?, ?, ?, ?, ?, ?, ?, ?, HEX(?)`, values)
      assert.deepEqual(row, ["it's", 'back\\slash\\', '"', 'ü\0?', '', null, '5', '-1.5', '00FF'])
    }
    await assert.rejects(connection.query('SELECT ?, ?', [1]), RangeError)
    await connection.query('SET SESSION sql_mode = DEFAULT')
  })

  it('quotes names and texts', async () => {
    const name = 'a`b\\"'
    const [row] = await connection.query(`SELECT ${quoteText(name)} AS ${quoteName(name)}`)
    assert.deepEqual(row, [name])
  })

  it('streams a result with the bytes of its values', async () => {
    const sql = `SELECT seq, IF(seq % 3 = 0, NULL, REPEAT('x', seq)), _latin1 X'FC' FROM seq_1_to_3000`
    const rows = await all(connection.stream(sql, 10_000))
    assert.equal(rows.length, 3000)
    for (const [index, row] of rows.entries()) {
      const seq = index + 1
      assert.deepEqual(row, [`${seq}`, seq % 3 === 0 ? null : 'x'.repeat(seq), 'Ã¼'])
    }
    await connection.query('SET character_set_results = NULL')
    assert.deepEqual(await all(connection.stream("SELECT _latin1 X'FC'")), [['ü']])
    await connection.query('SET NAMES utf8mb4')
    assert.deepEqual(await all(connection.stream('SELECT 1 FROM seq_1_to_3 WHERE seq > 5')), [])
    assert.deepEqual(await all(connection.stream('DO 1')), [])
  })

  it('streams values that are larger than a packet', async () => {
    await connection.query('SET GLOBAL max_allowed_packet = 67108864')
    const large = await open()
    const size = 20_000_000
    const rows = await all(large.stream(`SELECT 'a', REPEAT('x', ${size}), 'b' FROM seq_1_to_2`))
    assert.deepEqual(
      rows.map((row) => row.map((value) => value?.length)),
      [
        [1, size, 1],
        [1, size, 1]
      ]
    )
  })

  it('goes on after a statement that the server refuses, and after one that breaks off', async () => {
    await assert.rejects(all(connection.stream('SELECT * FROM mysql.nothing')), {
      code: 'MYSQL_ERROR',
      message: /nothing' doesn't exist \(error 1146\)/
    })
    const late = 'SELECT IF(seq < 5000, 1, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_5000'
    await assert.rejects(all(connection.stream(late)), { code: 'MYSQL_ERROR' })
    assert.deepEqual(await connection.query('SELECT 1'), [['1']])
  })

  it('lets the server wait while nobody takes the rows', async () => {
    const slow = await open()
    const [id] = (await slow.query('SELECT CONNECTION_ID()'))[0] ?? []
    const rows = slow.stream("SELECT REPEAT('x', 1000) FROM seq_1_to_200000", 100_000)
    assert.equal((await rows.next()).done, false)
    await until(async () => {
      const [row] = await connection.query(
        'SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = ?',
        [id ?? null]
      )
      return row?.[0] === 'Writing to net'
    })
    assert.ok(process.memoryUsage.rss() < 1 << 30)
    await rows.return()
    await assert.rejects(slow.query('SELECT 1'), { code: 'MYSQL_CLOSED' })
  })

  it('is lost when it is killed, also in the middle of a result', async () => {
    const victim = await open()
    const lost = new Promise((resolve) => victim.onLost(resolve))
    const [id] = (await victim.query('SELECT CONNECTION_ID()'))[0] ?? []
    const rows = victim.stream("SELECT SLEEP(0.01), REPEAT('x', 100000) FROM seq_1_to_100000")
    const failed = assert.rejects(all(rows), { code: 'MYSQL_CONNECTION_LOST', retriable: true })
    await connection.query(`KILL ${id}`)
    await failed
    assert.equal(((await lost) as { code: string }).code, 'MYSQL_CONNECTION_LOST')
    await assert.rejects(victim.query('SELECT 1'), { code: 'MYSQL_CONNECTION_LOST' })
  })

  it('gives up a query after its time, and everything when it is destroyed or aborted', async () => {
    const limited = await open({ queryTimeoutMs: 100 })
    await assert.rejects(limited.query('SELECT SLEEP(60)'), {
      code: 'MYSQL_CONNECTION_LOST',
      message: /not answered within 100 ms/
    })
    const destroyed = await open()
    const query = destroyed.query('SELECT SLEEP(60)')
    destroyed.destroy()
    await assert.rejects(query, { code: 'MYSQL_CLOSED' })
    assert.throws(() => destroyed.takeOver(1), { code: 'MYSQL_CLOSED' })
    const reason = new Error('enough')
    await assert.rejects(connect(settingsOf(server), { signal: AbortSignal.abort(reason) }), reason)
  })

  it('gives up a server that does not answer, or not as one', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await until(() => silent.listening)
    const { port } = silent.address() as { port: number }
    const unreachable = { code: 'MYSQL_UNREACHABLE', retriable: true }
    await assert.rejects(open({ port, connectTimeoutMs: 50 }), unreachable)
    const controller = new AbortController()
    const waiting = connect(settingsOf(server, { port }), { signal: controller.signal })
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    silent.close()
    for (const socket of sockets) socket.destroy()
    await assert.rejects(open({ port: await freePort() }), {
      ...unreachable,
      message: /ECONNREFUSED/
    })
  })

  it('says who is not let in, and shows no password', async () => {
    const error = await open({ password: 'wrong-secret' }).catch((caught: unknown) => caught)
    assert.match(`${error}`, /refuses user 'dbz' or its password/)
    assert.equal((error as { code: string }).code, 'MYSQL_AUTHENTICATION')
    assert.doesNotMatch(JSON.stringify(error) + String((error as Error).stack), /wrong-secret/)
    await connection.query("CREATE USER 'away'@'10.1.1.1' IDENTIFIED BY 'x'")
    await assert.rejects(open({ user: 'away', password: 'x' }), { code: 'MYSQL_AUTHENTICATION' })
    await connection.query("CREATE USER 'poor'@'127.0.0.1' IDENTIFIED BY 'x'")
    const poor = await open({ user: 'poor', password: 'x' })
    await assert.rejects(poor.query('SELECT * FROM mysql.user'), {
      code: 'MYSQL_PRIVILEGE',
      message: /'poor' may not do this: SELECT command denied/
    })
    await assert.rejects(poor.query('SHOW MASTER STATUS'), { code: 'MYSQL_PRIVILEGE' })
  })

  it('signs for accounts of MariaDB with ed25519, and names logins that it does not know', async () => {
    await connection.query("INSTALL SONAME 'auth_ed25519'")
    for (const password of ['x', 'pässword '.repeat(20), 'exactly 32 bytes are a good seed']) {
      const account = `'curve'@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD(${quoteText(password)})`
      await connection.query(`CREATE OR REPLACE USER ${account}`)
      for (const sslMode of ['required', 'disabled'] as const) {
        const one = await open({ user: 'curve', password, sslMode })
        assert.deepEqual(await one.query('SELECT 1'), [['1']])
      }
      const wrong = open({ user: 'curve', password: `${password}!` })
      await assert.rejects(wrong, { code: 'MYSQL_AUTHENTICATION' })
    }
    await assert.rejects(open({ user: 'curve', password: null }), { code: 'MYSQL_AUTHENTICATION' })
    await connection.query("INSTALL SONAME 'auth_pam_v1'")
    await connection.query("CREATE USER 'pam'@'127.0.0.1' IDENTIFIED VIA pam")
    await assert.rejects(open({ user: 'pam', password: 'x' }), {
      code: 'MYSQL_AUTHENTICATION',
      message: /wants a login that is not supported.*dialog/
    })
  })

  it('runs its initial statements', async () => {
    const statements = statementsOf("SET @a = 'x;;y'; SET @b = 2;")
    assert.deepEqual(statements, ["SET @a = 'x;y'", 'SET @b = 2'])
    assert.deepEqual(statementsOf(null), [])
    const one = await open({ initialStatements: statements })
    assert.deepEqual(await one.query('SELECT @a, @b'), [['x;y', '2']])
    await assert.rejects(open({ initialStatements: ['nonsense'] }), { code: 'MYSQL_ERROR' })
  })

  it('speaks TLS as its mode says', async () => {
    const sslTrustStore = certificate.certificate
    assert.equal(await cipherOf(await open({ sslMode: 'disabled' })), '')
    for (const changes of [
      { sslMode: 'preferred' },
      { sslMode: 'required' },
      { sslMode: 'verify_ca', sslTrustStore },
      { sslMode: 'verify_identity', sslTrustStore },
      { sslMode: 'verify_identity', sslTrustStore, host: 'localhost' }
    ] as const) {
      const one = await open(changes).catch((error) => {
        // Nobody of this name may be known to the server, but then it was reached.
        if (error.code === 'MYSQL_AUTHENTICATION' && 'host' in changes) return undefined
        throw error
      })
      if (one) assert.match((await cipherOf(one)) ?? '', /TLS|AES/, JSON.stringify(changes))
    }
    const refused = { code: 'MYSQL_TLS', message: /self.signed/ }
    await assert.rejects(open({ sslMode: 'verify_ca' }), refused)
    await assert.rejects(open({ sslMode: 'verify_identity' }), refused)
    const binary = await open({ sslMode: 'required' })
    assert.equal((await all(binary.stream('SELECT * FROM seq_1_to_1000'))).length, 1000)
  })

  it('checks whom a certificate is for, names and addresses', async () => {
    await using other = await startMariadb({
      settings: { ssl_cert: nameOnly.certificate, ssl_key: nameOnly.key }
    })
    const settings = settingsOf(other, { sslTrustStore: nameOnly.certificate })
    const checked = await connect({ ...settings, sslMode: 'verify_ca' })
    checked.destroy()
    await assert.rejects(connect({ ...settings, sslMode: 'verify_identity' }), {
      code: 'MYSQL_TLS',
      message: /127\.0\.0\.1/
    })
  })

  it('goes without TLS where the server has none, if that is allowed', async () => {
    await using plain = await startMariadb({ settings: { skip_ssl: '' } })
    const preferred = await connect(settingsOf(plain))
    assert.equal(await cipherOf(preferred), '')
    preferred.destroy()
    await assert.rejects(connect(settingsOf(plain, { sslMode: 'required' })), {
      code: 'MYSQL_TLS',
      message: /does not speak TLS/
    })
  })

  it('shows a certificate of its own', async () => {
    await connection.query("CREATE USER 'shown'@'127.0.0.1' IDENTIFIED BY 'x' REQUIRE X509")
    const both = join(folder, 'both.pem')
    const pem = [certificate.key, certificate.certificate].map((file) => readFileSync(file, 'utf8'))
    writeFileSync(both, pem.join('\n'))
    const user = { user: 'shown', password: 'x' }
    await assert.rejects(open({ ...user, sslMode: 'disabled' }), { code: 'MYSQL_AUTHENTICATION' })
    const one = await open({ ...user, sslMode: 'required', sslKeyStore: both })
    assert.match((await cipherOf(one)) ?? '', /TLS|AES/)
    const strange = join(folder, 'strange.pem')
    writeFileSync(
      strange,
      readFileSync(nameOnly.key, 'utf8') + readFileSync(nameOnly.certificate, 'utf8')
    )
    await assert.rejects(open({ ...user, sslMode: 'required', sslKeyStore: strange }), {
      code: 'MYSQL_TLS'
    })
  })

  it('tells which file cannot be used', async () => {
    const broken = join(folder, 'broken.pem')
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n')
    const missing = join(folder, 'missing.pem')
    const code = 'MYSQL_TLS_FILE'
    await assert.rejects(open({ sslTrustStore: missing }), { code, message: /truststore.*missing/ })
    await assert.rejects(open({ sslKeyStore: broken }), { code })
    await assert.rejects(open({ sslKeyStore: certificate.keystore }), { code })
  })
})

/** A certificate that is good for the name localhost, and no address. */
function certificateForName(folder: string): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, 'name-key.pem'), join(folder, 'name.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=name', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', ...curve, '-days', '30', ...names, ...files], {
    stdio: 'pipe'
  })
  return { key, certificate }
}

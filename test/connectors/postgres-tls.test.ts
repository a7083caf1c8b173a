import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, destroy } from '../../connectors/postgres/connection.ts'
import { ConnectError } from '../../runtime/api/errors.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

describe('TLS to PostgreSQL', () => {
  let server: PostgresServer
  let folder: string
  let certificate: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
    server = await startPostgres()
    certificate = secure(server.folder)
    await server.query("alter system set ssl = 'on'")
    await server.query('select pg_reload_conf()')
  })
  after(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  /** Gives a server a self-signed certificate for localhost, which its own user can read. */
  function secure(data: string): string {
    const [key, cert] = [join(data, 'server.key'), join(data, 'server.crt')]
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650']
    execFileSync('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', cert], {
      stdio: 'pipe'
    })
    chmodSync(key, 0o600)
    const owner = statSync(data)
    for (const file of [key, cert]) chownSync(file, owner.uid, owner.gid)
    return cert
  }

  const open = (sslMode: string, files: { root?: string; cert?: string; host?: string } = {}) =>
    connect({
      host: files.host ?? server.host,
      port: server.port,
      user: server.user,
      password: server.password,
      database: 'postgres',
      sslMode,
      sslRootCert: files.root ?? null,
      sslCert: files.cert ?? null,
      sslKey: null,
      sslPassword: null,
      tcpKeepAlive: true,
      applicationName: 'tls test',
      initialStatements: null,
      queryTimeoutMs: 0
    })

  async function failureOf(...given: Parameters<typeof open>): Promise<ConnectError> {
    try {
      destroy(await open(...given))
    } catch (error) {
      assert.ok(error instanceof ConnectError, String(error))
      return error
    }
    return assert.fail('The connection was made')
  }

  async function isEncrypted(...given: Parameters<typeof open>): Promise<boolean> {
    const client = await open(...given)
    try {
      const sql = 'select ssl::int from pg_stat_ssl where pid = pg_backend_pid()'
      const { rows } = await client.query<{ ssl: string }>(sql)
      return rows[0]?.ssl === '1'
    } finally {
      await client.end()
    }
  }

  it('encrypts unless told otherwise', async () => {
    assert.equal(await isEncrypted('require'), true)
    assert.equal(await isEncrypted('prefer'), true)
    assert.equal(await isEncrypted('disable'), false)
  })

  it('trusts the certificate that it is given', async () => {
    assert.equal(await isEncrypted('verify-full', { root: certificate, host: 'localhost' }), true)
    assert.equal(await isEncrypted('verify-ca', { root: certificate }), true)
  })

  it('says which key makes a certificate trusted', async () => {
    const error = await failureOf('verify-full')
    assert.equal(error.code, 'POSTGRES_TLS')
    assert.match(error.message, /self-signed certificate/)
    assert.match(error.hint ?? '', /database\.sslrootcert/)
  })

  it('refuses a certificate for another host', async () => {
    const error = await failureOf('verify-full', { root: certificate })
    assert.equal(error.code, 'POSTGRES_TLS')
    assert.match(error.message, /127\.0\.0\.1/)
  })

  it('does not go on without encryption when a certificate file cannot be used', async () => {
    const missing = await failureOf('prefer', { root: join(folder, 'none.pem') })
    assert.equal(missing.code, 'POSTGRES_TLS_FILE')
    assert.match(missing.message, /none\.pem/)
    const broken = join(folder, 'broken.pem')
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    assert.equal((await failureOf('prefer', { cert: broken })).code, 'POSTGRES_TLS_FILE')
  })
})

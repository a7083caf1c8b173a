import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import plugin from '../../connectors/mysql/sink.ts'
import { registry } from '../../connectors/registry.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import { loadFiles } from '../../runtime/config/load-files.ts'
import { Plugins } from '../../runtime/config/plugins.ts'
import { References } from '../../runtime/config/references.ts'
import { validateConnector } from '../../runtime/config/validate-connector.ts'
import { parsed } from '../support/sink-harness.ts'
import { projectRoot } from '../support/source-files.ts'

describe('the configuration of the MySQL sink', () => {
  const problems = (raw: RawConfig) => plugin.validate?.(parsed(plugin, raw) as never, raw) ?? []
  const user = { 'connection.user': 'u' }

  it('takes the URLs of MySQL and MariaDB, with and without jdbc', () => {
    for (const start of ['mysql', 'mariadb', 'jdbc:mysql', 'jdbc:mariadb']) {
      const raw = { ...user, 'connection.url': `${start}://h:3307/d?sslMode=VERIFY_CA` }
      assert.deepEqual(problems(raw), [])
      assert.equal(plugin.isMeantBy?.(raw), true)
    }
    assert.equal(plugin.isMeantBy?.({ 'connection.url': 'jdbc:postgresql://h/d' }), false)
    assert.equal(plugin.isMeantBy?.({}), false)
  })

  it('refuses URLs of other databases, and says where to look', () => {
    const [problem] = problems({ ...user, 'connection.url': 'jdbc:oracle:thin:@h' })
    assert.equal(problem?.key, 'connection.url')
    assert.match(problem?.message ?? '', /for oracle.*MySQL and MariaDB only.*plugins list/)
  })

  it('never shows a password of the URL', () => {
    const [problem] = problems({ ...user, 'connection.url': 'mysql://u:hidden@/d' })
    assert.equal(problem?.key, 'connection.url')
    assert.doesNotMatch(problem?.message ?? '', /hidden/)
  })

  it('takes host, port and database as single keys', () => {
    const given = { 'connection.host': 'h', 'connection.dbname': 'd', ...user }
    assert.deepEqual(problems(given), [])
    assert.match(problems(user)[0]?.message ?? '', /connection.url is missing/)
  })

  it('of the example is valid', async () => {
    const env = { MYSQL_HOST: 'db', MYSQL_USER: 'me', MYSQL_PASSWORD: 'secret' }
    const cwd = projectRoot
    const { connectors, problems: found } = await loadFiles(['configs/cross-database'], { cwd })
    assert.deepEqual(found, [])
    const plugins = new Plugins({ registry, pluginPath: [], cwd })
    const references = new References({ env, cwd })
    const [validated] = await Promise.all(
      connectors.map((connector) => validateConnector(connector, { plugins, references }))
    )
    assert.deepEqual(validated?.problems, [])
    assert.equal(validated?.raw['connection.url'], 'mysql://db:3306/warehouse')
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { registry } from '../../../connectors/registry.ts'
import { PluginCatalog, versionOf } from '../../../runtime/config/plugin-catalog.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { capturedExchanges } from './captured-answers.ts'

const catalog = new PluginCatalog(new Plugins({ registry, pluginPath: [], cwd: '/' }))

interface Listed {
  readonly class: string
  readonly type: string
  readonly version?: string
}

describe('the list of plugins', () => {
  it('says of every class of Kafka what Kafka Connect says of it', async () => {
    const all = capturedExchanges().find((exchange) => exchange.case === 'plugins-all')
    const captured = all?.response.body as Listed[]
    const known = new Set(captured.map((plugin) => JSON.stringify(plugin)))
    const ours = await catalog.list(false)
    const kafka = ours.filter((plugin) => plugin.class.startsWith('org.apache.kafka.'))
    assert.deepEqual(
      kafka.filter((plugin) => !known.has(JSON.stringify(plugin))),
      []
    )
    assert.ok(kafka.length >= 15, `${kafka.length}`)
  })

  it('has sinks first, then sources, transformations, predicates and converters', async () => {
    const types = (await catalog.list(false)).map(({ type }) => type)
    assert.deepEqual(
      [...new Set(types)],
      ['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter']
    )
    assert.equal(types.join().match(/(\w+)(?:,\1)*/g)?.length, 6, 'each type in one place')
  })

  it('has connectors only where only they are asked for, and each Java class of one', async () => {
    const connectors = await catalog.list(true)
    assert.ok(connectors.every(({ type }) => type === 'sink' || type === 'source'))
    const names = connectors.map((plugin) => plugin.class)
    assert.ok(names.includes('io.debezium.connector.postgresql.PostgresConnector'))
    assert.ok(names.includes('io.confluent.connect.jdbc.JdbcSinkConnector'))
    assert.ok(names.includes('stdout'), 'a plugin without a Java class has its short name')
    assert.ok(!names.includes('FileStreamSource'), 'an alias is no class')
  })

  it('has no class that is only the base of others', async () => {
    const names = (await catalog.list(false)).map((plugin) => plugin.class)
    assert.ok(!names.includes('org.apache.kafka.connect.transforms.InsertField'))
    assert.deepEqual(
      await catalog.nestedClasses('org.apache.kafka.connect.transforms.InsertField'),
      ['Key', 'Value'].map((part) => `org.apache.kafka.connect.transforms.InsertField$${part}`)
    )
  })

  it('gives a plugin that Kafka has the version of Kafka Connect, and another its own', () => {
    const classNames = ['org.apache.kafka.connect.file.FileStreamSourceConnector']
    assert.equal(versionOf({ classNames, version: '0.1.0' }), '4.3.0')
    assert.equal(versionOf({ classNames: ['com.acme.Source'], version: '1.2' }), '1.2')
    assert.equal(versionOf({}), null)
  })
})

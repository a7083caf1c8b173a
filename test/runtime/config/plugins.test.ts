import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { RawConfig } from '../../../runtime/api/config.ts'
import { defineSink } from '../../../runtime/api/connector.ts'
import { ConnectError } from '../../../runtime/api/errors.ts'
import { PluginCatalog } from '../../../runtime/config/plugin-catalog.ts'
import type { AnyPlugin } from '../../../runtime/config/plugin-module.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { tempFolder } from './temp-folder.ts'
import { registry } from './test-plugins.ts'

const api = pathToFileURL(new URL('../../../runtime/api', import.meta.url).pathname).href

const declaration = (summary: string, extra = '') => `
import { defineSource } from '${api}/connector.ts'
export default defineSource({
  summary: '${summary}',
  ${extra}
  config: {},
  createTask: () => { throw new Error('not here') }
})`

const code = (expected: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError)
  assert.equal(error.code, expected)
  assert.match(`${error.message} (${error.hint})`, text)
  return true
}

test('finds built-in plugins by every name that Kafka Connect accepts', async () => {
  const plugins = new Plugins({ registry, pluginPath: [], cwd: '.' })
  const names = ['acme', 'com.acme.AcmeSourceConnector', 'AcmeSourceConnector', 'AcmeSource']
  const found = await Promise.all(names.map((name) => plugins.describe('connector', name)))
  assert.deepEqual(new Set(found.map(({ name }) => name)), new Set(['acme']))
  assert.equal((await plugins.describe('transform', 'Cast$Value')).name, 'cast')
  assert.equal((await plugins.describe('converter', 'JsonConverter')).name, 'json')
  assert.equal((await plugins.describe('converter', 'Json')).name, 'json')
})

test('suggests the name that was probably meant', async () => {
  const plugins = new Plugins({ registry, pluginPath: [], cwd: '.' })
  await assert.rejects(
    plugins.find('connector', 'acmee'),
    code('UNKNOWN_PLUGIN', /no connector 'acmee' \(write acme\)/)
  )
  await assert.rejects(
    plugins.find('sink', 'quite-else'),
    code('UNKNOWN_PLUGIN', /use one of acme-sink, a file such as \.\/my-sink\.ts/)
  )
  await assert.rejects(
    plugins.find('sink', 'acme'),
    code('UNKNOWN_PLUGIN', /acme is a source connector, not a sink connector/)
  )
})

test('loads a plugin from a file and from an npm package', async (t) => {
  const cwd = await tempFolder(t, {
    'my-source.ts': declaration('mine'),
    'node_modules/@acme/plugin/package.json': JSON.stringify({
      name: '@acme/plugin',
      exports: {
        '.': { require: './no.cjs', import: { types: './a.d.ts', default: './a.js' } },
        './other': './b.js'
      }
    }),
    'node_modules/@acme/plugin/a.js': declaration('scoped').replace('type: module', ''),
    'node_modules/@acme/plugin/b.js': declaration('other'),
    'node_modules/plain/package.json': '{"name": "plain", "main": "lib/x.mjs"}',
    'node_modules/plain/lib/x.mjs': declaration('plain'),
    'sub/keep': ''
  })
  const plugins = new Plugins({ registry, pluginPath: [], cwd: `${cwd}/sub` })
  const summary = async (name: string) => (await plugins.find('source', name)).summary
  assert.equal(await summary('../my-source.ts'), 'mine')
  assert.equal(await summary('@acme/plugin'), 'scoped')
  assert.equal(await summary('@acme/plugin/other'), 'other')
  assert.equal(await summary('plain'), 'plain')
})

test('loads no file for a name that comes from outside', async (t) => {
  const cwd = await tempFolder(t, {
    'my-source.ts': declaration('mine'),
    'plugins/placed.ts': declaration('placed'),
    'node_modules/open/package.json': '{"name": "open", "type": "module"}',
    'node_modules/open/index.js': declaration('open'),
    'node_modules/open/part.js': declaration('part of open'),
    'node_modules/closed/package.json': '{"name": "closed", "exports": {"./given": "./g.js"}}',
    'node_modules/closed/g.js': declaration('given').replace('type: module', '')
  })
  const own = new Plugins({ registry, pluginPath: ['plugins'], cwd })
  const plugins = own.installed()
  const summary = async (name: string) => (await plugins.find('source', name)).summary
  assert.equal(await summary('placed'), 'placed')
  assert.equal(await summary('open'), 'open')
  assert.equal(await summary('closed/given'), 'given')
  for (const file of ['./my-source.ts', '../my-source.ts', `${cwd}/my-source.ts`]) {
    await assert.rejects(plugins.find('source', file), code('PLUGIN_FILE_REFUSED', /plugin\.path/))
  }
  const url = pathToFileURL(`${cwd}/my-source.ts`).href
  await assert.rejects(plugins.find('source', url), code('PLUGIN_FILE_REFUSED', /plugin\.path/))
  const refused = code('UNKNOWN_PLUGIN', /there is no source connector/)
  await assert.rejects(plugins.find('source', 'open/part.js'), refused)
  assert.equal((await own.find('source', 'open/part.js')).summary, 'part of open')
  for (const way of [
    'open/../../my-source.ts',
    'open/./part.js',
    '..',
    'open/..\\..\\my-source.ts'
  ]) {
    await assert.rejects(own.find('source', way), refused, way)
  }
})

test('says what is wrong with a plugin file', async (t) => {
  const cwd = await tempFolder(t, {
    'throws.ts': 'throw new Error("no such thing")',
    'nothing.ts': 'export const x = 1',
    'other.ts': 'export default { kind: "task" }',
    'partial.ts': 'export default { kind: "source", config: {} }'
  })
  const plugins = new Plugins({ registry, pluginPath: [], cwd })
  const fails = (name: string, expected: string, text: RegExp) =>
    assert.rejects(plugins.find('source', name), code(expected, text))
  await fails('./missing.ts', 'UNKNOWN_PLUGIN', /missing\.ts does not exist/)
  await fails('./throws.ts', 'PLUGIN_FAILED', /cannot be loaded: no such thing/)
  await fails('./nothing.ts', 'INVALID_PLUGIN', /no default export that is a declaration/)
  await fails('./other.ts', 'INVALID_PLUGIN', /not made by defineSource/)
  await fails('./partial.ts', 'INVALID_PLUGIN', /declares no createTask/)
})

test('finds and lists the plugins on plugin.path: modules, packages and packages in scopes', async (t) => {
  const cwd = await tempFolder(t, {
    'plugins/loose.ts': declaration('loose', "classNames: ['com.acme.LooseSourceConnector'],"),
    'plugins/part-of-loose.ts': 'export const part = 1',
    'plugins/types.d.ts': 'export {}',
    'plugins/packed/package.json': '{"name": "packed", "type": "module", "main": "index.js"}',
    'plugins/packed/index.js': declaration('packed', "version: '1.2.3',"),
    'plugins/@scope/inner/package.json': '{"name": "@scope/inner", "exports": "./i.js"}',
    'plugins/@scope/inner/i.js': declaration('inner')
  })
  const plugins = new Plugins({ registry, pluginPath: ['plugins'], cwd })
  assert.equal((await plugins.find('source', 'LooseSource')).summary, 'loose')
  const listed = await plugins.list()
  assert.deepEqual(
    listed
      .filter(({ origin }) => origin !== 'built-in')
      .map(({ name, version }) => [name, version]),
    [
      ['@scope/inner', null],
      ['loose', null],
      ['packed', '1.2.3']
    ]
  )
  assert.ok(listed.some(({ name, kind }) => name === 'json' && kind === 'converter'))
})

test('refuses a plugin.path that does not exist', async () => {
  const plugins = new Plugins({ registry, pluginPath: ['./missing'], cwd: '.' })
  await assert.rejects(plugins.list(), code('BAD_PLUGIN_PATH', /\.\/missing, which does not exist/))
})

test('lets the configuration decide between connectors that share a class name', async () => {
  const sinkFor = (summary: string, isMeantBy?: (raw: RawConfig) => boolean) =>
    defineSink({
      summary,
      config: {},
      ...(isMeantBy ? { isMeantBy } : {}),
      createTask: () => {
        throw new Error('not here')
      }
    })
  const entry = (plugin: AnyPlugin) => ({
    kind: 'sink' as const,
    classNames: ['com.acme.JdbcSinkConnector'],
    summary: plugin.summary,
    load: async () => ({ default: plugin })
  })
  const blue = sinkFor('blue', (raw) => raw['url']?.startsWith('blue:') ?? false)
  const red = sinkFor('red', (raw) => raw['url']?.startsWith('red:') ?? false)
  const shared = { blue: entry(blue), usual: entry(sinkFor('usual')), red: entry(red) }
  const plugins = new Plugins({ registry: shared, pluginPath: [], cwd: '.' })
  const meant = async (name: string, config?: RawConfig) =>
    (await plugins.find('connector', name, config)).summary
  assert.equal(await meant('com.acme.JdbcSinkConnector', { url: 'red:1' }), 'red')
  assert.equal(await meant('JdbcSink', { url: 'blue:1' }), 'blue')
  assert.equal(await meant('JdbcSink', { url: 'green:1' }), 'usual')
  assert.equal(await meant('JdbcSink'), 'usual')
  assert.equal(await meant('blue', { url: 'red:1' }), 'blue')
  const listed = await new PluginCatalog(plugins).list(true)
  assert.deepEqual(
    listed.map((plugin) => plugin.class),
    ['com.acme.JdbcSinkConnector']
  )
})

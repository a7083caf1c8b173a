import { Command } from 'commander'
import type { Connector } from '../api/connector.ts'
import { configSchema, type NamedConnector } from '../config/json-schema.ts'
import type { Plugins } from '../config/plugins.ts'
import { loadPlugins } from './load-plugins.ts'
import { print } from './terminal.ts'

const HELP = `
Without a name the schema covers connector files of every plugin, and worker files.

Examples:
  $ millrace schema > millrace.schema.json
  $ millrace schema postgres > postgres.schema.json

Editors with YAML support read it from the first line of a file:
  # yaml-language-server: $schema=./millrace.schema.json`

/** `millrace schema`. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('print a JSON Schema of the files, for completion and checks in editors')
    .argument('[plugin]', 'a connector: short name, Java class name, npm package or file')
    .option('--plugin-path <folders>', 'more folders with plugins, as in plugin.path', '')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: { pluginPath: string }) => {
      const folders = options.pluginPath.split(',').filter((folder) => folder !== '')
      const plugins = await loadPlugins(folders, process.cwd())
      const connectors = name === undefined ? await every(plugins) : [await one(plugins, name)]
      const schema = configSchema(connectors, { worker: name === undefined })
      await print(JSON.stringify(schema, null, 2))
    })
}

async function every(plugins: Plugins): Promise<readonly NamedConnector[]> {
  const listed = (await plugins.list()).filter(({ kind }) => kind === 'source' || kind === 'sink')
  return Promise.all(listed.map(({ name }) => one(plugins, name)))
}

async function one(plugins: Plugins, name: string): Promise<NamedConnector> {
  const found = await plugins.describe('connector', name)
  const plugin: Connector = found.plugin
  return { names: [...new Set([found.name, name, ...(plugin.classNames ?? [])])], plugin }
}

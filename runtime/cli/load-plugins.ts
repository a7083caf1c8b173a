import { Plugins } from '../config/plugins.ts'

/** All plugins of this program, and those on `plugin.path`. */
export async function loadPlugins(pluginPath: readonly string[], cwd: string): Promise<Plugins> {
  const { registry } = await import('../../connectors/registry.ts')
  return new Plugins({ registry, pluginPath, cwd })
}

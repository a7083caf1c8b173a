import type { RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'
import { connectorKeys } from '../config/connector-keys.ts'
import { parseAs } from './plugin-parts.ts'

/**
 * The task configs of a connector, as they are published: the connector's config with what the plugin
 * adds for each task, and references unresolved again, so that no secret is stored.
 *
 * @throws {ConnectError} TOO_MANY_TASKS when the plugin returns more than `tasks.max`
 */
export async function taskConfigsOf(
  plugin: Connector,
  config: RawConfig,
  resolved: RawConfig
): Promise<RawConfig[]> {
  const keys = parseAs(connectorKeys, resolved)
  const max = keys['tasks.max']
  const additions =
    (await plugin.taskConfigs?.(parseAs(plugin.config, resolved), resolved, max)) ??
    Array.from({ length: plugin.kind === 'source' ? 1 : max }, () => ({}))
  if (additions.length > max && keys['tasks.max.enforce']) {
    throw new ConnectError(
      'TOO_MANY_TASKS',
      `The connector made ${additions.length} tasks, which is more than tasks.max: ${max}`,
      { hint: `set tasks.max: ${additions.length}, or tasks.max.enforce: false` }
    )
  }
  const taskClass = plugin.taskClass ?? config['connector.class'] ?? ''
  return additions.map((added: RawConfig) => {
    const changed = Object.entries(added).filter(([key, value]) => resolved[key] !== value)
    return { ...config, ...Object.fromEntries(changed), 'task.class': taskClass }
  })
}

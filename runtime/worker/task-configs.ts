import type { RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'
import { connectorKeys } from '../config/connector-keys.ts'
import { parseAs } from './plugin-parts.ts'

/** More tasks than any sink has partitions; a slip of the pen must not bring a worker down. */
const MOST_TASKS = 10_000

/**
 * The task configs of a connector, as they are published: the connector's config with what the plugin
 * adds for each task, and references unresolved again, so that no secret is stored.
 *
 * @throws {ConnectError} TOO_MANY_TASKS when the plugin returns more than `tasks.max`, or when that is
 * more than a worker can hold
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
    emptyConfigs(plugin.kind === 'source' ? 1 : max)
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

function emptyConfigs(count: number): RawConfig[] {
  if (count > MOST_TASKS) {
    throw new ConnectError(
      'TOO_MANY_TASKS',
      `tasks.max is ${count}, and a connector has at most ${MOST_TASKS} tasks`,
      { hint: 'a sink needs no more tasks than its topics have partitions' }
    )
  }
  return Array.from({ length: count }, () => ({}))
}

import type { ConnectorConfig } from '../stores/config-log.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import type { Status, StatusStore } from '../stores/status-store.ts'
import type {
  ConnectorInfo,
  ConnectorStatus,
  StateView,
  TaskInfo,
  TaskStateView
} from './herder.ts'
import type { KnownPlugins } from './plugin-facts.ts'
import { RequestError } from './request-error.ts'

export interface ConnectorViewsOptions {
  readonly configs: ConfigStore
  readonly statuses: StatusStore
  readonly plugins: KnownPlugins
  /** Which connectors run at all. */
  manages(name: string): boolean
}

/** Connectors as the REST API shows them, from what this worker has read. */
export class ConnectorViews {
  readonly #options: ConnectorViewsOptions

  constructor(options: ConnectorViewsOptions) {
    this.#options = options
  }

  names(): readonly string[] {
    const { configs, manages } = this.#options
    return configs
      .connectors()
      .map(({ name }) => name)
      .filter((name) => manages(name))
  }

  /** @throws {RequestError} 404 with this text for an unknown connector */
  known(name: string, otherwise = `Connector ${name} not found`): ConnectorConfig {
    const { configs, manages } = this.#options
    const known = configs.connector(name)
    if (known === null || !manages(name)) throw new RequestError(404, otherwise)
    return known
  }

  async info(name: string): Promise<ConnectorInfo> {
    const connector = this.known(name)
    const { kind } = await this.#options.plugins.learn(connector)
    const tasks = (connector.tasks ?? []).map((_, task) => ({ connector: name, task }))
    return { name, config: connector.config, tasks, type: kind }
  }

  async status(name: string): Promise<ConnectorStatus> {
    const { statuses, configs, plugins } = this.#options
    const status = statuses.connector(name)
    if (status === null) throw new RequestError(404, `No status found for connector ${name}`)
    const connector = configs.connector(name)
    const count = connector?.tasks?.length ?? 0
    const tasks = Array.from({ length: count }, (_, id) => id).flatMap((id) => {
      const known = statuses.task(name, id)
      return known === null ? [] : [{ id, ...viewOf(known) }]
    })
    const type = connector === null ? 'unknown' : (await plugins.learn(connector)).kind
    return { name, type, connector: viewOf(status), tasks }
  }

  taskStatus(name: string, task: number): TaskStateView {
    const status = this.#options.statuses.task(name, task)
    if (status === null || task < 0) {
      throw new RequestError(404, `No status found for task ${name}-${task}`)
    }
    return { id: task, ...viewOf(status) }
  }

  tasks(name: string): readonly TaskInfo[] {
    const { tasks } = this.known(name)
    return (tasks ?? []).map((config, task) => ({ id: { connector: name, task }, config }))
  }
}

function viewOf({ state, workerId, trace, version }: Status): StateView {
  return { state, workerId, trace, version }
}

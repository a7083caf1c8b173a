import type { ConfigStore } from '../stores/config-store.ts'
import type { StatusStore } from '../stores/status-store.ts'
import { CONNECTOR, type TaskId } from '../worker/task-spec.ts'

/**
 * Removes statuses of what is no more: deleted connectors, tasks of a stopped or smaller connector,
 * and the topics that deleted connectors used. What somebody still runs is left to a later time.
 */
export async function sweepStatuses(
  { configs, statuses }: { readonly configs: ConfigStore; readonly statuses: StatusStore },
  isOwned: (id: TaskId) => boolean
): Promise<void> {
  const gone = statuses.keys().filter((id) => {
    const connector = configs.connector(id.connector)
    if (connector !== null && id.task === CONNECTOR) return false
    if (connector !== null && id.task < (connector.tasks?.length ?? 0)) return false
    return !isOwned(id)
  })
  for (const { connector, task } of gone) await statuses.put(connector, task, null)
  const unused = statuses.topicUsers().filter((name) => configs.connector(name) === null)
  for (const name of unused) await statuses.resetTopics(name)
}

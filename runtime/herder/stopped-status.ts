import type { ConnectorConfig } from '../stores/config-log.ts'
import type { StatusStore } from '../stores/status-store.ts'
import { CONNECTOR } from '../worker/task-spec.ts'

/**
 * Says of a connector that it is STOPPED, unless that is known: it runs nowhere, so that no run says so.
 * Its owner does, once it has stopped it.
 */
export async function showStopped(
  { name }: ConnectorConfig,
  parts: {
    readonly statuses: StatusStore
    readonly workerId: string
    readonly epoch: number
    readonly version: string | null
  }
): Promise<void> {
  const { statuses, workerId, epoch, version } = parts
  const known = statuses.connector(name)
  if (known?.state === 'STOPPED' && known.workerId === workerId) return
  const generation = Math.max(epoch, known?.generation ?? 0)
  await statuses.put(name, CONNECTOR, {
    state: 'STOPPED',
    trace: null,
    workerId,
    generation,
    version
  })
}

import { type Bean, bean, connectFamilies, type NameStyle } from '../metrics/connect-names.ts'
import { renderMetrics } from '../metrics/exposition.ts'
import type { Metrics, TaskActivity } from '../metrics/metrics.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import type { StatusStore } from '../stores/status-store.ts'
import { shownState } from '../worker/task-state.ts'
import type { Worker } from '../worker/worker.ts'
import { clientBeans } from './client-beans.ts'
import { coordinatorBean, rebalanceBean, workerBean, workerConnectorBean } from './group-beans.ts'
import type { GroupView } from './herder.ts'
import { ownFamilies } from './own-families.ts'
import { type ConnectorType, type MeasuredTask, taskBeans } from './task-beans.ts'

/** What the metrics of a worker are gathered from. Nothing of it is changed, nothing is asked for. */
export interface MeasuredWorker {
  readonly group: GroupView
  readonly worker: Pick<Worker, 'tasks' | 'view'>
  readonly configs: Pick<ConfigStore, 'connector'>
  readonly statuses: Pick<StatusStore, 'connector'>
  readonly metrics: Metrics
  /** Of this program: its version, the commit it was built from, when it started (ms since 1970). */
  readonly app: { readonly version: string; readonly commitId: string; readonly startedAt: number }
  /** As Kafka Connect names the client of a worker: `connect-<host:port>`. */
  readonly clientId: string
  /** Protocol of the group. */
  readonly protocol: string
  connectorType(name: string): ConnectorType
}

/**
 * Everything that is measured on a worker, in the Prometheus text format (`EXPOSITION_TYPE`).
 * `docs/metrics.md` lists the names.
 *
 * @param style which names the figures of Kafka Connect have: `metrics.names` of the worker
 */
export function workerMetrics(measured: MeasuredWorker, style: NameStyle = 'both'): string {
  const tasks = measuredTasks(measured)
  const { metrics } = measured
  return renderMetrics([
    ...connectFamilies(connectBeans(measured, tasks), style),
    ...ownFamilies(tasks),
    ...metrics.process.families()
  ])
}

function measuredTasks(measured: MeasuredWorker): MeasuredTask[] {
  const { worker, metrics } = measured
  return worker.tasks().flatMap((wanted) => {
    const { connector, task } = wanted
    const figures = metrics.task(connector, task)
    const view = worker.view(wanted)
    if (figures === null || view === null) return []
    const state = activityOf(shownState(view.state))
    return [{ wanted, figures, state, type: measured.connectorType(connector) }]
  })
}

function connectBeans(measured: MeasuredWorker, tasks: readonly MeasuredTask[]): Bean[] {
  const { group, metrics, clientId, protocol } = measured
  const now = metrics.now()
  const labels = { 'client-id': clientId }
  const byConnector = Map.groupBy(tasks, ({ wanted }) => wanted.connector)
  const connectors = [...new Set([...group.connectors, ...byConnector.keys()])]
  const beans = [
    ...appBeans(measured),
    workerBean(metrics, group.connectors.length, tasks.length),
    ...connectors.map((connector) =>
      workerConnectorBean(connector, byConnector.get(connector)?.map(({ state }) => state) ?? [])
    ),
    rebalanceBean(group, protocol),
    coordinatorBean(group, metrics.coordinator, { labels, now }),
    ...clientBeans(metrics, labels),
    ...group.connectors.flatMap((name) => connectorBean(measured, name)),
    ...tasks.flatMap((task) => taskBeans(task, now))
  ]
  const count = beans.reduce((sum, { attributes }) => sum + Object.keys(attributes).length, 0)
  return [...beans, bean('count', {}, { count }), bean('count', labels, { count })]
}

/** Kafka Connect registers them three times: for the worker, for its client, and the old way. */
function appBeans({ app, clientId }: MeasuredWorker): Bean[] {
  const attributes = {
    version: app.version,
    'commit-id': app.commitId,
    'start-time-ms': app.startedAt
  }
  return [{}, { 'client-id': clientId }, { id: clientId }].map((labels) =>
    bean('app', labels, attributes)
  )
}

function connectorBean(measured: MeasuredWorker, name: string): Bean[] {
  const { configs, statuses } = measured
  const known = configs.connector(name)
  if (known === null) return []
  const status = statuses.connector(name)
  return [
    bean(
      'connector',
      { connector: name },
      {
        'connector-class': known.config['connector.class'] ?? '',
        'connector-type': measured.connectorType(name),
        'connector-version': status?.version ?? 'undefined',
        status: activityOf(status?.state ?? 'UNASSIGNED')
      }
    )
  ]
}

function activityOf(state: string): TaskActivity {
  return state.toLowerCase() as TaskActivity
}

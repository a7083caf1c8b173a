import { type Bean, bean } from '../metrics/connect-names.ts'
import type { Labels } from '../metrics/exposition.ts'
import type { CoordinatorRecord, Metrics, TaskActivity } from '../metrics/metrics.ts'
import { average, greatest, share } from '../metrics/observation.ts'
import type { GroupView } from './herder.ts'

/** How many connectors and tasks this worker has, and how their starts went. */
export function workerBean(metrics: Metrics, connectors: number, tasks: number): Bean {
  const { startups, now } = metrics
  const total = (name: string) => startups.total(name)
  const recent = (name: string) => startups.recent(name, now())
  const success = (of: string) => share(recent(`${of}_success`), recent(`${of}_failure`))
  const failure = (of: string) => share(recent(`${of}_failure`), recent(`${of}_success`))
  return bean(
    'worker',
    {},
    {
      'connector-count': connectors,
      'task-count': tasks,
      'connector-startup-attempts-total': total('connector_attempt'),
      'connector-startup-success-total': total('connector_success'),
      'connector-startup-failure-total': total('connector_failure'),
      'connector-startup-success-percentage': success('connector'),
      'connector-startup-failure-percentage': failure('connector'),
      'task-startup-attempts-total': total('task_attempt'),
      'task-startup-success-total': total('task_success'),
      'task-startup-failure-total': total('task_failure'),
      'task-startup-success-percentage': success('task'),
      'task-startup-failure-percentage': failure('task')
    }
  )
}

/** How many tasks of a connector are here, by state. */
export function workerConnectorBean(connector: string, states: readonly TaskActivity[]): Bean {
  const count = (wanted: TaskActivity) => states.filter((state) => state === wanted).length
  return bean(
    'workerConnector',
    { connector },
    {
      'connector-total-task-count': states.length,
      'connector-running-task-count': count('running'),
      'connector-paused-task-count': count('paused'),
      'connector-failed-task-count': count('failed'),
      'connector-restarting-task-count': count('restarting'),
      'connector-unassigned-task-count': count('unassigned'),
      'connector-destroyed-task-count': 0
    }
  )
}

export function rebalanceBean(group: GroupView, protocol: string): Bean {
  const { completedRebalances, rebalanceMs } = group
  return bean(
    'rebalance',
    {},
    {
      'completed-rebalances-total': completedRebalances,
      epoch: group.generation,
      'leader-name': group.leaderUrl ?? '',
      'connect-protocol': protocol,
      rebalancing: Number(group.rebalancing),
      'rebalance-avg-time-ms': rebalanceMs.sum / completedRebalances,
      'rebalance-max-time-ms': completedRebalances === 0 ? Number.NaN : rebalanceMs.max,
      'time-since-last-rebalance-ms': group.sinceRebalanceMs ?? Number.NaN
    }
  )
}

export function coordinatorBean(
  group: GroupView,
  { all, heartbeatAt, rebalancedAt }: CoordinatorRecord,
  { labels, now }: { labels: Labels; now: number }
): Bean {
  const perHour = (name: string) => all.rate(name, now) * 3600
  const secondsSince = (time: number | null) => (time === null ? Number.NaN : (now - time) / 1000)
  const join = all.seen('join_ms', now)
  const sync = all.seen('sync_ms', now)
  const rebalance = all.seen('rebalance_ms', now)
  return bean('coordinator', labels, {
    'assigned-connectors': group.connectors.length,
    'assigned-tasks': group.tasks.length,
    'heartbeat-total': all.total('heartbeat'),
    'heartbeat-rate': all.rate('heartbeat', now),
    'heartbeat-response-time-max': greatest(all.seen('heartbeat_ms', now)),
    'last-heartbeat-seconds-ago': secondsSince(heartbeatAt),
    'join-total': all.total('join'),
    'join-rate': all.rate('join', now),
    'join-time-avg': average(join),
    'join-time-max': greatest(join),
    'sync-total': all.total('sync'),
    'sync-rate': all.rate('sync', now),
    'sync-time-avg': average(sync),
    'sync-time-max': greatest(sync),
    'rebalance-total': all.total('rebalance'),
    'rebalance-rate-per-hour': perHour('rebalance'),
    'rebalance-latency-total': all.total('rebalance_ms'),
    'rebalance-latency-avg': average(rebalance),
    'rebalance-latency-max': greatest(rebalance),
    'failed-rebalance-total': all.total('refusals'),
    'failed-rebalance-rate-per-hour': perHour('refusals'),
    'last-rebalance-seconds-ago': secondsSince(rebalancedAt)
  })
}

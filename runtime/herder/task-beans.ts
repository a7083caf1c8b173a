import { type Bean, bean } from '../metrics/connect-names.ts'
import type { Labels } from '../metrics/exposition.ts'
import type { TaskActivity, TaskFigures, TaskPart } from '../metrics/metrics.ts'
import { average, greatest, share } from '../metrics/observation.ts'
import type { Recorded } from '../metrics/recorded.ts'
import type { WantedTask } from '../worker/worker.ts'

/** What Kafka Connect shows as the version of a plugin that says none. */
const UNDEFINED = 'undefined'

export type ConnectorType = 'source' | 'sink' | 'unknown'

/** A task of this worker, and what has been measured of it. */
export interface MeasuredTask {
  readonly wanted: WantedTask
  /** Used until the task itself says it. */
  readonly type: ConnectorType
  readonly state: TaskActivity
  readonly figures: TaskFigures
}

/** The beans that Kafka Connect has for one task. */
export function taskBeans(task: MeasuredTask, now: number): Bean[] {
  const { wanted, figures } = task
  const labels = { connector: wanted.connector, task: String(wanted.task) }
  const type = figures.parts?.kind ?? task.type
  const { recorded } = figures
  return [
    taskBean(task, labels, { type, now }),
    errorBean(recorded, labels),
    ...(type === 'source' ? [sourceBean(recorded, labels, now)] : []),
    ...(type === 'sink' ? [sinkBean(recorded, labels, now)] : []),
    ...(figures.parts?.parts ?? []).flatMap((part) => partBean(part, labels))
  ]
}

function taskBean(
  { wanted, figures, state }: MeasuredTask,
  labels: Labels,
  { type, now }: { type: ConnectorType; now: number }
): Bean {
  const { recorded, times } = figures
  const connectorClass = wanted.config['connector.class'] ?? ''
  const version = figures.parts?.version ?? wanted.version ?? UNDEFINED
  const batch = recorded.seen('batch_size', now)
  const commit = recorded.seen('offset_commit_time_ms', now)
  const committed = recorded.recent('offset_commit_success', now)
  const failed = recorded.recent('offset_commit_failure', now)
  const converter = (role: 'key' | 'value' | 'header') => {
    const built = figures.parts?.parts.find((part) => part.role === `${role}_converter`)
    const className = built?.className ?? wanted.config[`${role}.converter`] ?? UNDEFINED
    return { className, version: built?.version ?? UNDEFINED }
  }
  return bean('task', labels, {
    status: state,
    'connector-class': connectorClass,
    'connector-type': type,
    'connector-version': version,
    'task-class': wanted.config['task.class'] ?? connectorClass,
    'task-version': version,
    'key-converter-class': converter('key').className,
    'key-converter-version': converter('key').version,
    'value-converter-class': converter('value').className,
    'value-converter-version': converter('value').version,
    'header-converter-class': converter('header').className,
    'header-converter-version': converter('header').version,
    'running-ratio': times.ratio('running', now),
    'pause-ratio': times.ratio('paused', now),
    'batch-size-avg': average(batch),
    'batch-size-max': greatest(batch),
    'offset-commit-success-percentage': share(committed, failed),
    'offset-commit-failure-percentage': share(failed, committed),
    'offset-commit-avg-time-ms': average(commit),
    'offset-commit-max-time-ms': greatest(commit)
  })
}

function sourceBean(recorded: Recorded, labels: Labels, now: number): Bean {
  const active = recorded.seen('active_count', now)
  const poll = recorded.seen('poll_batch_time_ms', now)
  const transaction = recorded.seen('transaction_size', now)
  return bean('source', labels, {
    'source-record-poll-total': recorded.total('source_record_poll_total'),
    'source-record-poll-rate': recorded.rate('source_record_poll_total', now),
    'source-record-write-total': recorded.total('source_record_write_total'),
    'source-record-write-rate': recorded.rate('source_record_write_total', now),
    'source-record-active-count': recorded.gauge('active_count'),
    'source-record-active-count-avg': average(active),
    'source-record-active-count-max': greatest(active),
    'poll-batch-avg-time-ms': average(poll),
    'poll-batch-max-time-ms': greatest(poll),
    'transaction-size-avg': average(transaction),
    'transaction-size-min': transaction?.min ?? Number.NaN,
    'transaction-size-max': greatest(transaction)
  })
}

function sinkBean(recorded: Recorded, labels: Labels, now: number): Bean {
  const active = recorded.seen('active_count', now)
  const put = recorded.seen('put_batch_time_ms', now)
  return bean('sink', labels, {
    'sink-record-read-total': recorded.total('sink_record_read_total'),
    'sink-record-read-rate': recorded.rate('sink_record_read_total', now),
    'sink-record-send-total': recorded.total('sink_record_send_total'),
    'sink-record-send-rate': recorded.rate('sink_record_send_total', now),
    'sink-record-active-count': recorded.gauge('active_count'),
    'sink-record-active-count-avg': average(active),
    'sink-record-active-count-max': greatest(active),
    'sink-record-lag-max': recorded.gauge('sink_record_lag_max'),
    'partition-count': recorded.gauge('partition_count'),
    'put-batch-avg-time-ms': average(put),
    'put-batch-max-time-ms': greatest(put),
    'offset-commit-seq-no': recorded.total('offset_commit_seq_no'),
    'offset-commit-completion-total': recorded.total('offset_commit_completion_total'),
    'offset-commit-completion-rate': recorded.rate('offset_commit_completion_total', now),
    'offset-commit-skip-total': recorded.total('offset_commit_skip_total'),
    'offset-commit-skip-rate': recorded.rate('offset_commit_skip_total', now)
  })
}

function errorBean(recorded: Recorded, labels: Labels): Bean {
  return bean('errors', labels, {
    'total-record-failures': recorded.total('total_record_failures'),
    'total-record-errors': recorded.total('total_record_errors'),
    'total-records-skipped': recorded.total('total_records_skipped'),
    'total-retries': recorded.total('total_retries'),
    'total-errors-logged': recorded.total('total_errors_logged'),
    'deadletterqueue-produce-requests': recorded.total('deadletterqueue_produce_requests'),
    'deadletterqueue-produce-failures': recorded.total('deadletterqueue_produce_failures'),
    'last-error-timestamp': recorded.gauge('last_error_timestamp')
  })
}

function partBean({ role, alias, className, version }: TaskPart, labels: Labels): Bean[] {
  if (role === 'transform') {
    return [
      bean(
        'transform',
        { ...labels, transform: alias ?? '' },
        {
          'transform-class': className,
          'transform-version': version ?? UNDEFINED
        }
      )
    ]
  }
  if (role !== 'predicate') return []
  return [
    bean(
      'predicate',
      { ...labels, predicate: alias ?? '' },
      {
        'predicate-class': className,
        'predicate-version': version ?? UNDEFINED
      }
    )
  ]
}

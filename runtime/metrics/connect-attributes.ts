// Types and attributes of the `kafka.connect` MBeans of Kafka Connect 4.3.0, as captured from a running
// worker; what each one says, in our words. An attribute that no bean here has does not compile there.

/** Attributes of the beans of one kind, and what they say. */
export interface BeanAttributes {
  /** `type` in the names of its MBeans. */
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

const PLUGIN = { class: 'Class, as it is configured', version: 'Version, or "undefined"' } as const

const networkTotals = {
  'request-total': 'Requests sent',
  'response-total': 'Responses received',
  'request-rate': 'Requests sent per second',
  'response-rate': 'Responses received per second',
  'request-size-avg': 'Bytes of a request, on average',
  'request-size-max': 'Bytes of the largest request',
  'incoming-byte-total': 'Bytes received',
  'incoming-byte-rate': 'Bytes received per second',
  'outgoing-byte-total': 'Bytes sent',
  'outgoing-byte-rate': 'Bytes sent per second'
} as const

/** The kinds of beans, by the names that they have here. */
export const CONNECT_ATTRIBUTES = {
  app: {
    type: 'app-info',
    attributes: {
      version: 'Version of this worker',
      'commit-id': 'Commit that this worker was built from',
      'start-time-ms': 'When this worker started, in milliseconds since 1970'
    }
  },
  count: {
    type: 'kafka-metrics-count',
    attributes: { count: 'How many figures of Kafka Connect there are' }
  },
  worker: {
    type: 'connect-worker-metrics',
    attributes: {
      'connector-count': 'Connectors that run on this worker',
      'task-count': 'Tasks that are on this worker',
      'connector-startup-attempts-total': 'Starts of connectors that were tried',
      'connector-startup-success-total': 'Starts of connectors that succeeded',
      'connector-startup-failure-total': 'Starts of connectors that failed',
      'connector-startup-success-percentage':
        'Share of recent starts of connectors that succeeded, from 0 to 1',
      'connector-startup-failure-percentage':
        'Share of recent starts of connectors that failed, from 0 to 1',
      'task-startup-attempts-total': 'Starts of tasks that were tried',
      'task-startup-success-total': 'Starts of tasks that succeeded',
      'task-startup-failure-total': 'Starts of tasks that failed',
      'task-startup-success-percentage':
        'Share of recent starts of tasks that succeeded, from 0 to 1',
      'task-startup-failure-percentage': 'Share of recent starts of tasks that failed, from 0 to 1'
    }
  },
  workerConnector: {
    type: 'connect-worker-metrics',
    attributes: {
      'connector-total-task-count': "The connector's tasks on this worker",
      'connector-running-task-count': 'Those that run',
      'connector-paused-task-count': 'Those that are paused',
      'connector-failed-task-count': 'Those that failed and wait for a restart',
      'connector-restarting-task-count': 'Those that try again after an error that may pass',
      'connector-unassigned-task-count': 'Those that are about to start or to stop',
      'connector-destroyed-task-count': 'Always 0: a deleted task has no figures here'
    }
  },
  rebalance: {
    type: 'connect-worker-rebalance-metrics',
    attributes: {
      'completed-rebalances-total': 'Rebalances that this worker took part in to their end',
      epoch: 'Generation of the group',
      'leader-name': 'URL of the leader',
      'connect-protocol': 'Protocol of the group',
      rebalancing: '1 while a rebalance is under way, else 0',
      'rebalance-avg-time-ms':
        'Milliseconds of a rebalance, on average since the start of the worker',
      'rebalance-max-time-ms':
        'Milliseconds of the longest rebalance since the start of the worker',
      'time-since-last-rebalance-ms': 'Milliseconds since the last rebalance ended'
    }
  },
  coordinator: {
    type: 'connect-coordinator-metrics',
    attributes: {
      'assigned-connectors': 'Connectors that the group has assigned to this worker',
      'assigned-tasks': 'Tasks that the group has assigned to this worker',
      'heartbeat-total': 'Heartbeats that were answered',
      'heartbeat-rate': 'Heartbeats answered per second',
      'heartbeat-response-time-max':
        'Longest recent wait for the answer to a heartbeat, in milliseconds',
      'last-heartbeat-seconds-ago': 'Seconds since the last heartbeat was sent',
      'join-total': 'Times that this worker joined a generation',
      'join-rate': 'Joins per second',
      'join-time-avg': 'Milliseconds of a recent join, on average',
      'join-time-max': 'Milliseconds of the longest recent join',
      'sync-total': 'Times that this worker got its assignment',
      'sync-rate': 'Assignments got per second',
      'sync-time-avg': 'Milliseconds of a recent wait for the assignment, on average',
      'sync-time-max': 'Milliseconds of the longest recent wait for the assignment',
      'rebalance-total': 'Rebalances from join to assignment',
      'rebalance-rate-per-hour': 'Such rebalances per hour',
      'rebalance-latency-total': 'Milliseconds that all rebalances took, from join to assignment',
      'rebalance-latency-avg': 'Milliseconds of a recent rebalance, on average',
      'rebalance-latency-max': 'Milliseconds of the longest recent rebalance',
      'failed-rebalance-total': 'Joins and waits for an assignment that the coordinator refused',
      'failed-rebalance-rate-per-hour': 'Such refusals per hour',
      'last-rebalance-seconds-ago': 'Seconds since the last assignment came'
    }
  },
  client: {
    type: 'connect-metrics',
    attributes: {
      ...networkTotals,
      'connection-count': 'Connections that are open',
      'connection-creation-total': 'Connections that were opened',
      'connection-creation-rate': 'Connections opened per second',
      'connection-close-total': 'Connections that were closed',
      'connection-close-rate': 'Connections closed per second',
      'network-io-total': 'Requests and responses',
      'network-io-rate': 'Requests and responses per second',
      'select-total': 'Turns of the event loop of the main thread',
      'select-rate': 'Turns of the event loop per second',
      'io-time-ns-total': 'Nanoseconds that the event loop of the main thread worked',
      'io-time-ns-avg': 'Nanoseconds of work in a turn of the event loop, on average',
      'io-ratio': 'Share of its time that the event loop of the main thread worked',
      'io-wait-time-ns-total': 'Nanoseconds that the event loop of the main thread waited',
      'io-wait-time-ns-avg': 'Nanoseconds of waiting in a turn of the event loop, on average',
      'io-wait-ratio': 'Share of its time that the event loop of the main thread waited',
      'successful-authentication-total': 'Connections that were authenticated',
      'successful-authentication-rate': 'Connections authenticated per second',
      'successful-authentication-no-reauth-total':
        'Authenticated connections to servers that never ask again',
      'failed-authentication-total': 'Connections whose authentication was refused',
      'failed-authentication-rate': 'Refused authentications per second',
      'successful-reauthentication-total':
        'Always 0: a connection is replaced, not authenticated again',
      'successful-reauthentication-rate': 'Always 0, as its total',
      'failed-reauthentication-total': 'Always 0, as the successful ones',
      'failed-reauthentication-rate': 'Always 0, as its total',
      'reauthentication-latency-avg': 'Always NaN: nothing is authenticated again',
      'reauthentication-latency-max': 'Always NaN: nothing is authenticated again'
    }
  },
  node: {
    type: 'connect-node-metrics',
    attributes: {
      ...networkTotals,
      'request-latency-avg': 'Milliseconds from a request to its response, on average',
      'request-latency-max': 'Milliseconds from a request to its response, the longest'
    }
  },
  connector: {
    type: 'connector-metrics',
    attributes: {
      'connector-class': PLUGIN.class,
      'connector-type': 'source, sink or unknown',
      'connector-version': PLUGIN.version,
      status: 'unassigned, running, paused, stopped, failed or restarting'
    }
  },
  task: {
    type: 'connector-task-metrics',
    attributes: {
      status: 'unassigned, running, paused, failed or restarting',
      'connector-class': PLUGIN.class,
      'connector-type': 'source, sink or unknown',
      'connector-version': PLUGIN.version,
      'task-class': PLUGIN.class,
      'task-version': PLUGIN.version,
      'key-converter-class': PLUGIN.class,
      'key-converter-version': PLUGIN.version,
      'value-converter-class': PLUGIN.class,
      'value-converter-version': PLUGIN.version,
      'header-converter-class': PLUGIN.class,
      'header-converter-version': PLUGIN.version,
      'running-ratio': 'Share of its time here that the task was running',
      'pause-ratio': 'Share of its time here that the task was paused',
      'batch-size-avg': 'Records in a recent batch, on average',
      'batch-size-max': 'Records in the largest recent batch',
      'offset-commit-success-percentage':
        'Share of recent offset commits that succeeded, from 0 to 1',
      'offset-commit-failure-percentage': 'Share of recent offset commits that failed, from 0 to 1',
      'offset-commit-avg-time-ms': 'Milliseconds of a recent offset commit, on average',
      'offset-commit-max-time-ms': 'Milliseconds of the longest recent offset commit'
    }
  },
  source: {
    type: 'source-task-metrics',
    attributes: {
      'source-record-poll-total': 'Records that the task has returned, before transforms',
      'source-record-poll-rate': 'Records returned per second',
      'source-record-write-total': 'Records that are durable in their topics',
      'source-record-write-rate': 'Records made durable per second',
      'source-record-active-count': 'Records that were returned and are not durable yet',
      'source-record-active-count-avg': 'The same, on average of the recent past',
      'source-record-active-count-max': 'The same, at its recent peak',
      'poll-batch-avg-time-ms': 'Milliseconds of a recent poll that returned records, on average',
      'poll-batch-max-time-ms': 'Milliseconds of the longest recent poll that returned records',
      'transaction-size-avg': 'Records in a recent transaction, on average',
      'transaction-size-min': 'Records in the smallest recent transaction',
      'transaction-size-max': 'Records in the largest recent transaction'
    }
  },
  sink: {
    type: 'sink-task-metrics',
    attributes: {
      'sink-record-read-total': 'Records read from topics, before transforms',
      'sink-record-read-rate': 'Records read per second',
      'sink-record-send-total': 'Records that the target has taken',
      'sink-record-send-rate': 'Records taken by the target per second',
      'sink-record-active-count': 'Records that were read and whose offsets are not committed yet',
      'sink-record-active-count-avg': 'The same, on average of the recent past',
      'sink-record-active-count-max': 'The same, at its recent peak',
      'sink-record-lag-max': 'Records that the task is behind in the partition where it is most',
      'partition-count': 'Topic partitions that the task reads',
      'put-batch-avg-time-ms': 'Milliseconds of a recent put, on average',
      'put-batch-max-time-ms': 'Milliseconds of the longest recent put',
      'offset-commit-seq-no': 'Number of the last offset commit that was begun',
      'offset-commit-completion-total': 'Offset commits that succeeded',
      'offset-commit-completion-rate': 'Offset commits that succeeded, per second',
      'offset-commit-skip-total': 'Offset commits left out because the one before was under way',
      'offset-commit-skip-rate': 'Offset commits left out, per second'
    }
  },
  errors: {
    type: 'task-error-metrics',
    attributes: {
      'total-record-failures': 'Records that could not be processed',
      'total-record-errors': 'Those of them that ended the task',
      'total-records-skipped': 'Those of them that were skipped',
      'total-retries': 'Operations that were tried again',
      'total-errors-logged': 'Errors that were logged as errors.log.enable asks',
      'deadletterqueue-produce-requests': 'Records sent to the dead letter topic',
      'deadletterqueue-produce-failures': 'Records that did not get into the dead letter topic',
      'last-error-timestamp': 'When a record last failed, in milliseconds since 1970; 0 for never'
    }
  },
  transform: {
    type: 'connector-transform-metrics',
    attributes: { 'transform-class': PLUGIN.class, 'transform-version': PLUGIN.version }
  },
  predicate: {
    type: 'connector-predicate-metrics',
    attributes: { 'predicate-class': PLUGIN.class, 'predicate-version': PLUGIN.version }
  }
} as const satisfies Readonly<Record<string, BeanAttributes>>

export type BeanKind = keyof typeof CONNECT_ATTRIBUTES

/** A value for each attribute of a kind of bean: a figure, or a text. */
export type AttributesOf<K extends BeanKind> = Readonly<
  Record<keyof (typeof CONNECT_ATTRIBUTES)[K]['attributes'], number | string>
>

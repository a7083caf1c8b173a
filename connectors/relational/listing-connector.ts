import type { Row } from './listing-row.ts'

/** Keys of how events are handled, in Debezium's order. */
export const handlingRows: readonly Row[] = [
  [
    'event.processing.failure.handling.mode',
    'SHORT',
    'Event deserialization failure handling',
    { default: 'fail', importance: 'MEDIUM', recommended: ['warn', 'fail', 'ignore', 'skip'] }
  ],
  ['max.batch.size', 'SHORT', 'Change event batch size'],
  ['max.queue.size', 'SHORT', 'Change event buffer size', { type: 'INT', importance: 'MEDIUM' }],
  ['poll.interval.ms', 'SHORT', 'Poll interval (ms)', { importance: 'MEDIUM' }],
  ['max.queue.size.in.bytes', 'LONG', 'Change event buffer size in bytes'],
  [
    'provide.transaction.metadata',
    'SHORT',
    'Store transaction metadata information in a dedicated topic.'
  ]
]

/** Keys of how a connector runs, from snapshots to guardrails, in Debezium's order. */
export const runningRows: readonly Row[] = [
  ['snapshot.delay.ms', 'MEDIUM', 'Snapshot Delay (milliseconds)'],
  ['streaming.delay.ms', 'MEDIUM', 'Streaming Delay (milliseconds)'],
  ['snapshot.include.collection.list', 'LONG', 'Snapshot mode include data collection'],
  [
    'snapshot.fetch.size',
    'MEDIUM',
    'Snapshot fetch size',
    { type: 'INT', default: null, importance: 'MEDIUM' }
  ],
  [
    'snapshot.max.threads',
    'SHORT',
    'Snapshot maximum threads',
    { type: 'INT', importance: 'MEDIUM' }
  ],
  [
    'snapshot.max.threads.multiplier',
    'SHORT',
    'Snapshot maximum thread multiplier',
    { type: 'INT', importance: 'MEDIUM' }
  ],
  [
    'internal.legacy.snapshot.max.threads',
    'SHORT',
    'Enforces using a single thread per table regardless of table size'
  ],
  ['snapshot.mode.custom.name', 'MEDIUM', 'Snapshot Mode Custom Name', { importance: 'MEDIUM' }],
  [
    'snapshot.mode.configuration.based.snapshot.data',
    'MEDIUM',
    'Snapshot mode property based snapshot data',
    { importance: 'MEDIUM' }
  ],
  [
    'snapshot.mode.configuration.based.snapshot.schema',
    'MEDIUM',
    'Snapshot mode property based snapshot schema',
    { importance: 'MEDIUM' }
  ],
  [
    'snapshot.mode.configuration.based.start.stream',
    'MEDIUM',
    'Snapshot mode property based start stream',
    { importance: 'MEDIUM' }
  ],
  [
    'snapshot.mode.configuration.based.snapshot.on.schema.error',
    'MEDIUM',
    'Snapshot mode property based snapshot on schema error',
    { importance: 'MEDIUM' }
  ],
  [
    'snapshot.mode.configuration.based.snapshot.on.data.error',
    'MEDIUM',
    'Snapshot mode property based snapshot on data error',
    { importance: 'MEDIUM' }
  ],
  ['retriable.restart.connector.wait.ms', 'MEDIUM', 'Retriable restart wait (ms)'],
  ['query.fetch.size', 'MEDIUM', 'Query fetch size', { type: 'INT', importance: 'MEDIUM' }],
  ['errors.max.retries', 'MEDIUM', 'The maximum number of retries', { importance: 'LOW' }],
  [
    'incremental.snapshot.watermarking.strategy',
    'MEDIUM',
    'Incremental snapshot watermarking strategy',
    {
      default: 'INSERT_INSERT',
      importance: 'LOW',
      recommended: ['insert_delete', 'insert_insert']
    }
  ],
  [
    'internal.log.position.check.enable',
    'MEDIUM',
    'Enable/Disable log position check',
    { importance: 'MEDIUM' }
  ],
  [
    'internal.advanced.metrics.enable',
    'MEDIUM',
    'Enable/Disable advance metrics',
    { importance: 'MEDIUM' }
  ],
  ['connection.validation.timeout.ms', 'SHORT', 'Connection validation timeout (ms)'],
  [
    'executor.shutdown.timeout.ms',
    'MEDIUM',
    'Executor shutdown timeout (ms)',
    { importance: 'MEDIUM' }
  ],
  ['openlineage.integration.enabled', 'SHORT', 'Enables OpenLineage integration'],
  [
    'openlineage.integration.config.file.path',
    'LONG',
    'Path to OpenLineage file configuration',
    { default: './openlineage.yml' }
  ],
  ['openlineage.integration.job.namespace', 'LONG', 'Namespace used for Debezium job'],
  [
    'openlineage.integration.job.description',
    'LONG',
    'Description used for Debezium job',
    { default: 'Debezium change data capture job' }
  ],
  ['openlineage.integration.job.tags', 'LONG', 'Debezium job tags'],
  ['openlineage.integration.job.owners', 'LONG', 'Debezium job owners'],
  [
    'openlineage.integration.dataset.kafka.bootstrap.servers',
    'LONG',
    'Kafka bootstrap server used in Kafka Connect deployment'
  ],
  ['extended.headers.enabled', 'SHORT', 'Enable/Disable extended headers', { importance: 'LOW' }],
  [
    'guardrail.collections.max',
    'SHORT',
    'Maximum number of collections or tables',
    { type: 'INT', importance: 'MEDIUM' }
  ],
  [
    'guardrail.collections.limit.action',
    'SHORT',
    'Guardrail collections limit action',
    { default: 'warn', importance: 'MEDIUM', recommended: ['warn', 'fail'] }
  ]
]

/** Other keys of a connector, which each has at places of its own. */
export const connectorRows: readonly Row[] = [
  [
    'decimal.handling.mode',
    'SHORT',
    'Decimal Handling',
    { recommended: ['string', 'double', 'precise'] }
  ],
  ['snapshot.lock.timeout.ms', 'LONG', 'Snapshot lock timeout (ms)', { importance: 'MEDIUM' }],
  [
    'snapshot.query.mode',
    'SHORT',
    'Snapshot query mode',
    { default: 'select_all', recommended: ['custom', 'select_all'] }
  ],
  [
    'snapshot.query.mode.custom.name',
    'MEDIUM',
    'Snapshot Query Mode Custom Name',
    { importance: 'MEDIUM' }
  ],
  [
    'schema.name.adjustment.mode',
    'MEDIUM',
    'Schema Name Adjustment',
    { importance: 'LOW', recommended: ['none', 'avro_unicode', 'avro'] }
  ],
  [
    'incremental.snapshot.chunk.size',
    'MEDIUM',
    'Incremental snapshot chunk size',
    { type: 'INT', importance: 'MEDIUM' }
  ]
]

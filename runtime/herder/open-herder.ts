import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { systemClock } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { GroupCoordinator, GroupOptions } from '../broker/group-coordinator.ts'
import { localCoordinator } from '../broker/local-coordinator.ts'
import { type BrokerSettings, openBroker } from '../broker/open-broker.ts'
import type { Plugins } from '../config/plugins.ts'
import type { Redactor } from '../config/redact.ts'
import type { References } from '../config/references.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { type LoggerPart, partLogger } from '../metrics/log-levels.ts'
import { Metrics } from '../metrics/metrics.ts'
import type { StatusStore } from '../stores/status-store.ts'
import type { Lease } from '../worker/lease.ts'
import type { TaskId } from '../worker/task-spec.ts'
import type { TaskView } from '../worker/task-supervisor.ts'
import { type TaskLogs, ThreadPool } from '../worker/thread-pool.ts'
import { Worker } from '../worker/worker.ts'
import { GroupHerder } from './group-herder.ts'
import { PROTOCOL } from './group-protocol.ts'
import type { WorkerHooks } from './group-worker.ts'
import { Housekeeping } from './housekeeping.ts'
import { MeasuredCoordinator } from './measured-coordinator.ts'
import { StoredOffsets } from './offset-requests.ts'
import { openStores } from './open-stores.ts'
import { workerMetrics } from './worker-metrics.ts'

export interface OpenHerderOptions {
  readonly broker: BrokerSettings
  readonly config: WorkerConfig
  /** The worker's config with references resolved. */
  readonly raw: RawConfig
  readonly plugins: Plugins
  readonly references: References
  readonly redactor: Redactor
  /** URL of the module with the built-in plugins, for the task threads. */
  readonly registryUrl: string
  readonly cwd: string
  readonly logger: Logger
  /** `host:port`, as Kafka Connect names workers. */
  readonly workerId: string
  /** Base URL of the REST API for other workers; empty when there is none. */
  readonly url: string
  /** A group of one, without a coordinator outside this process. */
  readonly alone: boolean
  /** Of this program: its version, the commit it was built from, when it started (ms since 1970). */
  readonly app: { readonly version: string; readonly commitId: string; readonly startedAt: number }
  /** Levels and lines of the tasks; see `ThreadPool`. */
  readonly logs: TaskLogs
  progress(task: TaskId, progress: Progress): void
  changed(task: TaskId, view: TaskView): void
  requestTaskConfigs(url: string, connector: string, configs: readonly RawConfig[]): Promise<void>
}

/** A worker of a group with everything it needs, in this process. */
export interface OpenHerder {
  readonly herder: GroupHerder
  readonly worker: Worker
  readonly broker: Broker
  /** The figures of this worker in Prometheus' text format. */
  metrics(): string
  /** Stops the tasks in order, leaves the group and closes everything. */
  close(): Promise<void>
}

/** A group of one has nobody to be silent to. */
const FOR_EVER_MS = 2 ** 31 - 1

/** Opens the broker and the stores and puts a herder on top. Nothing runs before its `start`. */
export async function openHerder(options: OpenHerderOptions): Promise<OpenHerder> {
  const { config, logger, alone } = options
  const metrics = new Metrics({
    window: {
      sampleMs: config['metrics.sample.window.ms'],
      samples: config['metrics.num.samples']
    },
    clock: systemClock
  })
  const part = (name: LoggerPart) => partLogger(options.logs.lines, options.logs.levels, name)
  const broker = await openBroker(options.broker, part('client'), metrics.client)
  const stores = await openStores(broker, options)
  const clusterId = await broker.clusterId()
  const coordinator = new MeasuredCoordinator(
    await openCoordinator(broker, options),
    metrics.coordinator,
    () => metrics.now()
  )
  let worker: Worker | undefined
  const herder = new GroupHerder({
    ...options,
    ...stores,
    broker,
    coordinator,
    groupLogger: part('group'),
    clusterId,
    offsets: new StoredOffsets({ ...options, ...stores, broker }),
    clock: systemClock,
    groupId: config['group.id'],
    exactlyOnce: config['exactly.once.source.support'] !== 'disabled',
    ...timesOf(config, alone),
    trackTopics: config['topic.tracking.enable'],
    allowTopicReset: config['topic.tracking.allow.reset'],
    setLogLevel: (name, level) => {
      if (options.logs.levels.knows(level)) options.logs.levels.set(name, level)
    },
    newKey: () => randomBytes(32).toString('base64'),
    createWorker: (hooks, lease) => {
      worker = createWorker(options, { ...stores, metrics, hooks, lease })
      return worker
    }
  })
  if (worker === undefined) throw new Error('The herder has made no worker.')
  const housekeeping = new Housekeeping({ broker, clock: systemClock, logger })
  const close = async () => {
    await housekeeping.close()
    await herder.close()
    await stores.close()
    await broker.close()
  }
  const measured = { worker, metrics, ...stores, protocol: PROTOCOL, app: options.app }
  return {
    herder,
    worker,
    broker,
    close,
    metrics: () =>
      workerMetrics(
        {
          ...measured,
          group: herder.group,
          clientId: `connect-${options.workerId}`,
          connectorType: (name) => herder.typeOf(name)
        },
        config['metrics.names']
      )
  }
}

function timesOf(config: WorkerConfig, alone: boolean) {
  return {
    heartbeatIntervalMs: alone ? FOR_EVER_MS : config['heartbeat.interval.ms'],
    sessionTimeoutMs: alone ? Number.MAX_SAFE_INTEGER / 2 : config['session.timeout.ms'],
    maxDelayMs: config['scheduled.rebalance.max.delay.ms'],
    keyTtlMs: config['inter.worker.key.ttl.ms']
  }
}

function createWorker(
  options: OpenHerderOptions,
  parts: { statuses: StatusStore; metrics: Metrics; hooks: WorkerHooks; lease: Lease }
): Worker {
  const { config, redactor, references, workerId } = options
  const logger = partLogger(options.logs.lines, options.logs.levels, 'worker')
  const pool = new ThreadPool({
    environment: {
      broker: options.broker,
      worker: options.raw,
      registryUrl: options.registryUrl,
      cwd: options.cwd,
      lease: parts.lease.memory
    },
    threads: config['task.threads'] || availableParallelism(),
    logger,
    logs: options.logs
  })
  return new Worker({
    ...parts.hooks,
    pool,
    statuses: parts.statuses,
    metrics: parts.metrics,
    workerId,
    clock: systemClock,
    random: Math.random,
    logger,
    stopTimeoutMs: config['task.shutdown.graceful.timeout.ms'],
    trackTopics: config['topic.tracking.enable'],
    resolve: (raw) =>
      references.resolve(raw, ({ message, suggestion }) =>
        logger.warn(`${message}: the text stays as it is.`, { hint: suggestion })
      ),
    redact: (text) => redactor.text(text),
    progress: options.progress
  })
}

async function openCoordinator(
  broker: Broker,
  { config, alone, workerId }: OpenHerderOptions
): Promise<GroupCoordinator> {
  const group: GroupOptions = {
    groupId: config['group.id'],
    protocol: PROTOCOL,
    sessionTimeoutMs: config['session.timeout.ms'],
    rebalanceTimeoutMs: config['rebalance.timeout.ms'],
    clientId: `connect-${workerId}`
  }
  return alone ? localCoordinator(group, systemClock) : broker.coordinator(group)
}

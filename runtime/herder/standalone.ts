import { availableParallelism, hostname } from 'node:os'
import { systemClock } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import type { Logger, Progress } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import { type BrokerSettings, openBroker } from '../broker/open-broker.ts'
import type { Plugins } from '../config/plugins.ts'
import type { Redactor } from '../config/redact.ts'
import type { References } from '../config/references.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { Metrics } from '../metrics/metrics.ts'
import { ConfigStore } from '../stores/config-store.ts'
import { StatusStore } from '../stores/status-store.ts'
import type { TaskId } from '../worker/task-spec.ts'
import type { TaskView } from '../worker/task-supervisor.ts'
import { type TaskLogs, ThreadPool } from '../worker/thread-pool.ts'
import { Worker } from '../worker/worker.ts'
import { Generations } from './generations.ts'
import { Housekeeping } from './housekeeping.ts'
import { SoloGroup } from './solo-group.ts'
import { StandaloneHerder } from './standalone-herder.ts'

export interface StandaloneOptions {
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
  /** Levels and lines of the tasks; see `ThreadPool`. */
  readonly logs?: TaskLogs
  progress(task: TaskId, progress: Progress): void
  changed(task: TaskId, view: TaskView): void
}

/** A worker with everything it needs, in this process. */
export interface Standalone {
  readonly herder: StandaloneHerder
  readonly worker: Worker
  readonly metrics: Metrics
  readonly broker: Broker
  /** Stops the tasks in order and closes everything. */
  close(): Promise<void>
}

/** Opens the broker and the stores and puts a herder with a group of one on top. Nothing runs yet. */
export async function openStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { config, logger, redactor, references, plugins } = options
  const broker = await openBroker(options.broker, logger)
  const { configs, statuses } = await openStores(broker, config, logger)
  const workerId = `${config['rest.advertised.host.name'] ?? hostname()}:${config['rest.advertised.port'] ?? 8083}`
  const generations = new Generations(statuses.highestGeneration, systemClock.wallTime)
  const metrics = new Metrics()
  const redact = (text: string) => redactor.text(text)
  const pool = new ThreadPool({
    environment: {
      broker: options.broker,
      worker: options.raw,
      registryUrl: options.registryUrl,
      cwd: options.cwd
    },
    threads: config['task.threads'] || availableParallelism(),
    logger,
    ...(options.logs && { logs: options.logs })
  })
  const worker = new Worker({
    pool,
    statuses,
    metrics,
    workerId,
    clock: systemClock,
    random: Math.random,
    logger,
    stopTimeoutMs: config['task.shutdown.graceful.timeout.ms'],
    trackTopics: config['topic.tracking.enable'],
    nextGeneration: () => generations.next(),
    resolve: (raw) => references.resolve(raw),
    redact,
    progress: options.progress,
    changed: options.changed
  })
  const group = new SoloGroup()
  const herder = new StandaloneHerder({
    configs,
    statuses,
    worker,
    group,
    plugins,
    references,
    generations,
    workerId,
    logger,
    redact
  })
  const housekeeping = new Housekeeping({ broker, clock: systemClock, logger })
  const close = async () => {
    await housekeeping.close()
    await herder.close()
    await configs.close()
    await statuses.close()
    await broker.close()
  }
  return { herder, worker, metrics, broker, close }
}

async function openStores(broker: Broker, config: WorkerConfig, logger: Logger) {
  const spec = (of: 'config' | 'status', partitions: number) => ({
    name: config[`${of}.storage.topic`],
    partitions,
    replicationFactor: config[`${of}.storage.replication.factor`]
  })
  const [configs, statuses] = await Promise.all([
    ConfigStore.open({
      broker,
      clock: systemClock,
      logger,
      clientId: 'millrace-configs',
      spec: spec('config', 1)
    }),
    StatusStore.open({
      broker,
      clock: systemClock,
      logger,
      clientId: 'millrace-statuses',
      spec: spec('status', config['status.storage.partitions'])
    })
  ])
  return { configs, statuses }
}

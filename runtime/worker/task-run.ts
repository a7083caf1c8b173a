import { systemClock } from '../api/clock.ts'
import type { ConfigOf } from '../api/config.ts'
import type { SinkConnector, SourceConnector } from '../api/connector.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import { connectorKeys, sinkConnectorKeys, sourceConnectorKeys } from '../config/connector-keys.ts'
import { type PluginRegistry, Plugins } from '../config/plugins.ts'
import { type WorkerConfig, workerKeys } from '../config/worker-keys.ts'
import { PART_LOGGERS } from '../metrics/log-levels.ts'
import { OffsetStore } from '../stores/offset-store.ts'
import { OwnOffsets } from '../stores/own-offsets.ts'
import type { BrokerCache } from './broker-cache.ts'
import { ConnectorRunner } from './connector-runner.ts'
import { DeadLetters } from './dead-letters.ts'
import { ErrorPolicy, type ErrorSettings } from './error-policy.ts'
import { Lease } from './lease.ts'
import { leasedBroker, leasedSink, type MayWrite } from './leased.ts'
import { offsetsTopicSpec, ownOffsetsTopic } from './offsets-topic.ts'
import { createChain, createConverters, parseAs, partsOf } from './plugin-parts.ts'
import { selectTopics } from './sink-assignment.ts'
import { SinkConverter } from './sink-converter.ts'
import { SinkRunner } from './sink-runner.ts'
import { SourceRunner } from './source-runner.ts'
import type { TaskReporter } from './task-reporter.ts'
import type { TaskRunner } from './task-runner.ts'
import { CONNECTOR, type TaskEnvironment, type TaskSpec, taskName } from './task-spec.ts'
import { requireOwnTopic, TopicCreation, TopicTargets } from './topic-targets.ts'

const CLOSE_AFTER_MS = 5
const CLOSE_RECORDS = 20_000
const DEFAULT_MAX_POLL_RECORDS = 5000
const TOPIC_REFRESH_MS = 5000

/** What the tasks of one thread share. */
export class TaskFactory {
  readonly #environment: TaskEnvironment
  readonly #worker: WorkerConfig
  readonly #brokers: BrokerCache
  readonly #plugins: Plugins
  readonly #logger: Logger
  readonly #lease: Lease
  #offsets: Promise<OffsetStore> | undefined

  constructor(
    environment: TaskEnvironment,
    parts: { registry: PluginRegistry; brokers: BrokerCache; logger: Logger }
  ) {
    this.#environment = environment
    this.#worker = parseAs(workerKeys, environment.worker)
    this.#brokers = parts.brokers
    this.#logger = parts.logger
    this.#lease = new Lease(environment.lease)
    this.#plugins = new Plugins({
      registry: parts.registry,
      pluginPath: this.#worker['plugin.path'],
      cwd: environment.cwd
    })
  }

  /** Builds the loop of a task from its config. @throws {ConnectError} for what is wrong in it */
  async create(spec: TaskSpec, reporter: TaskReporter): Promise<TaskRunner> {
    const keys = parseAs(connectorKeys, spec.config)
    const plugin = await this.#plugins.find('connector', keys['connector.class'], spec.config)
    reporter.loggerNames([keys['connector.class'], ...(plugin.classNames ?? [])])
    if (spec.task === CONNECTOR) {
      reporter.loggerNames(PART_LOGGERS.connector)
      const { connector, unresolved, config: resolved, paused } = spec
      const options = { plugin, connector, config: unresolved, resolved, reporter }
      return new ConnectorRunner(options, paused)
    }
    reporter.loggerNames(PART_LOGGERS[plugin.kind === 'source' ? 'sourceTask' : 'sinkTask'])
    const settings: ErrorSettings = {
      tolerance: keys['errors.tolerance'],
      retryTimeoutMs: keys['errors.retry.timeout'],
      retryDelayMaxMs: keys['errors.retry.delay.max.ms'],
      logEnable: keys['errors.log.enable'],
      logIncludeMessages: keys['errors.log.include.messages']
    }
    const { logger, metrics } = reporter
    const policy = new ErrorPolicy(settings, { name: taskName(spec), logger, metrics })
    const runner = await (plugin.kind === 'source'
      ? this.#source(plugin, { spec, reporter, policy })
      : this.#sink(plugin, { spec, reporter, policy, className: keys['connector.class'] }))
    const parts = await partsOf(this.#plugins, spec.config, this.#environment.worker)
    reporter.built({ kind: plugin.kind, version: plugin.version ?? null, parts })
    return runner
  }

  async close(): Promise<void> {
    const offsets = await this.#offsets?.catch(() => undefined)
    await offsets?.close()
    await this.#brokers.close()
  }

  async #source(plugin: SourceConnector, parts: RunParts): Promise<TaskRunner> {
    const { spec, reporter, policy } = parts
    const worker = this.#worker
    parseAs(sourceConnectorKeys, spec.config)
    const broker = await this.#broker('producer', spec)
    const exactlyOnce = worker['exactly.once.source.support'] !== 'disabled'
    const creation = worker['topic.creation.enable'] ? new TopicCreation(spec.config) : null
    const maxBytes = worker['task.buffer.bytes']
    const task = plugin.createTask(parseAs(plugin.config, spec.config), spec.config)
    const chain = await createChain(this.#plugins, spec.config)
    const converters = await createConverters(this.#plugins, spec.config, this.#environment.worker)
    // The last that can fail: the task closes it.
    const ownOffsets = await this.#ownOffsets(spec, broker)
    return new SourceRunner(
      {
        task,
        connector: spec.connector,
        taskNumber: spec.task,
        generation: spec.generation,
        broker,
        // As Kafka Connect names it, so that each fences the other on the same connector.
        transactionalId: exactlyOnce ? `${worker['group.id']}-${taskName(spec)}` : null,
        offsets: ownOffsets ?? (await this.#offsetStore()),
        ownOffsets,
        targets: new TopicTargets(broker, creation, internalTopics(worker)),
        chain,
        converters,
        policy,
        limits: {
          closeBytes: maxBytes / 2,
          closeRecords: CLOSE_RECORDS,
          closeAfterMs: CLOSE_AFTER_MS,
          maxBytes
        },
        reporter,
        now: () => performance.now()
      },
      spec.paused
    )
  }

  async #sink(plugin: SinkConnector, parts: RunParts & { className: string }): Promise<TaskRunner> {
    const { spec, reporter, policy, className } = parts
    const worker = this.#worker
    const keys = parseAs(sinkConnectorKeys, spec.config)
    const internal = internalTopics(worker)
    requireOwnTopic(keys['errors.deadletterqueue.topic.name'], internal)
    const broker = await this.#broker('consumer', spec)
    const deadLetters = new DeadLetters({
      broker,
      policy,
      connector: spec.connector,
      task: spec.task,
      settings: deadLetterSettings(keys)
    })
    const chain = await createChain(this.#plugins, spec.config)
    const converters = await createConverters(this.#plugins, spec.config, this.#environment.worker)
    const override = (key: string) => spec.config[`consumer.override.${key}`]
    const selection = selectTopics(spec.config)
    const sinkTask = plugin.createTask(parseAs(plugin.config, spec.config), spec.config)
    return new SinkRunner(
      {
        task: leasedSink(sinkTask, this.#mayWrite(spec)),
        className,
        connector: spec.connector,
        taskNumber: spec.task,
        tasks: plugin.oneWriter ? 1 : spec.tasks,
        generation: spec.generation,
        broker,
        selection: {
          names: selection.names,
          matches: (topic) => selection.matches(topic) && !internal.has(topic)
        },
        converter: new SinkConverter({ chain, converters, deadLetters }),
        deadLetters,
        reporter,
        settings: {
          group: override('group.id') ?? `connect-${spec.connector}`,
          reset: override('auto.offset.reset') === 'latest' ? 'latest' : 'earliest',
          maxRecords: Number(override('max.poll.records') ?? DEFAULT_MAX_POLL_RECORDS),
          maxBytes: worker['task.buffer.bytes'],
          commitIntervalMs: worker['offset.flush.interval.ms'],
          topicRefreshMs: Number(override('metadata.max.age.ms') ?? TOPIC_REFRESH_MS),
          retryDelayMaxMs: policy.settings.retryDelayMaxMs
        },
        now: () => performance.now(),
        random: Math.random
      },
      spec.paused
    )
  }

  async #broker(client: 'producer' | 'consumer', spec: TaskSpec): Promise<Broker> {
    const { worker } = this.#environment
    const broker = await this.#brokers.forConnector(client, worker, spec.config)
    return leasedBroker(broker, this.#mayWrite(spec))
  }

  #mayWrite({ generation }: TaskSpec): MayWrite {
    return () => this.#lease.allows(generation, systemClock.now())
  }

  /**
   * The connector's own offsets, if it has a topic for them, or writes to another cluster: there they
   * are part of its transactions, in a topic of the same name as the worker's unless it names one.
   */
  async #ownOffsets({ config }: TaskSpec, broker: Broker): Promise<OwnOffsets | null> {
    const topic = ownOffsetsTopic(this.#worker, config)
    if (topic === null) return null
    const shared = await this.#offsetStore()
    const own = await this.#openOffsets(broker, topic)
    return new OwnOffsets({ own, shared, logger: this.#logger })
  }

  /** One for all source tasks of the thread; opened with the first. */
  async #offsetStore(): Promise<OffsetStore> {
    this.#offsets ??= this.#brokers.own().then((broker) =>
      this.#openOffsets(
        leasedBroker(broker, () => this.#lease.holdsAt(systemClock.now())),
        this.#worker['offset.storage.topic']
      )
    )
    try {
      return await this.#offsets
    } catch (error) {
      this.#offsets = undefined
      throw error
    }
  }

  #openOffsets(broker: Broker, name: string): Promise<OffsetStore> {
    const spec = { ...offsetsTopicSpec(this.#worker), name }
    const clientId = 'millrace-offsets'
    return OffsetStore.open({ broker, clock: systemClock, clientId, logger: this.#logger, spec })
  }
}

interface RunParts {
  readonly spec: TaskSpec
  readonly reporter: TaskReporter
  readonly policy: ErrorPolicy
}

function internalTopics(worker: WorkerConfig): ReadonlySet<string> {
  return new Set(
    (['config', 'offset', 'status'] as const).map((of) => worker[`${of}.storage.topic`])
  )
}

function deadLetterSettings(keys: ConfigOf<typeof sinkConnectorKeys>) {
  const topic = keys['errors.deadletterqueue.topic.name']
  if (topic === '') return null
  return {
    topic,
    replicationFactor: keys['errors.deadletterqueue.topic.replication.factor'],
    contextHeaders: keys['errors.deadletterqueue.context.headers.enable']
  }
}

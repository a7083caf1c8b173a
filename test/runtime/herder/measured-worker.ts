import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { systemClock } from '../../../runtime/api/clock.ts'
import type { GroupView } from '../../../runtime/herder/herder.ts'
import { workerMetrics } from '../../../runtime/herder/worker-metrics.ts'
import type { NameStyle } from '../../../runtime/metrics/connect-names.ts'
import { Metrics } from '../../../runtime/metrics/metrics.ts'
import { ConfigStore } from '../../../runtime/stores/config-store.ts'
import { StatusStore } from '../../../runtime/stores/status-store.ts'
import { Lease } from '../../../runtime/worker/lease.ts'
import { CONNECTOR } from '../../../runtime/worker/task-spec.ts'
import { ThreadPool } from '../../../runtime/worker/thread-pool.ts'
import { Worker } from '../../../runtime/worker/worker.ts'
import { type EmbeddedTopics, embeddedTopics, MemoryLogger } from '../../support/embedded.ts'
import { type Exposition, parseExposition } from '../../support/exposition.ts'
import { projectRoot } from '../../support/source-files.ts'
import { until } from '../../support/until.ts'

type Config = Readonly<Record<string, string>>

/** A real worker on embedded topics whose metrics can be read; the group around it is only told. */
export class MeasuredWorker implements AsyncDisposable {
  readonly metrics = new Metrics()
  readonly topics: EmbeddedTopics
  readonly #configs: ConfigStore
  readonly #statuses: StatusStore
  readonly #worker: Worker
  readonly #types = new Map<string, 'source' | 'sink'>()
  #generation = 0

  private constructor(topics: EmbeddedTopics, configs: ConfigStore, statuses: StatusStore) {
    this.topics = topics
    this.#configs = configs
    this.#statuses = statuses
    const logger = new MemoryLogger()
    const lease = new Lease()
    lease.extend(Number.MAX_SAFE_INTEGER)
    const worker = { 'key.converter': 'string', 'value.converter': 'string' }
    this.#worker = new Worker({
      pool: new ThreadPool({
        environment: {
          broker: { kind: 'lmdb', path: join(topics.folder, 'topics') },
          worker,
          registryUrl: pathToFileURL(join(projectRoot, 'connectors/registry.ts')).href,
          cwd: projectRoot,
          lease: lease.memory
        },
        threads: 1,
        logger
      }),
      statuses,
      metrics: this.metrics,
      workerId: 'localhost:8083',
      clock: systemClock,
      random: () => 0,
      logger,
      stopTimeoutMs: 5000,
      trackTopics: false,
      nextGeneration: () => ++this.#generation,
      resolve: async (config) => config,
      redact: (text) => text,
      fenced: () => false,
      progress() {},
      changed() {},
      taskConfigs() {},
      isCurrent: async () => true
    })
  }

  static async open(): Promise<MeasuredWorker> {
    const topics = await embeddedTopics()
    const { broker } = topics
    const common = { broker, clock: systemClock, clientId: 'test', logger: new MemoryLogger() }
    const spec = (name: string) => ({ name, partitions: 1 })
    const configs = await ConfigStore.open({ ...common, spec: spec('connect-configs') })
    const statuses = await StatusStore.open({ ...common, spec: spec('connect-status') })
    await configs.lead('leader')
    return new MeasuredWorker(topics, configs, statuses)
  }

  /** Runs a connector of one task. */
  async run(name: string, type: 'source' | 'sink', given: Config): Promise<void> {
    const config = { ...given, name }
    this.#types.set(name, type)
    await this.#configs.putConnector(name, config)
    await this.#statuses.put(name, CONNECTOR, {
      state: 'RUNNING',
      trace: null,
      workerId: 'localhost:8083',
      generation: 1,
      version: '9.9'
    })
    this.metrics.startup('connector', 'attempt')
    this.metrics.startup('connector', 'success')
    this.#worker.start({
      connector: name,
      task: 0,
      config,
      tasks: 1,
      endOffset: -1,
      paused: false,
      version: '9.9'
    })
  }

  pause(name: string): void {
    this.#worker.pause({ connector: name, task: 0 })
  }

  async delete(name: string): Promise<void> {
    this.#types.delete(name)
    await this.#configs.removeConnector(name)
    await this.#worker.stop([{ connector: name, task: 0 }])
    await this.#statuses.put(name, 0, null)
    await this.#statuses.put(name, CONNECTOR, null)
  }

  text(style?: NameStyle): string {
    const measured = {
      group: this.#group(),
      worker: this.#worker,
      configs: this.#configs,
      statuses: this.#statuses,
      metrics: this.metrics,
      app: { version: '1.2.3', commitId: 'abcdef', startedAt: 1_700_000_000_000 },
      clientId: 'connect-localhost:8083',
      protocol: 'millrace',
      connectorType: (name: string) => this.#types.get(name) ?? 'unknown'
    } as const
    return workerMetrics(measured, style)
  }

  read(): Exposition {
    return parseExposition(this.text())
  }

  /** Reads the metrics until they are as wanted. */
  async until(what: string, wanted: (read: Exposition) => boolean): Promise<Exposition> {
    let read = this.read()
    await until(
      () => {
        read = this.read()
        return wanted(read)
      },
      { what }
    )
    return read
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close()
    await this.#configs.close()
    await this.#statuses.close()
    await this.topics[Symbol.asyncDispose]()
  }

  #group(): GroupView {
    return {
      memberId: 'connect-localhost:8083-1',
      generation: 4,
      leaderId: 'connect-localhost:8083-1',
      leaderUrl: 'http://localhost:8083/',
      isLeader: true,
      rebalancing: false,
      completedRebalances: 3,
      rebalanceMs: { last: 10, max: 40, sum: 60 },
      sinceRebalanceMs: 1500,
      connectors: [...this.#types.keys()],
      tasks: this.#worker.tasks()
    }
  }
}

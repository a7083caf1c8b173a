import type { Clock } from '../../runtime/api/clock.ts'
import type { Logger } from '../../runtime/api/task.ts'
import { GroupHerder } from '../../runtime/herder/group-herder.ts'
import { PROTOCOL } from '../../runtime/herder/group-protocol.ts'
import { Metrics } from '../../runtime/metrics/metrics.ts'
import { ConfigStore } from '../../runtime/stores/config-store.ts'
import { OffsetStore } from '../../runtime/stores/offset-store.ts'
import { StatusStore } from '../../runtime/stores/status-store.ts'
import { Worker } from '../../runtime/worker/worker.ts'
import type { Random } from '../support/random.ts'
import type { Checker } from './checker.ts'
import type { GroupServer } from './group-server.ts'
import { LogClient } from './log-client.ts'
import type { LogServer } from './log-server.ts'
import type { Network } from './network.ts'
import type { OutsideWorld } from './outside-world.ts'
import { simulatedPlugins } from './simulated-plugins.ts'
import { SimulatedPool } from './simulated-pool.ts'
import type { SimulatedProcess } from './simulated-process.ts'

export const GROUP_ID = 'simulated'
export const TOPICS = {
  config: { name: 'connect-configs', partitions: 1 },
  offset: { name: 'connect-offsets', partitions: 3 },
  status: { name: 'connect-status', partitions: 2 }
} as const

/** What all workers of a simulation share. */
export interface World {
  readonly network: Network
  readonly server: LogServer
  readonly groups: GroupServer
  readonly outside: OutsideWorld
  readonly checker: Checker
  readonly random: Random
  readonly sessionTimeoutMs: number
  readonly maxDelayMs: number
  logger(worker: string): Logger
  /** Whether tasks may block or fail just now. */
  trouble(): boolean
  /** Carries a request from one worker to the one at a URL. */
  forward<T>(url: string, ask: (herder: GroupHerder) => Promise<T>): Promise<T>
}

/** A worker as `openHerder` puts it together, in a simulated process. */
export class SimulatedWorker {
  readonly process: SimulatedProcess
  readonly workerId: string
  readonly url: string
  readonly herder: GroupHerder
  readonly worker: Worker
  readonly pool: SimulatedPool
  readonly configs: ConfigStore
  readonly #close: () => Promise<void>
  /** It is leaving in order. */
  closing = false

  private constructor(
    process: SimulatedProcess,
    address: { workerId: string; url: string },
    parts: {
      herder: GroupHerder
      worker: Worker
      pool: SimulatedPool
      configs: ConfigStore
      close: () => Promise<void>
    }
  ) {
    this.process = process
    this.workerId = address.workerId
    this.url = address.url
    this.herder = parts.herder
    this.worker = parts.worker
    this.pool = parts.pool
    this.configs = parts.configs
    this.#close = parts.close
  }

  static async open(
    process: SimulatedProcess,
    workerId: string,
    world: World
  ): Promise<SimulatedWorker> {
    const connection = world.network.connection(process)
    const broker = new LogClient({ server: world.server, groups: world.groups, connection })
    const logger = world.logger(process.name)
    const shared = { broker, clock: process, logger }
    const configs = await ConfigStore.open({ ...shared, clientId: 'c', spec: TOPICS.config })
    const statuses = await StatusStore.open({ ...shared, clientId: 's', spec: TOPICS.status })
    const plugins = simulatedPlugins(process, world.outside)
    const coordinator = await broker.coordinator({
      groupId: GROUP_ID,
      protocol: PROTOCOL,
      sessionTimeoutMs: world.sessionTimeoutMs,
      rebalanceTimeoutMs: 3 * world.sessionTimeoutMs,
      clientId: `connect-${process.name}`
    })
    const made: { worker?: Worker; pool?: SimulatedPool } = {}
    const address = { workerId, url: `http://${workerId}/` }
    const herder = new GroupHerder({
      ...shared,
      ...address,
      configs,
      statuses,
      coordinator,
      plugins,
      clusterId: await broker.clusterId(),
      groupId: GROUP_ID,
      exactlyOnce: true,
      heartbeatIntervalMs: world.sessionTimeoutMs / 3.3,
      sessionTimeoutMs: world.sessionTimeoutMs,
      maxDelayMs: world.maxDelayMs,
      keyTtlMs: 3_600_000,
      alone: false,
      trackTopics: false,
      allowTopicReset: false,
      offsets: NO_OFFSETS,
      newKey: () => 'key',
      setLogLevel() {},
      changed() {},
      requestTaskConfigs: (url, connector, tasks) =>
        world.forward(url, (other) => other.putTaskConfigs(connector, tasks)),
      createWorker: (hooks, lease) => {
        const pool = new SimulatedPool({
          worker: process.name,
          clock: process,
          random: world.random,
          groupId: GROUP_ID,
          broker,
          lease,
          connection,
          world: world.outside,
          checker: world.checker,
          openOffsets: offsetsOnce(shared),
          trouble: world.trouble,
          logger,
          plugin: (config) => plugins.find('connector', config['connector.class'] ?? '')
        })
        const worker = new Worker({
          ...hooks,
          pool,
          statuses,
          metrics: new Metrics({ clock: process }),
          workerId,
          clock: process,
          random: () => world.random.next(),
          logger,
          stopTimeoutMs: 2000,
          trackTopics: false,
          resolve: async (config) => config,
          redact: (text) => text,
          progress() {}
        })
        Object.assign(made, { worker, pool })
        return worker
      }
    })
    const { worker, pool } = made
    if (worker === undefined || pool === undefined) throw new Error('The herder made no worker.')
    const close = async () => {
      await herder.close()
      await configs.close()
      await statuses.close()
      await broker.close()
    }
    return new SimulatedWorker(process, address, { herder, worker, pool, configs, close })
  }

  /** Leaves the group in order. */
  async close(): Promise<void> {
    this.closing = true
    await this.#close()
  }
}

const NO_OFFSETS = {
  list: async () => [],
  alter: () => Promise.reject(new Error('not simulated')),
  reset: () => Promise.reject(new Error('not simulated'))
}

function offsetsOnce(shared: {
  broker: LogClient
  clock: Clock
  logger: Logger
}): () => Promise<OffsetStore> {
  let opened: Promise<OffsetStore> | undefined
  return async () => {
    opened ??= OffsetStore.open({ ...shared, clientId: 'o', spec: TOPICS.offset })
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }
}

import type { Clock } from '../api/clock.ts'
import { sleep } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { ConnectorConfig } from '../stores/config-log.ts'
import type { ConfigStore } from '../stores/config-store.ts'
import { isOutdated, needsFencing } from './plan-work.ts'
import { sameConfig } from './reconcile.ts'
import type { SerialQueue } from './serial-queue.ts'

export interface PublisherOptions {
  readonly broker: Broker
  readonly configs: ConfigStore
  readonly clock: Clock
  readonly logger: Logger
  readonly queue: SerialQueue
  readonly groupId: string
  readonly exactlyOnce: boolean
  isLeader(): boolean
  leaderUrl(): string | null
  /** Whether this worker runs the connector, and so speaks for it. */
  owns(connector: string): boolean
  /** Looks at the plugin of a connector, so that its kind is known. */
  learn(connector: ConnectorConfig): Promise<unknown>
  isSource(connector: ConnectorConfig): boolean
  /** Asks for a new generation. */
  rejoin(): void
  requestTaskConfigs(url: string, connector: string, configs: readonly RawConfig[]): Promise<void>
}

/** As Kafka Connect backs off when the leader does not take task configs. */
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 60_000

/**
 * Brings task configs from the connector that made them into the config topic, which only the leader
 * writes; and keeps tasks of different configs apart: what the older ones could still write is
 * fenced before the newer ones start (KIP-618).
 */
export class TaskConfigPublisher {
  readonly #options: PublisherOptions
  readonly #closed = new AbortController()
  /** By connector: what is on its way. Newer configs replace it. */
  readonly #latest = new Map<string, readonly RawConfig[]>()
  #fencing = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Takes the configs that a connector of this worker has made, and does not give up. */
  publish(connector: string, configs: readonly RawConfig[]): void {
    this.#latest.set(connector, configs)
    void this.#deliver(connector, configs)
  }

  /**
   * Leader. Writes task configs, unless they are there already. To be called within the queue.
   * @throws {RetriableError | FencedError} when this worker cannot write as the leader (any more)
   */
  async write(name: string, made: readonly RawConfig[]): Promise<void> {
    const { configs, exactlyOnce, isSource, learn } = this.#options
    // Another worker may have resumed it, and the owner have read that before this one.
    if (!isActive(configs.connector(name))) await configs.refresh()
    const connector = configs.connector(name)
    if (!isActive(connector)) return
    const { tasks } = connector
    const same =
      tasks?.length === made.length && made.every((task, id) => sameConfig(task, tasks[id] ?? {}))
    if (same && !isOutdated(connector)) return
    await learn(connector)
    const transactional = isSource(connector) && exactlyOnce
    const nothingToFence = transactional && (configs.fencedTasks(name) ?? 0) === 0
    await configs.putTaskConfigs(name, made, nothingToFence)
    if (transactional && !nothingToFence) await this.fence(name)
  }

  /**
   * Leader. Ends what older tasks of a source may still write: takes their transactional ids over,
   * which aborts their open transactions. To be called within the queue.
   */
  async fence(name: string): Promise<void> {
    const { configs, broker, groupId } = this.#options
    const count = configs.fencedTasks(name) ?? 0
    const ids = Array.from({ length: count }, (_, task) => `${groupId}-${name}-${task}`)
    await Promise.all(
      ids.map(async (transactionalId) => {
        const producer = await broker.producer({ clientId: transactionalId, transactionalId })
        await producer.close()
      })
    )
    await configs.putFencedTasks(name, configs.connector(name)?.tasks?.length ?? 0)
  }

  /** Leader. Does what a leader before may have left undone. Does not wait for it. */
  fencePending(): void {
    const { configs, exactlyOnce, isSource, queue, logger } = this.#options
    if (!exactlyOnce || this.#fencing || !configs.isLeading) return
    const pending = configs
      .connectors()
      .filter(({ targetState }) => targetState !== 'STOPPED')
      .filter((connector) => connector.tasks !== null && needsFencing(connector))
      .filter(isSource)
    if (pending.length === 0) return
    this.#fencing = true
    void queue
      .run(async () => {
        for (const { name } of pending) await this.fence(name)
      })
      .catch((error: unknown) => {
        logger.warn('Older tasks could not be fenced; trying again.', {
          error: describeError(error)
        })
        return this.#retryFencing()
      })
      .finally(() => {
        this.#fencing = false
      })
  }

  close(): void {
    this.#closed.abort()
  }

  async #retryFencing(): Promise<void> {
    await sleep(this.#options.clock, FIRST_RETRY_MS, this.#closed.signal)
    if (!this.#closed.signal.aborted) this.#options.rejoin()
  }

  async #deliver(name: string, made: readonly RawConfig[]): Promise<void> {
    const { clock, logger, owns } = this.#options
    let waitMs = FIRST_RETRY_MS
    while (!this.#closed.signal.aborted && owns(name) && this.#latest.get(name) === made) {
      try {
        await this.#deliverOnce(name, made)
        return
      } catch (error) {
        const level = waitMs > FIRST_RETRY_MS ? 'warn' : 'debug'
        logger[level]('Task configs could not be published; trying again.', {
          connector: name,
          error: describeError(error)
        })
        await sleep(clock, waitMs, this.#closed.signal)
        waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)
      }
    }
  }

  async #deliverOnce(name: string, made: readonly RawConfig[]): Promise<void> {
    const { isLeader, leaderUrl, queue, requestTaskConfigs, rejoin } = this.#options
    if (!isLeader()) {
      const url = leaderUrl()
      if (url === null) throw new Error('no leader is known')
      await requestTaskConfigs(url, name, made)
      return
    }
    try {
      await queue.run(() => this.write(name, made))
    } catch (error) {
      // Only a new generation can tell whether this worker still leads.
      if (!queue.closed) rejoin()
      throw error
    }
  }
}

function isActive(connector: ConnectorConfig | null): connector is ConnectorConfig {
  return connector !== null && connector.targetState !== 'STOPPED'
}

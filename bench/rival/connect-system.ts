import { type ConnectServer, startConnect } from '../../test/support/connect.ts'
import { until } from '../../test/support/until.ts'
import { openKafkaProbe } from '../kafka-probe.ts'
import type { ConnectorConfig, Surroundings, System } from '../system.ts'
import { DEBEZIUM_MARIADB, DEBEZIUM_POSTGRES, debeziumPlugins } from './debezium-plugins.ts'

const STATE_LIMIT_MS = 180_000

/**
 * Kafka Connect, distributed, as its documentation sets it up: one worker, source transactions on
 * (ours are on by default), everything else at its default.
 */
export class ConnectSystem implements System {
  readonly name = 'Kafka Connect with Debezium'
  readonly version: string
  #around: Surroundings
  #heap: string
  #server: ConnectServer | undefined

  constructor(around: Surroundings, options: { readonly heap?: string } = {}) {
    this.#around = around
    const isMariadb = around.database.name.startsWith('MariaDB')
    const debezium = isMariadb ? DEBEZIUM_MARIADB : DEBEZIUM_POSTGRES
    this.version = `Kafka Connect 4.3.0, Debezium ${debezium}`
    this.#heap = options.heap ?? '2g'
  }

  get pid(): number {
    return this.#server?.pid ?? -1
  }

  get log(): string {
    return this.#server?.log ?? ''
  }

  async start(): Promise<number> {
    const plugins = debeziumPlugins()
    const began = performance.now()
    this.#server = await startConnect({
      bootstrap: this.#around.kafka.bootstrap,
      group: 'bench-connect',
      plugins,
      jvm: [`-Xmx${this.#heap}`]
    })
    return performance.now() - began
  }

  async createConnector(name: string, config: ConnectorConfig): Promise<void> {
    await this.#call('PUT', `/connectors/${name}/config`, config)
    await this.#running(name)
  }

  async stopConnector(name: string): Promise<void> {
    await this.#call('PUT', `/connectors/${name}/stop`)
    await this.#until(`${name} to stop`, async () => {
      const status = await this.#status(name)
      return status.connector.state === 'STOPPED' && status.tasks.length === 0
    })
  }

  async resumeConnector(name: string): Promise<void> {
    await this.#call('PUT', `/connectors/${name}/resume`)
    await this.#running(name)
  }

  async deleteConnector(name: string): Promise<void> {
    await this.#call('DELETE', `/connectors/${name}`)
  }

  openTopics() {
    return openKafkaProbe(this.#around.kafka.bootstrap)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #running(name: string): Promise<void> {
    await this.#until(`${name} to run`, async () => {
      const { tasks } = await this.#status(name)
      const failed = tasks.find((task) => task.state === 'FAILED')
      if (failed) throw new ConnectorFailure(failed.trace ?? 'no trace')
      return tasks.length > 0 && tasks.every((task) => task.state === 'RUNNING')
    })
  }

  async #status(name: string): Promise<Status> {
    return (await this.#call('GET', `/connectors/${name}/status`)) as Status
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#server?.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  /** Just after a connector was created, there is no status of it yet. */
  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const holds = () =>
      condition().catch((error: unknown) => {
        if (error instanceof ConnectorFailure) throw error
        return false
      })
    await until(holds, { limitMs: STATE_LIMIT_MS, what })
  }
}

class ConnectorFailure extends Error {}

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

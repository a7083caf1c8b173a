import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, GuardedProcess } from '../../test/support/guarded-process.ts'
import { javaArgs } from '../../test/support/kafka.ts'
import { openKafkaProbe } from '../kafka-probe.ts'
import type { ConnectorConfig, Surroundings, System } from '../system.ts'
import { DEBEZIUM_POSTGRES, debeziumPlugins } from './debezium-plugins.ts'

const READY_LIMIT_MS = 180_000

/**
 * Kafka Connect, distributed, as its documentation sets it up: one worker, source transactions on
 * (ours are on by default), everything else at its default.
 */
export class ConnectSystem implements System {
  readonly name = 'Kafka Connect with Debezium'
  readonly version = `Kafka Connect 4.3.0, Debezium ${DEBEZIUM_POSTGRES}`
  #around: Surroundings
  #heap: string
  #port = 0
  #process: GuardedProcess | undefined

  constructor(around: Surroundings, options: { readonly heap?: string } = {}) {
    this.#around = around
    this.#heap = options.heap ?? '2g'
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  get log(): string {
    return this.#process?.output ?? ''
  }

  async start(): Promise<number> {
    const plugins = debeziumPlugins()
    this.#port = await freePort()
    mkdirSync(this.#around.folder, { recursive: true })
    const file = join(this.#around.folder, 'connect.properties')
    writeFileSync(file, this.#properties(plugins))
    const began = performance.now()
    this.#process = new GuardedProcess({
      command: 'java',
      args: javaArgs([`-Xmx${this.#heap}`], 'org.apache.kafka.connect.cli.ConnectDistributed', [
        file
      ])
    })
    // The REST API answers `/` before the worker has joined; a connector list needs a joined worker.
    await this.#until('the worker', async () => {
      const response = await fetch(this.#url('/connectors'))
      return response.ok
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
    await this.#process?.stop('SIGTERM')
    this.#process = undefined
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
    const response = await fetch(this.#url(path), {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body)
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const limit = performance.now() + READY_LIMIT_MS
    for (;;) {
      const holds = await condition().catch((error: unknown) => {
        if (error instanceof ConnectorFailure) throw error
        return false
      })
      if (holds) return
      if (performance.now() > limit) {
        throw new Error(`waited too long for ${what}:\n${this.#process?.output}`)
      }
      await delay(50)
    }
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`
  }

  #properties(plugins: string): string {
    const json = 'org.apache.kafka.connect.json.JsonConverter'
    const settings = {
      'bootstrap.servers': this.#around.kafka.bootstrap,
      'group.id': 'bench-connect',
      'config.storage.topic': 'bench-connect-configs',
      'config.storage.replication.factor': 1,
      'offset.storage.topic': 'bench-connect-offsets',
      'offset.storage.replication.factor': 1,
      'status.storage.topic': 'bench-connect-status',
      'status.storage.replication.factor': 1,
      'key.converter': json,
      'value.converter': json,
      'exactly.once.source.support': 'enabled',
      listeners: `http://127.0.0.1:${this.#port}`,
      'plugin.path': plugins
    }
    return Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('')
  }
}

class ConnectorFailure extends Error {}

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

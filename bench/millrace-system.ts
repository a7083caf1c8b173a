import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { GuardedProcess } from '../test/support/guarded-process.ts'
import { projectRoot } from '../test/support/source-files.ts'
import { openKafkaProbe } from './kafka-probe.ts'
import type { ConnectorConfig, Surroundings, System, TopicProbe } from './system.ts'

/** Millrace as `millrace run worker.yaml connector.yaml`, on the same Kafka or on embedded topics. */
export class MillraceSystem implements System {
  readonly name: string
  readonly version: string
  #around: Surroundings
  #embedded: boolean
  #folder: string
  #connectors = new Map<string, { file: string; stopped: boolean }>()
  #process: GuardedProcess | undefined

  constructor(
    around: Surroundings,
    options: { readonly embedded?: boolean; readonly version: string }
  ) {
    this.#around = around
    this.#embedded = options.embedded ?? false
    this.name = this.#embedded ? 'Millrace, embedded topics' : 'Millrace'
    this.version = options.version
    this.#folder = join(around.folder, this.#embedded ? 'millrace-embedded' : 'millrace')
    mkdirSync(this.#folder, { recursive: true })
    writeFileSync(join(this.#folder, 'worker.yaml'), this.#workerFile())
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  get log(): string {
    return this.#process?.output ?? ''
  }

  async start(): Promise<number> {
    const files = [...this.#connectors.values()].filter((each) => !each.stopped)
    const main = join(projectRoot, 'runtime/cli/main.ts')
    const began = performance.now()
    this.#process = new GuardedProcess({
      command: process.execPath,
      args: [main, 'run', join(this.#folder, 'worker.yaml'), ...files.map((each) => each.file)],
      spawn: { cwd: projectRoot },
      readyWhen: /"msg":"ready"/
    })
    await this.#process.ready
    const ready = performance.now() - began
    const failed = /"msg":"Task .* failed/.test(this.log)
    if (failed) throw new Error('a task failed at its start')
    return ready
  }

  async createConnector(name: string, config: ConnectorConfig): Promise<void> {
    const file = join(this.#folder, `${name}.yaml`)
    writeFileSync(file, stringify({ name, config }))
    this.#connectors.set(name, { file, stopped: false })
    await this.#restart()
  }

  async stopConnector(name: string): Promise<void> {
    this.#set(name, true)
    await this.#restart()
  }

  async resumeConnector(name: string): Promise<void> {
    this.#set(name, false)
    await this.#restart()
  }

  async deleteConnector(name: string): Promise<void> {
    const found = this.#connectors.get(name)
    if (found) rmSync(found.file)
    this.#connectors.delete(name)
    await this.#restart()
  }

  async openTopics(): Promise<TopicProbe> {
    if (!this.#embedded) return openKafkaProbe(this.#around.kafka.bootstrap)
    const { openEmbeddedProbe } = await import('./embedded-probe.ts')
    return openEmbeddedProbe(join(this.#folder, 'data'))
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGTERM')
    this.#process = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  #set(name: string, stopped: boolean): void {
    const found = this.#connectors.get(name)
    if (found) this.#connectors.set(name, { ...found, stopped })
  }

  #workerFile(): string {
    const place = this.#embedded
      ? { 'data.dir': join(this.#folder, 'data') }
      : { 'bootstrap.servers': this.#around.kafka.bootstrap }
    const json = 'org.apache.kafka.connect.json.JsonConverter'
    return stringify({ ...place, 'key.converter': json, 'value.converter': json })
  }
}

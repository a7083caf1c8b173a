import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { MAIN } from '../runtime/cli/millrace.ts'
import { type ConnectServer, startConnect } from '../support/connect.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { sharedKafka, uniqueName } from '../support/kafka.ts'
import { readTopic } from '../support/read-topic.ts'
import { until } from '../support/until.ts'

/** Long enough for a group that waits for a killed member, on a busy machine. */
const LIMIT_MS = 90_000
const STRING = 'org.apache.kafka.connect.storage.StringConverter'

type Json = Readonly<Record<string, unknown>>

/** Keys of a FileStreamSource or FileStreamSink, as text. */
export type Keys = Readonly<Record<string, string>>

/**
 * Internal topics on a real Kafka, a worker of Kafka Connect and a worker of Millrace with the same
 * properties file, which take turns, and files that the connectors read and write.
 */
export class Takeover implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-takeover-'))
  readonly broker: Broker
  readonly connect: ConnectServer
  readonly #millrace: GuardedProcess[] = []
  #url: string

  readonly #group: string

  private constructor(broker: Broker, connect: ConnectServer, group: string) {
    this.#group = group
    this.broker = broker
    this.connect = connect
    this.#url = connect.url
  }

  /** Kafka Connect runs, and nothing else. */
  static async start(settings: Keys): Promise<Takeover> {
    const { bootstrap } = await sharedKafka()
    const group = uniqueName('takeover')
    const connect = await startConnect({ bootstrap, group, settings })
    const broker = await openKafkaBroker({ 'bootstrap.servers': bootstrap })
    return new Takeover(broker, connect, group)
  }

  /** What Kafka Connect was started with. */
  get properties(): string {
    return readFileSync(join(this.connect.folder, 'connect.properties'), 'utf8')
  }

  /** Starts a Millrace worker with the properties of Kafka Connect, and some of them replaced. */
  async startMillrace(changed: Keys = {}): Promise<void> {
    const file = join(this.folder, `connect-distributed-${this.#millrace.length}.properties`)
    const more = Object.entries(changed).map(([key, value]) => `${key}=${value}\n`)
    const kept = this.properties
      .split('\n')
      .filter((line) => changed[line.split('=')[0] ?? ''] === undefined)
    writeFileSync(file, `${kept.join('\n')}\n${more.join('')}`)
    const worker = new GuardedProcess({ command: process.execPath, args: [MAIN, 'worker', file] })
    const { url } = JSON.parse(await worker.line(/"msg":"ready"/))
    this.#millrace.push(worker)
    this.#url = String(url)
  }

  /** Ends the workers of Millrace in order. */
  async stopMillrace(): Promise<void> {
    this.#url = this.connect.url
    for (const worker of this.#millrace.splice(0)) {
      const { code } = await worker.stop('SIGTERM')
      assert.equal(code, 0, worker.output)
    }
  }

  /** The lines of Millrace's logs. */
  get log(): string {
    return this.#millrace.map(({ output }) => output).join('\n')
  }

  async ask<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.#url + path, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
    })
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text || '{}')
  }

  /** Creates a source of a file of its name into a topic of its name. */
  async source(name: string, more: Keys = {}, state = 'RUNNING'): Promise<void> {
    if (!existsSync(this.path(name))) writeFileSync(this.path(name), '')
    const config = {
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
      file: this.path(name),
      topic: this.topic(name),
      'key.converter': STRING,
      'value.converter': STRING,
      'topic.creation.default.partitions': '1',
      'topic.creation.default.replication.factor': '1',
      ...more
    }
    await this.ask('POST', '/connectors', { name: this.name(name), config, initial_state: state })
  }

  /** Creates a sink of a source's topic into a file of its name. */
  async sink(name: string, of: string, more: Keys = {}): Promise<void> {
    const config = {
      'connector.class': 'FileStreamSink',
      file: this.path(name),
      topics: this.topic(of),
      'key.converter': STRING,
      'value.converter': STRING,
      ...more
    }
    await this.ask('POST', '/connectors', { name: this.name(name), config })
  }

  name(name: string): string {
    return `${this.#group}-${name}`
  }

  topic(name: string): string {
    return `${this.#group}-topic-${name}`
  }

  path(name: string): string {
    return join(this.folder, `${name}.txt`)
  }

  /** Appends the lines `<name> <from>` up to before `<name> <to>` to the file of a source. */
  write(name: string, from: number, to: number): void {
    appendFileSync(
      this.path(name),
      lines(name, from, to)
        .map((line) => `${line}\n`)
        .join('')
    )
  }

  /** The values in the topic of a source. */
  async read(name: string): Promise<string[]> {
    return (await readTopic(this.broker, this.topic(name))).map(({ value }) => String(value))
  }

  /** The lines in the file of a sink. */
  written(name: string): string[] {
    const path = this.path(name)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
  }

  /** Waits until the topic of a source has these many lines, and checks that each is there once. */
  async copied(name: string, count: number): Promise<void> {
    await this.until(
      `${count} lines in ${name}`,
      async () => (await this.read(name)).length >= count
    )
    assert.deepEqual(await this.read(name), lines(name, 0, count))
  }

  /** Waits until the sink has these many lines, and checks that each is there once. */
  async sunk(count: number): Promise<void> {
    await this.until(`${count} lines in the sink`, () => this.written('sink').length >= count)
    assert.deepEqual(this.written('sink'), lines('running', 0, count))
  }

  /** State of the connector, then those of its tasks. */
  async states(name: string): Promise<string> {
    const path = `/connectors/${this.name(name)}/status`
    const status = await this.ask<Status>('GET', path).catch(() => null)
    if (status === null) return 'none'
    return [status.connector, ...status.tasks].map(({ state }) => state).join(' ')
  }

  async reaches(name: string, states: string): Promise<void> {
    let seen = ''
    const reached = async () => {
      seen = await this.states(name)
      return seen === states
    }
    await this.until(`${name} is ${states}`, reached).catch((error: unknown) => {
      throw new Error(`${name} is ${seen}`, { cause: error })
    })
  }

  /** What can be known of all connectors, to be compared. */
  async everything(): Promise<Readonly<Record<string, Known>>> {
    const names = (await this.ask<string[]>('GET', '/connectors')).toSorted()
    const found: Record<string, Known> = {}
    for (const name of names) {
      const { config } = await this.ask('GET', `/connectors/${name}`)
      const { offsets } = await this.ask<Known>('GET', `/connectors/${name}/offsets`)
      found[name] = { config, offsets }
    }
    return found
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await until(condition, { limitMs: LIMIT_MS, what })
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log}\n${this.connect.log}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#millrace) await worker.stop('SIGKILL')
    await this.connect.kill()
    await this.connect.stop()
    await this.broker.close()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

interface Known {
  readonly config: unknown
  readonly offsets: readonly unknown[]
}

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string }[]
}

export function lines(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${name} ${from + index}`)
}

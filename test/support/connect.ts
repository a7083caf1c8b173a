import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingReason } from './engines.ts'
import { freePort, GuardedProcess } from './guarded-process.ts'
import { javaArgs, QUICK_JVM } from './kafka.ts'
import { until } from './until.ts'

export interface ConnectOptions {
  /** `bootstrap.servers` of the Kafka that it keeps everything in. */
  readonly bootstrap: string
  /** `group.id`, and the beginning of the names of its internal topics. */
  readonly group: string
  /** `plugin.path`. The file connectors and Kafka's transforms and converters are there without it. */
  readonly plugins?: string
  /** Added to the worker's properties, last word. */
  readonly settings?: Readonly<Record<string, string>>
  /** Arguments of the Java machine; default a small heap and a quick start. */
  readonly jvm?: readonly string[]
}

const READY_LIMIT_MS = 180_000

/**
 * Starts a worker of a real Kafka Connect 4.3, distributed, as its documentation sets it up: source
 * transactions on, everything else at its default. Resolves when it has joined its group.
 *
 * @throws Error when Java or the jars are missing (see `requireEngine('kafka-server')`), or with its log
 */
export async function startConnect(options: ConnectOptions): Promise<ConnectServer> {
  const missing = missingReason('kafka-server')
  if (missing) throw new Error(missing)
  const server = new ConnectServer(options, await freePort())
  await server.start()
  return server
}

/** A worker of Kafka Connect. */
export class ConnectServer implements AsyncDisposable {
  /** Base URL of its REST API, without a slash at the end. */
  readonly url: string
  /** A folder of its own for what a test wants to keep beside it, removed by `stop`. */
  readonly folder: string
  readonly #options: ConnectOptions
  #process: GuardedProcess | undefined

  constructor(options: ConnectOptions, port: number) {
    this.#options = options
    this.url = `http://127.0.0.1:${port}`
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-connect-'))
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  /** The last lines of the worker's log. */
  get log(): string {
    return this.#process?.output ?? ''
  }

  /** Starts the worker, again after `kill` or `pause`: same port, same group. */
  async start(): Promise<void> {
    const file = join(this.folder, 'connect.properties')
    const lines = Object.entries(this.#properties()).map(([key, value]) => `${key}=${value}\n`)
    writeFileSync(file, lines.join(''))
    const { jvm = QUICK_JVM } = this.#options
    const started = new GuardedProcess({
      command: 'java',
      args: javaArgs(jvm, 'org.apache.kafka.connect.cli.ConnectDistributed', [file]),
      folder: this.folder
    })
    this.#process = started
    let ended = false
    void started.exited.then(() => {
      ended = true
    })
    // The API answers `/` before the worker has joined; a list of connectors needs a joined worker.
    const answers = async () => {
      if (ended) throw new Error(`Kafka Connect ended while it started:\n${this.log}`)
      return fetch(`${this.url}/connectors`).then(
        (response) => response.ok,
        () => false
      )
    }
    await until(answers, { limitMs: READY_LIMIT_MS, what: 'Kafka Connect answers' })
  }

  /** SIGKILL: it leaves its group without a word. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM: its tasks end in order. It can be started again. */
  async pause(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** As `pause`, for good. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.stop(signal)
    this.#process = undefined
  }

  #properties(): Record<string, string> {
    const { bootstrap, group, plugins, settings } = this.#options
    const json = 'org.apache.kafka.connect.json.JsonConverter'
    return {
      'bootstrap.servers': bootstrap,
      'group.id': group,
      'config.storage.topic': `${group}-configs`,
      'config.storage.replication.factor': '1',
      'offset.storage.topic': `${group}-offsets`,
      'offset.storage.replication.factor': '1',
      'status.storage.topic': `${group}-status`,
      'status.storage.replication.factor': '1',
      'key.converter': json,
      'value.converter': json,
      'exactly.once.source.support': 'enabled',
      listeners: this.url,
      ...(plugins === undefined ? {} : { 'plugin.path': plugins }),
      ...settings
    }
  }
}

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { engineFile, kafkaJars, missingReason } from './engines.ts'
import { freePort, GuardedProcess } from './guarded-process.ts'
import { createKafkaTls, type KafkaTls } from './kafka-tls.ts'

export interface KafkaOptions {
  /** Adds SASL listeners with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512, all for the same user. */
  readonly sasl?: boolean
  /** Adds TLS listeners; a client certificate is accepted and not asked for. */
  readonly tls?: boolean
  /** Added to server.properties, last word. */
  readonly settings?: Readonly<Record<string, string>>
  /** Arguments of the Java machine; default a small heap and a quick start. */
  readonly jvm?: readonly string[]
  /** Where the data is kept. Default: a temporary folder, removed by `stop`. */
  readonly dataDir?: string
}

/** Where clients connect. */
export interface KafkaAddress {
  /** host:port without TLS and SASL, the value of `bootstrap.servers`. */
  readonly bootstrap: string
}

export type KafkaListener = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

const USER = 'millrace'
const PASSWORD = 'millrace-secret'
/** A small heap and a quick start, for servers that live as long as a test. */
export const QUICK_JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']

/**
 * Starts one real Kafka 4.3 node in KRaft mode on free ports of 127.0.0.1.
 *
 * @throws Error when Java or the jars are missing (see `requireEngine`), or with the broker's log.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const missing = missingReason('kafka-server')
  if (missing) throw new Error(missing)
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  const listeners: KafkaListener[] = ['PLAINTEXT']
  if (options.tls) listeners.push('SSL')
  if (options.sasl) listeners.push('SASL_PLAINTEXT')
  if (options.tls && options.sasl) listeners.push('SASL_SSL')
  const ports = new Map<string, number>()
  for (const name of [...listeners, 'CONTROLLER']) ports.set(name, await freePort())
  const tls = options.tls ? createKafkaTls(folder) : undefined
  const server = new KafkaServer(folder, ports, options, tls)
  await server.start()
  return server
}

let shared: Promise<KafkaAddress> | undefined

/**
 * A broker without TLS and SASL that other suites use too: topics and groups need names of their
 * own (see `uniqueName`). It is the one in MILLRACE_KAFKA, which `npm test` sets, or else one for this process.
 */
export function sharedKafka(): Promise<KafkaAddress> {
  const external = process.env['MILLRACE_KAFKA']
  shared ??= external ? Promise.resolve({ bootstrap: external }) : startKafka()
  return shared
}

let names = 0

/** A topic or group name that no other test has. */
export function uniqueName(stem: string): string {
  return `${stem}-${process.pid}-${Date.now().toString(36)}-${++names}`
}

export class KafkaServer implements AsyncDisposable, KafkaAddress {
  readonly user = USER
  readonly password = PASSWORD
  readonly folder: string
  /** Set when started with `tls`. */
  readonly tls: KafkaTls | undefined
  #ports: ReadonlyMap<string, number>
  #options: KafkaOptions
  #process: GuardedProcess | undefined

  constructor(
    folder: string,
    ports: ReadonlyMap<string, number>,
    options: KafkaOptions,
    tls: KafkaTls | undefined
  ) {
    this.folder = folder
    this.#ports = ports
    this.#options = options
    this.tls = tls
  }

  get bootstrap(): string {
    return this.address('PLAINTEXT')
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  /** The last lines of the broker's log. */
  get log(): string {
    return this.#process?.output ?? ''
  }

  /** host:port of a listener; the host is a name that the certificate has. */
  address(listener: KafkaListener): string {
    const port = this.#ports.get(listener)
    if (!port) throw new Error(`the broker was started without a listener ${listener}`)
    return `127.0.0.1:${port}`
  }

  /** Runs a class of Kafka's tools, such as `org.apache.kafka.tools.TopicCommand`; its output. */
  async tool(className: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('java', javaArgs(['-Xmx256m'], className, args))
    return stdout
  }

  /** Starts the broker again after `kill`, on the same ports and data. */
  async start(): Promise<void> {
    const file = join(this.folder, 'server.properties')
    if (!existsSync(file)) this.#format(file)
    this.#process = new GuardedProcess({
      command: 'java',
      args: javaArgs(this.#options.jvm ?? QUICK_JVM, 'kafka.Kafka', [file]),
      readyWhen: /Kafka Server started/,
      ...(this.#options.dataDir ? {} : { folder: this.folder })
    })
    await this.#process.ready
  }

  /** SIGKILL: nothing is flushed or handed over. */
  async kill(): Promise<void> {
    await this.#process?.stop('SIGKILL')
    this.#process = undefined
  }

  /** SIGSTOP: the broker hangs, its connections stay open. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  async restart(): Promise<void> {
    await this.#process?.stop('SIGTERM')
    await this.start()
  }

  async stop(): Promise<void> {
    // An orderly shutdown takes seconds and nobody reads this data again.
    await this.kill()
    if (!this.#options.dataDir) {
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #format(file: string): void {
    const settings = {
      ...serverSettings(this.folder, this.#ports, this.tls),
      ...this.#options.settings
    }
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
    writeFileSync(file, lines.join(''))
    const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${USER},password=${PASSWORD}]`
    ])
    const args = ['format', '-t', 'bWlsbHJhY2UtdGVzdHMtMA', '-c', file]
    execFileSync(
      'java',
      javaArgs(QUICK_JVM, 'kafka.tools.StorageTool', [
        ...args,
        ...(this.#options.sasl ? scram : [])
      ]),
      { stdio: 'pipe' }
    )
  }
}

/** The arguments to run a class of Kafka or Kafka Connect. */
export function javaArgs(
  jvm: readonly string[],
  className: string,
  args: readonly string[]
): string[] {
  const log = `-Dlog4j2.configurationFile=${engineFile('log4j2.properties')}`
  return [...jvm, log, '-cp', join(kafkaJars(), '*'), className, ...args]
}

function serverSettings(
  folder: string,
  ports: ReadonlyMap<string, number>,
  tls: KafkaTls | undefined
): Record<string, string> {
  const all = [...ports].map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const names = [...ports.keys()]
  const protocols = names.map((name) => `${name}:${name === 'CONTROLLER' ? 'PLAINTEXT' : name}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.get('CONTROLLER')}`,
    listeners: all.join(','),
    'advertised.listeners': all.filter((each) => !each.startsWith('CONTROLLER')).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': protocols.join(','),
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'num.partitions': '1',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'log.cleaner.backoff.ms': '500',
    // Tests write records with times of long ago; a topic that wants retention says so itself.
    'log.retention.ms': '-1',
    'log.retention.check.interval.ms': '1000',
    'log.segment.delete.delay.ms': '100',
    ...(names.some((name) => name.startsWith('SASL')) ? saslSettings(names) : {}),
    ...(tls ? tlsSettings(tls) : {})
  }
}

function saslSettings(names: readonly string[]): Record<string, string> {
  const login = (module: string) => `org.apache.kafka.common.security.${module}LoginModule required`
  const settings: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512'
  }
  for (const name of names.filter((each) => each.startsWith('SASL'))) {
    const prefix = `listener.name.${name.toLowerCase()}`
    settings[`${prefix}.plain.sasl.jaas.config`] =
      `${login('plain.Plain')} user_${USER}="${PASSWORD}";`
    for (const mechanism of ['scram-sha-256', 'scram-sha-512']) {
      settings[`${prefix}.${mechanism}.sasl.jaas.config`] = `${login('scram.Scram')};`
    }
  }
  return settings
}

function tlsSettings(tls: KafkaTls): Record<string, string> {
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': tls.keystore,
    'ssl.keystore.password': tls.password,
    'ssl.key.password': tls.password,
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': tls.truststore,
    'ssl.truststore.password': tls.password,
    'ssl.client.auth': 'requested'
  }
}

import type { ConnectionOptions } from 'node:tls'
import type { Mechanism, SASLOptions } from 'kafkajs'
import { invalidConfig, type KafkaConfig } from './kafka-config.ts'
import { readSasl } from './sasl-config.ts'
import { readTls } from './tls-config.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

export type CompressionType = 'none' | 'gzip' | 'zstd'

/** What the client keys mean to this client. Times are in milliseconds, sizes in bytes. */
export interface ClientSettings {
  readonly servers: readonly ServerAddress[]
  /** The servers as text, for messages. */
  readonly serverNames: string
  readonly clientId: string
  readonly ssl: ConnectionOptions | null
  readonly sasl: SASLOptions | Mechanism | null
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How long a write or a request is tried again before its error is thrown. */
  readonly deliveryTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly retryBackoffMs: number
  readonly compression: CompressionType
  /** Level of the compression, or null for Kafka's default. */
  readonly compressionLevel: number | null
  readonly maxRequestBytes: number
  readonly bufferBytes: number
  readonly maxInFlight: number
  readonly partitionFetchBytes: number
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const

/** Read by this client, besides all that start with `sasl.` and `ssl.`. */
const USED_KEYS: ReadonlySet<string> = new Set([
  'bootstrap.servers',
  'client.id',
  'security.protocol',
  'socket.connection.setup.timeout.ms',
  'request.timeout.ms',
  'delivery.timeout.ms',
  'transaction.timeout.ms',
  'retry.backoff.ms',
  'compression.type',
  'compression.gzip.level',
  'compression.zstd.level',
  'max.request.size',
  'buffer.memory',
  'max.in.flight.requests.per.connection',
  'max.partition.fetch.bytes',
  'acks',
  'isolation.level'
])

/** Reads the client keys. @throws {ConnectError} INVALID_KAFKA_CONFIG or INVALID_TLS_CONFIG, naming the key and the remedy */
export async function readClientConfig(config: KafkaConfig): Promise<ClientSettings> {
  const servers = readServers(config['bootstrap.servers'] ?? '')
  const protocol = oneOf(config, 'security.protocol', PROTOCOLS) ?? 'PLAINTEXT'
  refuseWeakerGuarantees(config)
  const compression = readCompression(config)
  return {
    servers,
    serverNames: servers.map(({ host, port }) => `${host}:${port}`).join(', '),
    clientId: config['client.id'] || 'millrace',
    ssl: protocol.endsWith('SSL') ? await readTls(config) : null,
    sasl: protocol.startsWith('SASL') ? readSasl(config) : null,
    connectionTimeoutMs: wholeNumber(config, 'socket.connection.setup.timeout.ms', 10_000),
    requestTimeoutMs: wholeNumber(config, 'request.timeout.ms', 30_000),
    deliveryTimeoutMs: wholeNumber(config, 'delivery.timeout.ms', 30_000),
    transactionTimeoutMs: wholeNumber(config, 'transaction.timeout.ms', 60_000),
    retryBackoffMs: wholeNumber(config, 'retry.backoff.ms', 100),
    ...compression,
    maxRequestBytes: wholeNumber(config, 'max.request.size', 1_048_576),
    bufferBytes: wholeNumber(config, 'buffer.memory', 33_554_432),
    maxInFlight: Math.min(5, wholeNumber(config, 'max.in.flight.requests.per.connection', 5)),
    partitionFetchBytes: wholeNumber(config, 'max.partition.fetch.bytes', 1_048_576)
  }
}

/** The keys that have no effect here, for a warning. */
export function unusedKeys(config: KafkaConfig): string[] {
  return Object.keys(config).filter((key) => !USED_KEYS.has(key) && !/^(sasl|ssl)\./.test(key))
}

function readServers(text: string): ServerAddress[] {
  const names = text.split(',').flatMap((name) => name.trim() || [])
  if (names.length === 0) {
    throw invalidConfig('bootstrap.servers is empty', 'set it to host:port of one broker or more')
  }
  return names.map((name) => {
    const match = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(name)
    const host = match?.[1] ?? match?.[2]
    const port = Number(match?.[3])
    if (host === undefined || port < 1 || port > 65_535) {
      throw invalidConfig(
        `bootstrap.servers has "${name}", which is not host:port`,
        'write it as broker-1:9092,broker-2:9092'
      )
    }
    return { host, port }
  })
}

function readCompression(
  config: KafkaConfig
): Pick<ClientSettings, 'compression' | 'compressionLevel'> {
  const compression = config['compression.type'] ?? 'none'
  if (compression !== 'none' && compression !== 'gzip' && compression !== 'zstd') {
    throw invalidConfig(
      `compression.type is ${compression}; only none, gzip and zstd can be written`,
      'use zstd, which packs tighter than snappy and lz4 at a similar speed'
    )
  }
  const level = wholeNumber(config, `compression.${compression}.level`, -1)
  return { compression, compressionLevel: level === -1 ? null : level }
}

function refuseWeakerGuarantees(config: KafkaConfig): void {
  const acks = config['acks']
  if (acks !== undefined && acks !== 'all' && acks !== '-1') {
    throw invalidConfig(
      `acks is ${acks}; records are only safe, and offsets only right, with acks=all`,
      'remove acks, or set it to all'
    )
  }
  const isolation = config['isolation.level']
  if (isolation !== undefined && isolation !== 'read_committed') {
    throw invalidConfig(
      `isolation.level is ${isolation}; only committed records are read`,
      'remove isolation.level, or set it to read_committed'
    )
  }
}

function oneOf<T extends string>(config: KafkaConfig, key: string, allowed: readonly T[]) {
  const value = config[key]
  if (value === undefined) return undefined
  const found = allowed.find((name) => name === value.trim().toUpperCase())
  if (found === undefined) {
    throw invalidConfig(`${key} is ${value}`, `use one of ${allowed.join(', ')}`)
  }
  return found
}

function wholeNumber(config: KafkaConfig, key: string, byDefault: number): number {
  const text = config[key]?.trim()
  if (text === undefined || text === '') return byDefault
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw invalidConfig(`${key} is ${text}, not a whole number`)
  return Math.min(value, 0x7fffffff)
}

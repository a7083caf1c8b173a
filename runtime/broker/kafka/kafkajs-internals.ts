import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { ISocketFactoryArgs, LogEntry, Mechanism, SASLOptions } from 'kafkajs'
import { calmTimers, type TimedRequestQueue } from './idle-timers.ts'

/*
 * kafkajs 2.2.4 is used for what is tedious to get right: connections, framing, TLS and SASL. The
 * requests on the hot paths are our own. The modules used for that are not part of its public API,
 * but the code base has been frozen since 2023 and the version is pinned; this is the only file that
 * knows them, with types for just what is used.
 */

/** An open request of a connection. The payload starts after the correlation id. */
export interface QueueEntry {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly correlationId: number
  resolve(response: { readonly payload: Buffer }): void
  reject(error: Error): void
}

export interface RequestQueue extends TimedRequestQueue {
  push(request: {
    readonly entry: QueueEntry
    readonly expectResponse: boolean
    readonly requestTimeout: number
    sendRequest(): void
  }): void
  maybeThrottle(milliseconds: number): void
}

export interface Connection {
  readonly socket: Socket | undefined
  readonly sasl: object | null
  readonly requestQueue: RequestQueue
  isConnected(): boolean
  isAuthenticated(): boolean
  authenticate(): Promise<void>
  nextCorrelationId(): number
}

export interface ConnectionPool {
  readonly pool: readonly Connection[]
  /** Connects first if need be; not to be called twice at once for one index. */
  getConnection(index: number): Promise<Connection>
}

export type ApiVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number } | undefined>
>

/** One node of the cluster with two connections: index 1 for fetches, index 0 for all else. */
export interface KafkaNode {
  readonly connectionPool: ConnectionPool
  readonly versions: ApiVersions | null
  isConnected(): boolean
  connect(): Promise<void>
  disconnect(): Promise<void>
}

export interface KafkajsLogger {
  namespace(name: string): KafkajsLogger
}

export interface NodeOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly ssl: ConnectionOptions | null
  readonly sasl: SASLOptions | Mechanism | null
  readonly connectionTimeout: number
  readonly requestTimeout: number
  readonly logger: KafkajsLogger
  readonly socketFactory: (args: ISocketFactoryArgs) => Socket
}

interface ProtocolError {
  readonly type: string
  readonly message: string
  readonly retriable: boolean
}

const load = createRequire(import.meta.url)

const ConnectionPoolClass: new (
  options: NodeOptions & { readonly reauthenticationThreshold: number }
) => ConnectionPool = load('kafkajs/src/network/connectionPool')
const NodeClass: new (options: {
  readonly connectionPool: ConnectionPool
  readonly logger: KafkajsLogger
  readonly allowAutoTopicCreation: boolean
}) => KafkaNode = load('kafkajs/src/broker')
const loggers: {
  createLogger(options: {
    readonly level: number
    logCreator(level: number): (entry: LogEntry) => void
  }): KafkajsLogger
} = load('kafkajs/src/loggers')
const protocolErrors: { createErrorFromCode(code: number): ProtocolError } = load(
  'kafkajs/src/protocol/error'
)
const requestQueueClass: { readonly prototype: TimedRequestQueue } = load(
  'kafkajs/src/network/requestQueue'
)

calmTimers(requestQueueClass.prototype)

/** A node that is not connected yet. */
export function createNode(options: NodeOptions): KafkaNode {
  const connectionPool = new ConnectionPoolClass({ ...options, reauthenticationThreshold: 10_000 })
  return new NodeClass({ connectionPool, logger: options.logger, allowAutoTopicCreation: false })
}

export function createKafkajsLogger(level: number, write: (entry: LogEntry) => void) {
  return loggers.createLogger({ level, logCreator: () => write })
}

/** Name, text and retriability of an error code, as in Kafka's protocol guide. */
export function protocolError(code: number): ProtocolError {
  return protocolErrors.createErrorFromCode(code)
}

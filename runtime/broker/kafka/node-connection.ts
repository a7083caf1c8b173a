import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import { ConnectError } from '../../api/errors.ts'
import type { ClientObserver } from '../client-observer.ts'
import type { ClientSettings, ServerAddress } from './client-config.ts'
import { connectionError } from './kafka-error.ts'
import {
  type Connection,
  createNode,
  type KafkajsLogger,
  type KafkaNode
} from './kafkajs-internals.ts'
import { WireReader, WireWriter } from './wire.ts'

/** What every answer has: the time the broker asks the client to keep quiet, in milliseconds. */
export interface Answer {
  readonly throttleMs: number
}

/** One request of Kafka's protocol in one version of it. */
export interface WireRequest<T extends Answer> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  /** Versions with tagged fields have a tag section in both headers. */
  readonly flexible?: boolean
  /** How long the broker may take on purpose, on top of the request timeout. */
  readonly waitMs?: number
  /** Called right before it is sent, once there is a connection; a throw keeps it from being sent. */
  guard?(): void
  write(writer: WireWriter): void
  read(reader: WireReader): T
}

export interface NodeContext {
  readonly settings: ClientSettings
  readonly clientId: string
  readonly logger: KafkajsLogger
  readonly observer: ClientObserver | undefined
}

const FETCH = 1
/** The length that stands before every message. */
const LENGTH_BYTES = 4
/** What kafkajs has taken off a response: its length and the number of its request. */
const RESPONSE_HEAD_BYTES = 8
const KEEP_ALIVE_MS = 60_000

/**
 * The connections to one broker. They are made on the first request, and made anew after a failure:
 * a kafkajs connection that broke keeps the part of an answer it had, so it is never used again.
 */
export class NodeConnection {
  readonly address: ServerAddress
  readonly #context: NodeContext
  readonly #sockets = new Set<Socket>()
  #node: KafkaNode | null = null
  #ready: (Connection | undefined)[] = []
  #opening: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(address: ServerAddress, context: NodeContext) {
    this.address = address
    this.#context = context
  }

  get isConnected(): boolean {
    return this.#ready.some((connection) => connection?.isConnected())
  }

  async ask<T extends Answer>(request: WireRequest<T>): Promise<T> {
    const { answer } = await this.submit(request)
    return answer
  }

  /**
   * Resolves when the request is on its way, after those submitted before it.
   *
   * @throws {ConnectError} KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION, KAFKA_TLS, also in the answer
   */
  async submit<T extends Answer>(request: WireRequest<T>): Promise<{ answer: Promise<T> }> {
    const index = request.apiKey === FETCH ? 1 : 0
    const connection = this.#usable(index) ?? (await this.#open(index))
    this.#checkVersion(request)
    request.guard?.()
    const answer = this.#send(connection, request)
    answer.catch(() => {})
    return { answer }
  }

  /** Ends the connections at once; requests that are open fail. */
  close(): void {
    this.#closed = true
    this.reset()
  }

  /** Ends the connections at once; the next request makes new ones. */
  reset(): void {
    this.#node = null
    this.#ready = []
    const gone = new Error('The connection was given up')
    for (const socket of this.#sockets) socket.destroy(gone)
    this.#sockets.clear()
  }

  #usable(index: number): Connection | undefined {
    const connection = this.#ready[index]
    if (connection === undefined || !connection.isConnected()) return undefined
    return connection.sasl && !connection.isAuthenticated() ? undefined : connection
  }

  #open(index: number): Promise<Connection> {
    const opened = this.#opening.then(() => this.#usable(index) ?? this.#connect(index))
    this.#opening = opened.catch(() => {})
    return opened
  }

  async #connect(index: number): Promise<Connection> {
    try {
      if (this.#closed) throw new Error('The client is closed')
      if (this.#ready[index] && !this.#ready[index].isConnected()) this.reset()
      this.#node ??= this.#create()
      const node = this.#node
      await node.connect()
      const connection = await node.connectionPool.getConnection(index)
      if (connection.sasl && !connection.isAuthenticated()) await connection.authenticate()
      if (connection.sasl) this.#context.observer?.authenticated(true)
      if (this.#node === node) this.#ready[index] = connection
      return connection
    } catch (cause) {
      this.reset()
      const error = connectionError(cause, this.#name)
      if (error.code === 'KAFKA_AUTHENTICATION') this.#context.observer?.authenticated(false)
      throw error
    }
  }

  #create(): KafkaNode {
    const { settings, clientId, logger, observer } = this.#context
    return createNode({
      ...this.address,
      clientId,
      logger,
      ssl: settings.ssl,
      sasl: settings.sasl && { ...settings.sasl },
      connectionTimeout: settings.connectionTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      socketFactory: ({ host, port, ssl, onConnect }) => {
        if (this.#closed) throw new Error('The client is closed')
        const socket = openSocket({ host, port, ssl }, () => {
          observer?.connected()
          socket.once('close', () => observer?.closed())
          onConnect()
        })
        this.#sockets.add(socket)
        return socket.once('close', () => this.#sockets.delete(socket))
      }
    })
  }

  #send<T extends Answer>(connection: Connection, request: WireRequest<T>): Promise<T> {
    const { apiKey, apiName, apiVersion, waitMs = 0 } = request
    const { observer } = this.#context
    const correlationId = connection.nextCorrelationId()
    let sentAt = 0
    const payload = new Promise<Buffer>((resolve, reject) => {
      const { parts, size } = encode(request, correlationId, this.#context.clientId)
      connection.requestQueue.push({
        entry: {
          apiKey,
          apiName,
          apiVersion,
          correlationId,
          resolve: (response) => resolve(response.payload),
          reject
        },
        expectResponse: true,
        requestTimeout: this.#context.settings.requestTimeoutMs + waitMs,
        sendRequest: () => {
          sentAt = performance.now()
          writeAll(connection.socket, parts)
          observer?.sent(this.#name, size)
        }
      })
    })
    return payload.then(
      (bytes) => {
        const size = RESPONSE_HEAD_BYTES + bytes.length
        observer?.received(this.#name, size, performance.now() - sentAt)
        const reader = new WireReader(bytes)
        if (request.flexible) reader.skipTags()
        const answer = request.read(reader)
        connection.requestQueue.maybeThrottle(answer.throttleMs)
        return answer
      },
      (cause) => {
        if (this.#ready.includes(connection)) this.reset()
        throw connectionError(cause, this.#name)
      }
    )
  }

  #checkVersion({ apiKey, apiVersion, apiName }: WireRequest<Answer>): void {
    const versions = this.#node?.versions
    if (!versions) return
    const range = versions[apiKey]
    if (range && range.minVersion <= apiVersion && apiVersion <= range.maxVersion) return
    const supported = range ? `${range.minVersion} to ${range.maxVersion}` : 'none'
    throw new ConnectError(
      'KAFKA_VERSION',
      `Kafka at ${this.#name} does not support ${apiName} version ${apiVersion} (${supported})`,
      { hint: 'use Apache Kafka 2.5 or later, or a service compatible with it' }
    )
  }

  get #name(): string {
    return `${this.address.host}:${this.address.port}`
  }
}

function encode<T extends Answer>(
  request: WireRequest<T>,
  correlationId: number,
  clientId: string
) {
  const writer = new WireWriter()
  writer.int16(request.apiKey).int16(request.apiVersion).int32(correlationId).string(clientId)
  if (request.flexible) writer.uvarint(0)
  request.write(writer)
  const { chunks, size } = writer.finish()
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  length.writeInt32BE(size)
  return { parts: [length, ...chunks], size: LENGTH_BYTES + size }
}

function writeAll(socket: Socket | undefined, parts: readonly Buffer[]): void {
  socket?.cork()
  for (const part of parts) socket?.write(part)
  socket?.uncork()
}

/** As kafkajs's own, but without Nagle's delay, which adds up to 40 ms to small requests. */
function openSocket(
  { host, port, ssl }: ServerAddress & { ssl: ConnectionOptions | null },
  onConnect: () => void
): Socket {
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket = ssl
    ? tlsConnect({ host, port, ...servername, ...ssl }, onConnect)
    : tcpConnect({ host, port }, onConnect)
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
}

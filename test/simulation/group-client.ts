import type {
  GroupCoordinator,
  GroupOptions,
  JoinAnswer,
  Membership
} from '../../runtime/broker/group-coordinator.ts'
import type { GroupServer } from './group-server.ts'
import type { Connection } from './network.ts'

/** Membership over the network, as `KafkaCoordinator` has it. */
export class GroupClient implements GroupCoordinator {
  readonly #server: GroupServer
  readonly #connection: Connection
  readonly #options: GroupOptions
  #ids = 0

  constructor(server: GroupServer, connection: Connection, options: GroupOptions) {
    this.#server = server
    this.#connection = connection
    this.#options = options
  }

  async join(memberId: string, metadata: Uint8Array, signal?: AbortSignal): Promise<JoinAnswer> {
    const { protocol, sessionTimeoutMs, rebalanceTimeoutMs, clientId } = this.#options
    const isNew = memberId === ''
    const id = isNew ? `${clientId}-${++this.#ids}` : memberId
    const request = {
      memberId: id,
      isNew,
      protocol,
      metadata: Buffer.from(metadata).toString('base64'),
      sessionTimeoutMs,
      rebalanceTimeoutMs
    }
    try {
      const answer = await this.#ask('join', () => this.#server.join(request), signal)
      const members = answer.members.map((member) => ({
        id: member.id,
        metadata: Buffer.from(member.metadata, 'base64')
      }))
      return { ...answer, members }
    } catch (error) {
      if (isNew) await this.leave(id).catch(() => {})
      throw error
    }
  }

  async sync(
    member: Membership,
    assignments: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal
  ): Promise<Uint8Array> {
    const encoded = [...assignments].map(([id, bytes]) => {
      return [id, Buffer.from(bytes).toString('base64')] as const
    })
    const { memberId, generation } = member
    const request = { memberId, generation, assignments: Object.fromEntries(encoded) }
    const answer = await this.#ask('sync', () => this.#server.sync(request), signal)
    return Buffer.from(answer, 'base64')
  }

  heartbeat(member: Membership): Promise<void> {
    return this.#ask('heartbeat', () => this.#server.heartbeat(member))
  }

  leave(memberId: string): Promise<void> {
    return this.#ask(`leave ${memberId}`, () => this.#server.leave(memberId))
  }

  async close(): Promise<void> {}

  #ask<T>(what: string, serve: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const asked = this.#connection.call(what, serve)
    if (signal === undefined) return asked
    return new Promise((resolve, reject) => {
      const aborted = () => reject(signal.reason)
      signal.addEventListener('abort', aborted, { once: true })
      asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
    })
  }
}

import type { ConnectError } from '../../api/errors.ts'
import type {
  GroupCoordinator,
  GroupOptions,
  JoinAnswer,
  Membership
} from '../group-coordinator.ts'
import { groupRefused } from '../group-refusal.ts'
import type { Refused } from '../group-state.ts'
import { Coordinators } from './coordinators.ts'
import {
  heartbeatRequest,
  joinGroupRequest,
  leaveGroupRequest,
  syncGroupRequest
} from './group-requests.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE } from './kafka-error.ts'
import type { WireRequest } from './node-connection.ts'
import type { CodeAnswer } from './transaction-requests.ts'

/** The name of the one protocol that members offer. What they send has a version of its own. */
const PROTOCOL_NAME = 'v1'
/** What a broker may take longer than the rebalance timeout to answer. */
const SLACK_MS = 5000
/** A heartbeat that is not answered in time leaves room for another before the session ends. */
const HEARTBEATS_PER_SESSION = 3
const LONGEST_HEARTBEAT_MS = 5000

const REFUSALS: ReadonlyMap<number, Refused['refusal']> = new Map([
  [CODE.illegalGeneration, 'ILLEGAL_GENERATION'],
  [CODE.inconsistentGroupProtocol, 'INCONSISTENT_GROUP_PROTOCOL'],
  [CODE.unknownMember, 'UNKNOWN_MEMBER'],
  [CODE.rebalanceInProgress, 'REBALANCE_IN_PROGRESS']
])

/** A client and what it knows of coordinators. */
interface Line {
  readonly client: KafkaClient
  readonly coordinators: Coordinators
}

/** @param longestRequestMs lowers the timeouts of the broker's settings */
export type OpenClient = (clientId: string, longestRequestMs?: number) => KafkaClient

/**
 * Membership of a classic group of Kafka. Heartbeats have a connection of their own: a broker answers
 * the requests of one in order, and a join waits for all members.
 */
export class KafkaCoordinator implements GroupCoordinator {
  readonly #options: GroupOptions
  readonly #open: OpenClient
  readonly #heartbeatMs: number
  readonly #quick: Line
  #waiting: Line | null = null
  #closed = false

  constructor(options: GroupOptions, open: OpenClient) {
    this.#options = options
    this.#open = open
    this.#heartbeatMs = Math.min(
      options.sessionTimeoutMs / HEARTBEATS_PER_SESSION,
      LONGEST_HEARTBEAT_MS
    )
    this.#quick = lineOf(open(options.clientId, this.#heartbeatMs))
  }

  async join(memberId: string, metadata: Uint8Array, signal?: AbortSignal): Promise<JoinAnswer> {
    let id = memberId
    try {
      for (;;) {
        const answer = await this.#wait(this.#joinRequest(id, metadata), 'join', signal)
        if (answer.code === CODE.memberIdRequired) {
          id = answer.memberId
          continue
        }
        if (answer.code === CODE.unknownMember && memberId === '' && id !== '') {
          // The coordinator moved or restarted, and the id that it gave a moment ago is lost.
          id = ''
          continue
        }
        this.#check(answer.code, 'join')
        const { generation, leaderId, members } = answer
        return { generation, memberId: answer.memberId, leaderId, members }
      }
    } catch (error) {
      // Nobody but this call knows the id, and the others would wait for its session to end.
      if (memberId === '' && id !== '') await this.leave(id).catch(() => {})
      throw error
    }
  }

  async sync(
    member: Membership,
    assignments: ReadonlyMap<string, Uint8Array>,
    signal?: AbortSignal
  ): Promise<Uint8Array> {
    const waitMs = this.#options.rebalanceTimeoutMs + SLACK_MS
    const request = syncGroupRequest(this.#options.groupId, member, { assignments, waitMs })
    const { code, assignment } = await this.#wait(request, 'sync with', signal)
    this.#check(code, 'sync with')
    return assignment
  }

  async heartbeat(member: Membership): Promise<void> {
    const request = heartbeatRequest(this.#options.groupId, member)
    const { code } = await this.#ask(this.#quick, request, 'send a heartbeat to')
    this.#check(code, 'send a heartbeat to')
  }

  async leave(memberId: string): Promise<void> {
    const request = leaveGroupRequest(this.#options.groupId, memberId)
    const { code } = await this.#ask(this.#quick, request, 'leave')
    if (code !== CODE.unknownMember) this.#check(code, 'leave')
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#quick.client.close()
    this.#waiting?.client.close()
  }

  #joinRequest(memberId: string, metadata: Uint8Array) {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, protocol } = this.#options
    return joinGroupRequest({
      groupId,
      memberId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType: protocol,
      protocolName: PROTOCOL_NAME,
      metadata,
      slackMs: SLACK_MS
    })
  }

  /** Asks for what the other members have their part in; the signal ends the connection. */
  async #wait<T extends CodeAnswer>(
    request: WireRequest<T>,
    verb: string,
    signal?: AbortSignal
  ): Promise<T> {
    signal?.throwIfAborted()
    const line = this.#waitingLine()
    const abort = () => {
      line.client.close()
      if (this.#waiting === line) this.#waiting = null
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await this.#ask(line, request, verb)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #waitingLine(): Line {
    this.#waiting ??= lineOf(this.#open(this.#options.clientId))
    if (this.#closed) this.#waiting.client.close()
    return this.#waiting
  }

  #ask<T extends CodeAnswer>(line: Line, request: WireRequest<T>, verb: string): Promise<T> {
    const what = `${verb} group ${this.#options.groupId}`
    const call = { kind: 'group', key: this.#options.groupId, request, what } as const
    const codeOf = ({ code }: T) => code
    return line.coordinators.ask({ ...call, codeOf }, line.client.settings.requestTimeoutMs)
  }

  /** @throws {ConnectError} for every code but none */
  #check(code: number, verb: string): void {
    if (code === CODE.none) return
    throw this.#error(code, `${verb} group ${this.#options.groupId}`)
  }

  #error(code: number, what: string): ConnectError {
    const refusal = REFUSALS.get(code)
    if (refusal === undefined) return brokerError(code, what)
    return groupRefused(this.#options.groupId, refusal)
  }
}

function lineOf(client: KafkaClient): Line {
  return { client, coordinators: new Coordinators(client) }
}

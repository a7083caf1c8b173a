import { type CoordinatorKind, findCoordinatorRequest } from './cluster-requests.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE, isRefusedForNow } from './kafka-error.ts'
import type { Answer, WireRequest } from './node-connection.ts'

/** A request to a coordinator: what it is for, and where its answer has the error code. */
export interface CoordinatorCall<T extends Answer> {
  readonly kind: CoordinatorKind
  readonly key: string
  readonly request: WireRequest<T>
  /** As in "commit the transaction", for messages. */
  readonly what: string
  codeOf(answer: T): number
}

/** Markers of the last transaction are mostly written within this time. */
const CONCURRENT_RETRY_MS = 2

/** Finds the nodes that coordinate groups and transactions, and follows them when they move. */
export class Coordinators {
  readonly #client: KafkaClient
  readonly #nodes = new Map<string, number>()

  constructor(client: KafkaClient) {
    this.#client = client
  }

  /**
   * Asks a coordinator until it answers with something other than "not now" or "not me".
   *
   * @throws {RetriableError} when the time is up; the request may have been carried out
   */
  async ask<T extends Answer>(call: CoordinatorCall<T>, timeoutMs: number): Promise<T> {
    const end = performance.now() + timeoutMs
    return this.#client.retry({ timeoutMs }, async () => {
      for (;;) {
        const answer = await this.#askOnce(call)
        const code = call.codeOf(answer)
        if (code === CODE.none || !isRefusedForNow(code)) return answer
        const busy = code === CODE.concurrentTransactions
        if (!busy) this.#nodes.delete(nameOf(call))
        if (!busy || performance.now() >= end) throw brokerError(code, call.what)
        await this.#client.pause(CONCURRENT_RETRY_MS)
      }
    })
  }

  async #askOnce<T extends Answer>(call: CoordinatorCall<T>): Promise<T> {
    const node = this.#nodes.get(nameOf(call)) ?? (await this.#findCoordinator(call))
    try {
      return await this.#client.ask(node, call.request)
    } catch (error) {
      this.#nodes.delete(nameOf(call))
      throw error
    }
  }

  async #findCoordinator<T extends Answer>(call: CoordinatorCall<T>): Promise<number> {
    const answer = await this.#client.askAny(findCoordinatorRequest(call.kind, call.key))
    if (answer.code !== CODE.none) throw brokerError(answer.code, call.what, answer.detail)
    if (!this.#client.has(answer.node.id)) await this.#client.refresh([])
    this.#nodes.set(nameOf(call), answer.node.id)
    return answer.node.id
  }
}

function nameOf({ kind, key }: Pick<CoordinatorCall<Answer>, 'kind' | 'key'>): string {
  return `${kind} ${key}`
}

import { isRetriable } from '../../api/errors.ts'
import type { TopicPartition } from '../../api/record.ts'
import { Coordinators } from './coordinators.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE, fenced } from './kafka-error.ts'
import type { WireRequest } from './node-connection.ts'
import {
  addPartitionsRequest,
  type CodeAnswer,
  describeTransactionRequest,
  endTransactionRequest,
  type InitProducerIdAnswer,
  initProducerIdRequest,
  NO_IDENTITY,
  type ProducerIdentity,
  type TransactionDescription
} from './transaction-requests.ts'

/** States that no epoch gets into by the abort of an old transaction. */
const OWNED = /^(Empty|Ongoing|PrepareCommit|CompleteCommit)$/

/** The coordinator's side of the transactions of one transactional id. */
export class Transaction {
  readonly transactionalId: string
  readonly #client: KafkaClient
  readonly #coordinators: Coordinators
  readonly #partitions = new Set<string>()
  #identity = NO_IDENTITY
  /** The answer to the last request for an epoch was lost, so the newer epoch may be our own. */
  #unsure = false

  constructor(client: KafkaClient, transactionalId: string) {
    this.#client = client
    this.#coordinators = new Coordinators(client)
    this.transactionalId = transactionalId
  }

  get identity(): ProducerIdentity {
    return this.#identity
  }

  get isOpen(): boolean {
    return this.#partitions.size > 0
  }

  /**
   * Gets an epoch above all before: the first time fencing other producers of the id, later only
   * while no other has done so. The coordinator has then ended the open transaction: committed it if
   * its commit had been recorded, otherwise aborted it.
   *
   * One case is known where its markers are missing all the same. When the coordinator and the
   * leaders were down together right after a commit, Kafka 4.3 may come up, find no leader for the
   * partitions, take them for deleted and skip the markers. The records then stay hidden until the
   * next transaction of this producer id on the same partitions ends, which ends them with it.
   *
   * @throws {FencedError} when another producer took over
   */
  async start(timeoutMs = this.#client.settings.deliveryTimeoutMs): Promise<void> {
    if (this.#identity.producerId >= 0n && !this.#unsure) await this.#checkOwner(timeoutMs)
    const { transactionTimeoutMs } = this.#client.settings
    const request = initProducerIdRequest(this.transactionalId, {
      timeoutMs: transactionTimeoutMs,
      last: this.#identity
    })
    const what = `start a producer with the transactional id ${this.transactionalId}`
    this.#unsure = true
    const answer = await this.#ask<InitProducerIdAnswer>(request, what, timeoutMs)
    this.#unsure = false
    this.#identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
    this.#partitions.clear()
  }

  /** Lets the transaction write to these partitions as well. */
  async add(partitions: readonly TopicPartition[]): Promise<void> {
    const added = partitions.filter((partition) => !this.#partitions.has(keyOf(partition)))
    if (added.length === 0) return
    for (const partition of added) this.#partitions.add(keyOf(partition))
    const request = addPartitionsRequest(this.transactionalId, this.#identity, added)
    const topics = [...new Set(added.map(({ topic }) => topic))].join(', ')
    await this.#ask(request, `write to ${topics} in a transaction`)
  }

  /**
   * Commits. A lost answer is asked for again, which is safe: the coordinator answers the same as
   * long as no other transaction of this epoch has begun.
   */
  async commit(): Promise<void> {
    const request = endTransactionRequest(this.transactionalId, this.#identity, true)
    await this.#ask(request, `commit the transaction of ${this.transactionalId}`)
    this.#partitions.clear()
  }

  /**
   * While a transaction is open, the coordinator aborts it for anyone who asks for a new epoch, and
   * fences a stale one only when it asks again. So a stale producer looks first, to leave the new
   * owner alone. A newer epoch after an abort is left to the coordinator to judge: it raises the
   * epoch itself when it aborts a transaction for its age.
   */
  async #checkOwner(timeoutMs: number): Promise<void> {
    const what = `look at the transaction of ${this.transactionalId}`
    const request = describeTransactionRequest(this.transactionalId)
    let found: TransactionDescription
    try {
      found = await this.#ask(request, what, timeoutMs)
    } catch (error) {
      if (isRetriable(error)) throw error
      return
    }
    const { producerId, producerEpoch } = this.#identity
    const same = found.producerId === producerId && found.producerEpoch === producerEpoch
    if (!same && OWNED.test(found.state)) {
      throw fenced(`go on with the transactional id ${this.transactionalId}`)
    }
  }

  async #ask<T extends CodeAnswer>(
    request: WireRequest<T>,
    what: string,
    timeoutMs = this.#client.settings.deliveryTimeoutMs
  ): Promise<T> {
    const answer = await this.#coordinators.ask(
      {
        kind: 'transaction',
        key: this.transactionalId,
        request,
        what,
        codeOf: ({ code }: T) => code
      },
      timeoutMs
    )
    if (answer.code !== CODE.none) throw brokerError(answer.code, what)
    return answer
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}

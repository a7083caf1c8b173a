import { FencedError, RetriableError } from '../../api/errors.ts'
import type { LogRecord, Producer } from '../broker.ts'
import type { KafkaClient } from './kafka-client.ts'
import { brokerError, CODE } from './kafka-error.ts'
import { ProduceSender } from './produce-sender.ts'
import { Transaction } from './transaction.ts'
import { initProducerIdRequest, NO_IDENTITY } from './transaction-requests.ts'

/** How long an error is held back to bring its transaction to an end. */
const RECOVERY_MS = 5000

/** An idempotent producer: each append is durable when it resolves, tried again without doubles. */
export class IdempotentProducer implements Producer {
  readonly #client: KafkaClient
  readonly #sender: ProduceSender
  #identity = NO_IDENTITY

  /** @param guard see `ProducerOptions` */
  constructor(client: KafkaClient, guard: () => void = () => {}) {
    this.#client = client
    this.#sender = new ProduceSender({
      client,
      transactionalId: null,
      identity: () => this.#identity,
      prepare: async () => {},
      guard
    })
  }

  /** Gets an id from the broker. @throws {RetriableError} KAFKA_UNREACHABLE */
  async start(): Promise<void> {
    const { transactionTimeoutMs: timeoutMs, deliveryTimeoutMs } = this.#client.settings
    this.#identity = await this.#client.retry({ timeoutMs: deliveryTimeoutMs }, async () => {
      const answer = await this.#client.askAny(
        initProducerIdRequest(null, { timeoutMs, last: NO_IDENTITY })
      )
      if (answer.code === CODE.none) return answer
      throw brokerError(answer.code, 'start a producer')
    })
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    if (records.length === 0) return -1
    if (this.#identity.producerId < 0n) await this.start()
    try {
      const queue = await this.#sender.add({ topic, partition }, records)
      await this.#sender.flush()
      return queue.firstOffset
    } catch (error) {
      // Whether the broker has the failed batch is unknown, and so is its next sequence number.
      this.#sender.reset()
      this.#identity = NO_IDENTITY
      throw error
    }
  }

  async commit(): Promise<void> {}

  async abort(): Promise<void> {}

  async close(): Promise<void> {
    this.#sender.reset()
    this.#client.close()
  }
}

/**
 * A transactional producer. Appends are sent while the caller goes on; `commit` waits for all of them
 * and then for the coordinator.
 *
 * After any error the transaction is over, or as good as: the caller must not take records for lost
 * or written, but call `abort` until it resolves and then go on from its last committed position.
 * `abort` returns only when the coordinator has ended the transaction, which matters when the
 * answer to a commit was lost: it may have been carried out. `Transaction.start` names the one case
 * where a committed position can still be hidden then, and the records after it be written twice.
 */
export class TransactionalProducer implements Producer {
  readonly #client: KafkaClient
  readonly #transaction: Transaction
  readonly #sender: ProduceSender
  #started = false
  #fenced: FencedError | null = null

  constructor(client: KafkaClient, transactionalId: string) {
    this.#client = client
    const transaction = new Transaction(client, transactionalId)
    this.#transaction = transaction
    this.#sender = new ProduceSender({
      client,
      transactionalId,
      identity: () => transaction.identity,
      prepare: (partitions) => transaction.add(partitions),
      // The epoch of its id fences it.
      guard: () => {}
    })
  }

  /** Fences other producers of the id and settles their transaction. */
  async start(timeoutMs = this.#client.settings.deliveryTimeoutMs): Promise<void> {
    if (this.#fenced) throw this.#fenced
    this.#sender.reset()
    this.#started = false
    try {
      await this.#transaction.start(timeoutMs)
    } catch (error) {
      if (error instanceof FencedError) this.#fenced = error
      throw error
    }
    this.#started = true
  }

  async append(topic: string, partition: number, records: readonly LogRecord[]): Promise<number> {
    await this.#ready()
    if (records.length === 0) return -1
    await this.#orRecover(() => this.#sender.add({ topic, partition }, records))
    return -1
  }

  async commit(): Promise<void> {
    await this.#ready()
    await this.#orRecover(async () => {
      await this.#sender.flush()
      if (this.#transaction.isOpen) await this.#transaction.commit()
    })
  }

  async abort(): Promise<void> {
    if (this.#fenced) throw this.#fenced
    const nothing = this.#started && this.#sender.isEmpty && !this.#transaction.isOpen
    if (!nothing) await this.start()
  }

  async close(): Promise<void> {
    const open = this.#started && (this.#transaction.isOpen || !this.#sender.isEmpty)
    // Readers wait for an open transaction until its timeout; ending it now is a courtesy.
    if (open && !this.#fenced) await this.start(RECOVERY_MS).catch(() => {})
    this.#sender.reset()
    this.#client.close()
  }

  async #ready(): Promise<void> {
    if (this.#fenced) throw this.#fenced
    if (!this.#started) await this.start()
  }

  async #orRecover<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      this.#started = false
      await this.start(RECOVERY_MS).catch(() => {})
      if (this.#fenced) throw this.#fenced
      throw error instanceof FencedError ? aborted(error) : error
    }
  }
}

/** The epoch was raised, but by the coordinator, which does so after the transaction timeout. */
function aborted(cause: unknown): RetriableError {
  return new RetriableError('TRANSACTION_ABORTED', 'Kafka aborted the transaction', {
    cause,
    hint:
      'it is started again from the last committed position; if this repeats, the transaction takes' +
      ' longer than transaction.timeout.ms'
  })
}

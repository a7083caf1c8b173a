import { describeError, FencedError, RetriableError } from '../api/errors.ts'
import type { SourceBatch, SourcePartition } from '../api/record.ts'
import type { SourceTask, SourceTaskContext } from '../api/task.ts'
import type { Broker, Producer } from '../broker/broker.ts'
import type { OwnOffsets, SourceOffsets } from '../stores/own-offsets.ts'
import type { TransformChain } from '../transforms/chain.ts'
import { CommitNotices } from './commit-notices.ts'
import type { ErrorPolicy } from './error-policy.ts'
import { type Converters, SourceConverter } from './source-converter.ts'
import { SourceFigures } from './source-figures.ts'
import type { TaskReporter } from './task-reporter.ts'
import type { TopicTargets } from './topic-targets.ts'
import { type TransactionLimits, TransactionWriter } from './transaction-writer.ts'
import { nextTurn, Wakeup } from './wakeup.ts'

/** Records converted before the loop looks whether a large batch has to be sent on in parts. */
const CONVERT_STEP = 1000

export interface SourceRunnerOptions {
  readonly task: SourceTask
  readonly connector: string
  readonly taskNumber: number
  readonly generation: number
  readonly broker: Broker
  /** Null for at-least-once. */
  readonly transactionalId: string | null
  readonly offsets: SourceOffsets
  /** The same, when the connector has a topic of its own for them; closed with the task. */
  readonly ownOffsets: OwnOffsets | null
  readonly targets: TopicTargets
  readonly chain: TransformChain
  readonly converters: Converters
  readonly policy: ErrorPolicy
  readonly limits: TransactionLimits
  readonly reporter: TaskReporter
  readonly now: () => number
}

interface Polled {
  readonly batches?: readonly SourceBatch[]
  readonly error?: unknown
  /** How long the poll took, in milliseconds. */
  readonly ms: number
}

/**
 * The source loop: poll, transform, convert, one transaction with the offsets, then tell the source.
 * Runs once, from the durable offsets until it is stopped or fails.
 */
export class SourceRunner {
  readonly #options: SourceRunnerOptions
  readonly #wakeup = new Wakeup()
  readonly #stopping = new AbortController()
  readonly #figures: SourceFigures
  #paused: boolean
  #polling = false
  #polled: Polled | undefined
  #abandoned = false
  #reported: 'RUNNING' | 'PAUSED' | undefined

  constructor(options: SourceRunnerOptions, paused: boolean) {
    this.#options = options
    this.#figures = new SourceFigures(options.reporter.metrics, options.transactionalId !== null)
    this.#paused = paused
  }

  pause(): void {
    this.#paused = true
    this.#wakeup.notify()
  }

  resume(): void {
    this.#paused = false
    this.#wakeup.notify()
  }

  /** Asks the loop to end in order: what was polled is written and committed first. */
  stop(): void {
    this.#stopping.abort()
    this.#wakeup.notify()
  }

  /** Stops waiting for a poll that does not return; it was told to by {@link stop}. */
  abandon(): void {
    this.#abandoned = true
    this.#wakeup.notify()
  }

  /**
   * @throws what ended the task: from the task itself, a conversion, or the broker. FencedError when a
   * newer instance of the task took over
   */
  async run(): Promise<void> {
    try {
      await this.#run()
    } finally {
      await this.#options.ownOffsets?.close()
    }
  }

  async #run(): Promise<void> {
    const { broker, transactionalId, connector, taskNumber, task } = this.#options
    await this.#untilResumed()
    if (this.#stopping.signal.aborted) return
    const clientId = `connector-producer-${connector}-${taskNumber}`
    const producer = await broker.producer(
      transactionalId === null ? { clientId } : { clientId, transactionalId }
    )
    try {
      // A fencing round that came before this producer has not ended it: its config is old then.
      const current = transactionalId === null || (await this.#options.reporter.isCurrent())
      if (!current) throw outdated()
      // Fence first, then read: what the predecessor still had open is aborted or durable by now.
      await this.#options.offsets.refresh(this.#stopping.signal)
      await task.start(this.#context())
      this.#report('RUNNING')
      await this.#loop(producer)
    } finally {
      await this.#end(producer)
    }
  }

  async #loop(producer: Producer): Promise<void> {
    const { offsets, connector, limits, now, task } = this.#options
    const notices = new CommitNotices(task, this.#options.reporter.logger)
    const writer = new TransactionWriter({
      producer,
      offsetsTopic: offsets.topic,
      offsetRecords: (entries) => offsets.records(connector, entries),
      limits,
      now,
      onDurable: (entries, counts) => {
        this.#figures.durable(counts)
        this.#figures.inFlight(writer.bytesInFlight)
        this.#options.ownOffsets?.copy(connector, entries)
        notices.tell(entries)
      },
      onSettled: () => this.#wakeup.notify()
    })
    const converter = new SourceConverter({ ...this.#options, writer })
    try {
      while (await this.#step(writer, converter));
      await writer.drain()
    } catch (error) {
      // What was polled before a poll failed is whole and good; what failed to commit is not.
      if (writer.error === undefined && this.#polled?.error === error) {
        await writer.drain().catch(() => undefined)
      }
      if (writer.error !== undefined) this.#figures.commitFailed()
      await producer.abort().catch(() => undefined)
      throw error
    } finally {
      await notices.settled()
    }
  }

  /** One round. @returns false when it is time to end */
  async #step(writer: TransactionWriter, converter: SourceConverter): Promise<boolean> {
    if (writer.error !== undefined) throw writer.error
    const stopping = this.#stopping.signal.aborted
    if (this.#polled !== undefined && (!this.#paused || stopping)) {
      const { batches, error, ms } = this.#polled
      if (batches === undefined) throw error
      this.#polled = undefined
      this.#figures.polled(recordsIn(batches), ms)
      await this.#take(batches, writer, converter)
      this.#figures.inFlight(writer.bytesInFlight)
      if (writer.isDue) writer.close()
      return true
    }
    if (stopping && (!this.#polling || this.#abandoned)) return false
    if (!stopping) this.#report(this.#paused ? 'PAUSED' : 'RUNNING')
    if (!stopping && !this.#polling && !this.#paused && writer.hasRoom) {
      this.#poll()
      // One turn of the event loop: a task that has more at hand answers within it.
      await nextTurn()
      if (this.#polled !== undefined) return true
    }
    writer.close()
    await this.#wakeup.wait()
    return true
  }

  #poll(): void {
    this.#polling = true
    const begunAt = this.#options.now()
    const arrived = (polled: Omit<Polled, 'ms'>) => {
      this.#polling = false
      this.#polled = { ...polled, ms: this.#options.now() - begunAt }
      this.#wakeup.notify()
    }
    this.#options.task.poll().then(
      (batches) => arrived({ batches }),
      (error: unknown) => arrived({ error })
    )
  }

  async #take(
    batches: readonly SourceBatch[],
    writer: TransactionWriter,
    converter: SourceConverter
  ): Promise<void> {
    const { reporter, targets } = this.#options
    for (const { sourcePartition, sourceOffset, records } of batches) {
      writer.beginBatch()
      for (let next = 0; next < records.length; ) {
        const to = Math.min(records.length, next + CONVERT_STEP)
        const converted = converter.convert(records, next, to)
        next = converted.next
        if (converted.missingTopic !== null) {
          await targets.open(converted.missingTopic)
          reporter.topic(converted.missingTopic)
        }
        if (writer.mustSpill && next < records.length) await writer.spill()
      }
      writer.endBatch(sourcePartition, sourceOffset, records.length)
    }
  }

  #context(): SourceTaskContext {
    const { connector, taskNumber, generation, reporter, offsets } = this.#options
    return {
      connector,
      task: taskNumber,
      generation,
      logger: reporter.logger,
      signal: this.#stopping.signal,
      progress: (progress) => reporter.progress(progress),
      metric: (name, value) => reporter.metrics.setOwn(name, value),
      committed: async (partition: SourcePartition) => offsets.get(connector, partition)
    }
  }

  #report(state: 'RUNNING' | 'PAUSED'): void {
    if (this.#reported === state) return
    this.#reported = state
    this.#options.reporter.report({ state, trace: null })
  }

  /** A task that is paused from the start does not start before it is resumed. */
  async #untilResumed(): Promise<void> {
    while (this.#paused && !this.#stopping.signal.aborted) {
      this.#report('PAUSED')
      await this.#wakeup.wait()
    }
  }

  async #end(producer: Producer): Promise<void> {
    this.#stopping.abort()
    this.#figures.ended()
    const { logger } = this.#options.reporter
    const ignore = (error: unknown) => {
      if (error instanceof FencedError) return
      logger.warn('The task did not stop cleanly.', { error: describeError(error) })
    }
    await this.#options.task.stop().catch(ignore)
    await producer.close().catch(ignore)
  }
}

function recordsIn(batches: readonly SourceBatch[]): number {
  return batches.reduce((count, { records }) => count + records.length, 0)
}

function outdated(): RetriableError {
  return new RetriableError(
    'TASK_OUTDATED',
    'The configuration of this task was replaced while it started',
    { hint: 'nothing to do: it starts with the new one' }
  )
}

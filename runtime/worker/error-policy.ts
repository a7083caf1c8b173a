import { ConnectError, describeError, isRetriable } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Meter } from '../metrics/meter.ts'

/** Where an error happened, in Kafka Connect's words (`Stage`). */
export type Stage =
  | 'TASK_POLL'
  | 'TASK_PUT'
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'KAFKA_PRODUCE'
  | 'KAFKA_CONSUME'

/** The `errors.*` keys of a connector. */
export interface ErrorSettings {
  readonly tolerance: 'none' | 'all'
  /** How long an operation is tried again, in milliseconds; -1 is forever, 0 and less not at all. */
  readonly retryTimeoutMs: number
  readonly retryDelayMaxMs: number
  readonly logEnable: boolean
  readonly logIncludeMessages: boolean
}

/** Where the bad record was read, for sinks. */
export interface ConsumedFrom {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number | null
}

/** One record that could not be processed. */
export interface Failure {
  readonly stage: Stage
  /** The converter, transform or task that failed. */
  readonly className: string
  readonly error: unknown
  readonly consumed?: ConsumedFrom
}

const FIRST_DELAY_MS = 300

/**
 * How long to wait before the next try: doubling from 300 ms up to `maxMs`, the upper half of it at
 * random, so that many tasks do not come back at the same instant.
 * @param attempt 0 for the first retry
 * @param random a number from 0 to 1
 */
export function retryDelay(attempt: number, maxMs: number, random: number): number {
  const full = Math.min(Math.max(maxMs, 0), FIRST_DELAY_MS * 2 ** Math.min(attempt, 30))
  return Math.round(full / 2 + (full / 2) * random)
}

/** Whether an operation that has failed since `sinceMs` ago may be tried again. */
export function mayRetry(settings: ErrorSettings, error: unknown, sinceMs: number): boolean {
  if (!isRetriable(error)) return false
  return settings.retryTimeoutMs === -1 || sinceMs < settings.retryTimeoutMs
}

/**
 * What becomes of records that cannot be processed: counted always, logged if asked for, then skipped
 * (`errors.tolerance: all`) or the end of the task. Rules as in Kafka Connect's
 * `RetryWithToleranceOperator`; unlike there, a skipped record without any log or dead letter topic
 * still leaves a warning.
 */
export class ErrorPolicy {
  readonly settings: ErrorSettings
  readonly #name: string
  readonly #logger: Logger
  readonly #metrics: Meter

  constructor(settings: ErrorSettings, of: { name: string; logger: Logger; metrics: Meter }) {
    this.settings = settings
    this.#name = of.name
    this.#logger = of.logger
    this.#metrics = of.metrics
  }

  /**
   * Counts and logs a failure.
   * @returns when the record may be skipped
   * @throws {ConnectError} TOLERANCE_EXCEEDED when it may not
   */
  handle(failure: Failure): void {
    const { stage, error } = failure
    const skip = this.tolerates(stage, error)
    this.#metrics.add('total_record_failures', 1)
    this.#metrics.add(skip ? 'total_records_skipped' : 'total_record_errors', 1)
    this.#metrics.set('last_error_timestamp', Date.now())
    if (this.settings.logEnable || skip) this.#log(failure, skip)
    if (!skip) throw toleranceExceeded(failure)
  }

  /** Counts records on their way to the dead letter topic. */
  countDeadLetters(count: number): void {
    this.#metrics.add('deadletterqueue_produce_requests', count)
  }

  /** Counts those that did not get there. */
  countLostLetters(count: number): void {
    this.#metrics.add('deadletterqueue_produce_failures', count)
  }

  tolerates(stage: Stage, error: unknown): boolean {
    if (this.settings.tolerance === 'none') return false
    // Anything may be wrong with a record; but a lost connection is not the record's fault.
    return stage !== 'TASK_POLL' && (stage !== 'KAFKA_PRODUCE' || !isRetriable(error))
  }

  #log(failure: Failure, skip: boolean): void {
    const { stage, className, error, consumed } = failure
    const { logEnable, logIncludeMessages } = this.settings
    const where =
      logIncludeMessages && consumed
        ? `, where consumed record is {topic='${consumed.topic}', partition=${consumed.partition}, offset=${consumed.offset}, timestamp=${consumed.timestamp}, timestampType=CreateTime}`
        : ''
    const message = `Error encountered in task ${this.#name}. Executing stage '${stage}' with class '${className}'${where}.`
    if (logEnable) this.#metrics.add('total_errors_logged', 1)
    const fields = { stage, skipped: skip, error: withCode(error) }
    if (logEnable) this.#logger.error(message, fields)
    else this.#logger.warn(message, fields)
  }
}

/** The code leads to what is known about the error, which a code around it would hide. */
function withCode(error: unknown): string {
  const text = describeError(error)
  return error instanceof ConnectError ? `${error.code}: ${text}` : text
}

function toleranceExceeded({ stage, className, error, consumed }: Failure): ConnectError {
  const at = consumed
    ? ` at topic '${consumed.topic}', partition ${consumed.partition}, offset ${consumed.offset}`
    : ''
  return new ConnectError(
    'TOLERANCE_EXCEEDED',
    `Tolerance exceeded in error handler: ${stage} with ${className} failed${at}: ${withCode(error)}`,
    {
      cause: error,
      hint: 'mend the record or its converter; errors.tolerance: all sets such records aside'
    }
  )
}

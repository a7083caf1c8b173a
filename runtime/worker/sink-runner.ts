import { setTimeout as delay } from 'node:timers/promises'
import { ConnectError, describeError, isRetriable } from '../api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../api/record.ts'
import type { SinkTask, SinkTaskContext } from '../api/task.ts'
import type { Broker, FetchedBatch } from '../broker/broker.ts'
import type { DeadLetters } from './dead-letters.ts'
import { retryDelay } from './error-policy.ts'
import { GroupCommits } from './group-commits.ts'
import type { TopicSelection } from './sink-assignment.ts'
import { positionAfter, type SinkConverter } from './sink-converter.ts'
import { SinkFeed } from './sink-feed.ts'
import { SinkFigures } from './sink-figures.ts'
import { Positions, SinkPartitions, startPositions } from './sink-partitions.ts'
import type { TaskReporter } from './task-reporter.ts'
import { Wakeup } from './wakeup.ts'

export interface SinkRunnerOptions {
  readonly task: SinkTask
  /** Name of the task's class, for error messages. */
  readonly className: string
  readonly connector: string
  readonly taskNumber: number
  readonly tasks: number
  readonly generation: number
  readonly broker: Broker
  readonly selection: TopicSelection
  readonly converter: SinkConverter
  readonly deadLetters: DeadLetters
  readonly reporter: TaskReporter
  readonly settings: SinkSettings
  readonly now: () => number
  readonly random: () => number
}

export interface SinkSettings {
  /** Consumer group: `connect-<name>`. */
  readonly group: string
  readonly reset: 'earliest' | 'latest'
  /** The most records in one `put`. */
  readonly maxRecords: number
  /** Bound on the bytes of fetched records that are held. */
  readonly maxBytes: number
  readonly commitIntervalMs: number
  readonly topicRefreshMs: number
  readonly retryDelayMaxMs: number
}

/** The sink loop: read, convert, transform, put, commit. Runs until it is stopped or fails. */
export class SinkRunner {
  readonly #options: SinkRunnerOptions
  readonly #wakeup = new Wakeup()
  readonly #stopping = new AbortController()
  readonly #positions = new Positions()
  readonly #figures: SinkFigures
  readonly #commits: GroupCommits
  #paused: boolean
  #reported: 'RUNNING' | 'PAUSED' | 'RETRYING' | undefined

  constructor(options: SinkRunnerOptions, paused: boolean) {
    const { broker, settings, reporter, now } = options
    const { logger } = reporter
    const figures = new SinkFigures(reporter.metrics, this.#positions)
    this.#options = options
    this.#figures = figures
    this.#paused = paused
    const { group, commitIntervalMs: intervalMs } = settings
    this.#commits = new GroupCommits({ broker, group, intervalMs, logger, figures, now })
  }

  pause(): void {
    this.#paused = true
    this.#wakeup.notify()
  }

  resume(): void {
    this.#paused = false
    this.#wakeup.notify()
  }

  /** Asks the loop to end in order: the `put` under way is finished and its offsets are committed. */
  stop(): void {
    this.#stopping.abort()
    this.#wakeup.notify()
  }

  /** Nothing to give up waiting for: a `put` that never ends is left behind by the caller. */
  abandon(): void {}

  /** @throws what ended the task: from the task itself, a conversion, or the broker */
  async run(): Promise<void> {
    const { broker, task, deadLetters, selection, reporter, settings } = this.#options
    const { taskNumber, tasks } = this.#options
    while (this.#paused && !this.#stopped) await this.#rest()
    if (this.#stopped) return
    const feed = new SinkFeed(await broker.reader(), settings.maxBytes / 2, () =>
      this.#wakeup.notify()
    )
    const partitions = new SinkPartitions({
      broker,
      selection,
      task: taskNumber,
      tasks,
      refreshMs: settings.topicRefreshMs,
      logger: reporter.logger,
      onChange: () => this.#wakeup.notify()
    })
    try {
      await deadLetters.open()
      await task.start(this.#context())
      await partitions.start()
      this.#report('RUNNING')
      await this.#loop(feed, partitions)
    } finally {
      this.#stopping.abort()
      await this.#end(feed, partitions)
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #loop(feed: SinkFeed, partitions: SinkPartitions): Promise<void> {
    while (!this.#stopped) {
      const changed = partitions.takeChange()
      if (changed !== undefined) await this.#assign(changed, feed)
      if (this.#paused) {
        this.#commits.idle()
        await this.#rest()
        continue
      }
      this.#report('RUNNING')
      const fetched = await this.#take(feed)
      if (fetched === undefined) {
        this.#commits.idle()
        await this.#wakeup.wait()
        continue
      }
      await this.#write(fetched)
      this.#commits.busy()
    }
  }

  async #rest(): Promise<void> {
    this.#report('PAUSED')
    await this.#wakeup.wait()
  }

  async #take(feed: SinkFeed): Promise<readonly FetchedBatch[] | undefined> {
    try {
      return feed.take()
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error
      await this.#reset(feed)
      return feed.take()
    }
  }

  async #assign(partitions: readonly TopicPartition[], feed: SinkFeed): Promise<void> {
    const { task, broker, settings, reporter } = this.#options
    // What was read ahead is read again: the positions have not moved over it.
    await feed.interrupt()
    const isNew = (partition: TopicPartition) => this.#positions.get(partition) === undefined
    const added = partitions.filter(isNew)
    const stored = ((await task.open?.(partitions)) ?? []).filter(isNew)
    const { group, reset } = settings
    const starts = await startPositions(added, stored, { broker, group, reset })
    // The group may be behind the target, or know nothing of it: lag tools ask the group.
    this.#commits.written(stored, 0)
    for (const position of starts) this.#positions.set(position)
    this.#positions.keep(partitions)
    feed.assign(this.#positions.all())
    this.#figures.assigned(partitions)
    for (const topic of new Set(added.map(({ topic }) => topic))) reporter.topic(topic)
  }

  /** Some positions are gone: records were deleted before they were read, or the topic is another. */
  async #reset(feed: SinkFeed): Promise<void> {
    const { broker, settings, reporter } = this.#options
    await feed.interrupt()
    const positions = this.#positions.all()
    const [first, last] = await Promise.all([
      broker.offsets(positions, 'earliest'),
      broker.offsets(positions, 'latest')
    ])
    positions.forEach((position, index) => {
      const from = first[index]?.offset ?? 0
      const to = last[index]?.offset ?? 0
      if (position.offset >= from && position.offset <= to) return
      const offset = settings.reset === 'latest' ? to : from
      this.#positions.set({ ...position, offset })
      this.#figures.reset()
      reporter.logger.error(
        'The records at the position of this sink are gone; it goes on where the topic begins.',
        { ...position, earliest: from, latest: to, newOffset: offset }
      )
    })
    feed.assign(this.#positions.all())
  }

  /** Writes what one read returned, in chunks of at most `maxRecords`. */
  async #write(fetched: readonly FetchedBatch[]): Promise<void> {
    const { settings, converter, deadLetters } = this.#options
    let records: SinkRecord[] = []
    let next: TopicPartitionOffset[] = []
    let taken = 0
    this.#figures.fetched(fetched)
    const put = async () => {
      await deadLetters.flush()
      if (records.length > 0) await this.#put(records, next)
      for (const position of next) this.#positions.set(position)
      this.#figures.read(taken)
      this.#commits.written(next, taken)
      records = []
      next = []
      taken = 0
    }
    for (const batch of fetched) {
      for (let from = 0; from < batch.records.length && !this.#stopped; ) {
        const to = Math.min(batch.records.length, from + settings.maxRecords - taken)
        try {
          converter.convert(batch, { from, to }, records)
        } catch (error) {
          await deadLetters.flush()
          throw error
        }
        taken += to - from
        from = to
        setPosition(next, positionAfter(batch, to))
        if (taken >= settings.maxRecords) await put()
      }
      if (this.#stopped) break
      if (batch.records.length === 0) setPosition(next, positionAfter(batch, 0))
    }
    await put()
  }

  /** Puts records, again and again while the error says that it may help. */
  async #put(records: readonly SinkRecord[], next: readonly TopicPartitionOffset[]): Promise<void> {
    const { task, settings, reporter, random, now } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        const begunAt = now()
        await task.put(records, next)
        this.#figures.put(records.length, now() - begunAt)
        this.#report('RUNNING')
        return
      } catch (error) {
        if (!isRetriable(error) || this.#stopped) throw error
        const waitMs = retryDelay(attempt, settings.retryDelayMaxMs, random())
        this.#figures.retried()
        this.#reported = 'RETRYING'
        const trace = `Writing ${records.length} records failed ${attempt + 1} times, next try in ${waitMs} ms: ${describeError(error)}`
        reporter.report({ state: 'RETRYING', trace })
        await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
        if (this.#stopped) throw error
      }
    }
  }

  #report(state: 'RUNNING' | 'PAUSED'): void {
    if (this.#reported === state) return
    this.#reported = state
    this.#options.reporter.report({ state, trace: null })
  }

  #context(): SinkTaskContext {
    const { connector, taskNumber, generation, reporter, deadLetters, className } = this.#options
    return {
      connector,
      task: taskNumber,
      generation,
      logger: reporter.logger,
      signal: this.#stopping.signal,
      progress: (progress) => reporter.progress(progress),
      metric: (name, value) => reporter.metrics.setOwn(name, value),
      reject: (record, error) => deadLetters.rejectFromTask(record, error, className)
    }
  }

  async #end(feed: SinkFeed, partitions: SinkPartitions): Promise<void> {
    const { logger } = this.#options.reporter
    const ignore = (error: unknown) =>
      logger.warn('The task did not stop cleanly.', { error: describeError(error) })
    await partitions.close()
    await feed.close().catch(ignore)
    await this.#commits.close().catch(ignore)
    this.#figures.ended()
    await this.#options.task.stop().catch(ignore)
    await this.#options.deadLetters.close().catch(ignore)
  }
}

function setPosition(positions: TopicPartitionOffset[], position: TopicPartitionOffset): void {
  const at = positions.findIndex(
    ({ topic, partition }) => topic === position.topic && partition === position.partition
  )
  if (at < 0) positions.push(position)
  else positions[at] = position
}

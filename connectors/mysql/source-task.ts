import type { RawConfig } from '../../runtime/api/config.ts'
import type { SourceBatch, SourceOffset, SourcePartition } from '../../runtime/api/record.ts'
import type { SourceTask, SourceTaskContext } from '../../runtime/api/task.ts'
import { waitFor } from '../relational/wait.ts'
import { connectionSettings } from './connection-settings.ts'
import { parseOffset, type StoredOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import { QuerySession } from './query-session.ts'
import { idleOverrides } from './snapshot-overrides.ts'
import { SnapshotPhase, type SnapshotStart } from './snapshot-phase.ts'
import type { SourceConfig } from './source-config.ts'
import { availabilityOf, beginningOf } from './start-point.ts'
import { planStart } from './startup.ts'
import { StreamPhase } from './stream-phase.ts'
import { makeParts } from './task-parts.ts'
import { TransactionFilter } from './transaction-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** Captures one server: first its rows, then every change, in commit order. */
export class MysqlSourceTask implements SourceTask {
  readonly #flavor: Flavor
  readonly #config: SourceConfig
  readonly #raw: RawConfig
  readonly #partition: { readonly server: string }
  #context: SourceTaskContext | undefined
  #session: QuerySession | undefined
  #phase: Phase | undefined
  /** What to stream when the phase is over, or undefined: nothing. */
  #then: (() => Promise<Phase>) | undefined

  constructor(flavor: Flavor, config: SourceConfig, raw: RawConfig) {
    this.#flavor = flavor
    this.#config = config
    this.#raw = raw
    this.#partition = { server: config['topic.prefix'] }
  }

  async start(context: SourceTaskContext): Promise<void> {
    this.#context = context
    const offset = await context.committed(this.#partition)
    const stored = offset === null ? null : parseOffset(offset)
    for (const problem of idleOverrides(this.#config, this.#raw)) context.logger.warn(problem)
    const config = this.#config
    const settings = connectionSettings(config, context)
    this.#session = new QuerySession(settings, context.signal)
    const parts = await makeParts({
      flavor: this.#flavor,
      config,
      raw: this.#raw,
      context,
      settings,
      session: this.#session
    })
    if (offset !== null) {
      parts.transactions?.resume(offset)
      parts.laterView.resume(offset)
    }
    await this.#begin(parts, stored)
  }

  async poll(): Promise<readonly SourceBatch[]> {
    const context = this.#context
    if (context === undefined) return []
    try {
      return context.signal.aborted ? [] : await this.#next(context.signal)
    } catch (error) {
      // What was cut short is no failure.
      if (context.signal.aborted) return []
      throw error
    }
  }

  async commit(partition: SourcePartition, offset: SourceOffset): Promise<void> {
    if (partition['table'] === undefined) await this.#phase?.commit(offset)
  }

  async stop(): Promise<void> {
    await this.#phase?.close()
    this.#phase = undefined
    this.#then = undefined
    this.#session?.close()
    this.#session = undefined
  }

  async #next(signal: AbortSignal): Promise<readonly SourceBatch[]> {
    for (;;) {
      if (this.#phase === undefined) {
        // Nothing left to do: the task stays, and says so.
        await waitFor(() => {}, { signal })
        return []
      }
      const polled = await this.#phase.poll()
      if (polled !== null) return polled
      if (signal.aborted) return []
      await this.#phase.close()
      this.#phase = await this.#then?.()
      this.#then = undefined
    }
  }

  async #begin(parts: TaskParts, stored: StoredOffset | null): Promise<void> {
    const { config, flavor, session, identity } = parts
    const filter = new TransactionFilter(config, flavor)
    const plan = await planStart({
      mode: config['snapshot.mode'],
      stored,
      availability: async () => {
        if (stored === null) return 'available'
        return await availabilityOf(session, flavor, stored, { identity, filter })
      }
    })
    const readsRows = plan.kind === 'snapshot' || plan.kind === 'resume'
    if (!readsRows) parts.notifications.initial.skipped()
    switch (plan.kind) {
      case 'idle':
        return
      case 'stream':
        this.#phase = await StreamPhase.open(parts, plan.stored.position, plan.stored.raw)
        return
      case 'beginning':
        this.#phase = await StreamPhase.open(parts, await beginningOf(session, flavor), null)
        return
      case 'snapshot':
        return await this.#snapshot(parts, { cut: null, rows: true })
      case 'shapes':
        return await this.#snapshot(parts, { cut: null, rows: false })
      case 'resume': {
        const { position, snapshot } = plan.stored
        const cut = snapshot === null ? null : { position, state: snapshot }
        return await this.#snapshot(parts, { cut, rows: true })
      }
    }
  }

  async #snapshot(parts: TaskParts, start: SnapshotStart): Promise<void> {
    const phase = await SnapshotPhase.open(parts, start)
    this.#phase = phase
    if (parts.config['snapshot.mode'] === 'initial_only') return
    this.#then = () => StreamPhase.open(parts, phase.position, null)
  }
}

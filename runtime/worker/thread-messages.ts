import type { RawConfig } from '../api/config.ts'
import { ConnectError, describeError, FencedError } from '../api/errors.ts'
import type { Progress } from '../api/task.ts'
import type { LevelSetting } from '../metrics/log-levels.ts'
import type { LogLevel } from '../metrics/logger.ts'
import type { Readings } from '../metrics/meter.ts'
import type { TaskParts } from '../metrics/metrics.ts'
import type { TaskReport } from './task-reporter.ts'
import type { TaskSpec } from './task-spec.ts'

/** What the main thread asks of a task thread. A run is one life of one task, by number. */
export type ToThread =
  | { readonly type: 'start'; readonly run: number; readonly spec: TaskSpec }
  | { readonly type: 'pause' | 'resume' | 'stop' | 'abandon'; readonly run: number }
  | { readonly type: 'levels'; readonly settings: readonly LevelSetting[] }
  /** The answer to `ask-current`. */
  | { readonly type: 'current'; readonly run: number; readonly current: boolean }
  /** `ping` is answered with `pong`, unless a task blocks the thread. */
  | { readonly type: 'ping' }
  | { readonly type: 'close' }

/** What a task thread tells the main thread. */
export type FromThread =
  | { readonly type: 'report'; readonly run: number; readonly report: TaskReport }
  | { readonly type: 'progress'; readonly run: number; readonly progress: Progress }
  | { readonly type: 'built'; readonly run: number; readonly parts: TaskParts }
  | { readonly type: 'metrics'; readonly run: number; readonly readings: Readings }
  | { readonly type: 'topic'; readonly run: number; readonly topic: string }
  | { readonly type: 'task-configs'; readonly run: number; readonly configs: readonly RawConfig[] }
  | { readonly type: 'ask-current'; readonly run: number }
  | { readonly type: 'ended'; readonly run: number; readonly error: PlainError | null }
  | {
      readonly type: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'pong' }
  | { readonly type: 'closed' }

/** An error on its way between threads, which would lose its class and its own fields. */
export interface PlainError {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly retriable: boolean
  readonly fenced: boolean
  /** Stack, for errors that are nobody's message to a user. */
  readonly stack: string | null
}

export function toPlainError(error: unknown): PlainError {
  const known = error instanceof ConnectError ? error : null
  const text = describeError(error)
  const suffix = known?.hint ? ` (${known.hint})` : ''
  return {
    code: known?.code ?? 'UNEXPECTED',
    message: suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
    hint: known?.hint ?? null,
    retriable: known?.retriable ?? false,
    fenced: error instanceof FencedError,
    stack: known === null && error instanceof Error ? (error.stack ?? null) : null
  }
}

/** The error as the `trace` of a status: code, message, what to do; a stack where it is a fault. */
export function traceOf(error: PlainError): string {
  const hint = error.hint === null ? '' : `\n${error.hint}`
  const stack = error.stack === null ? '' : `\n${error.stack}`
  return `${error.code}: ${error.message}${hint}${stack}`
}

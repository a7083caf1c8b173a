import { clearLine, cursorTo } from 'node:readline'
import type { Logger, Progress } from '../api/task.ts'
import type { LineWriter } from '../metrics/logger.ts'
import { type TaskId, taskName } from '../worker/task-spec.ts'

/** Shows how far tasks are. */
export interface ProgressView {
  show(task: TaskId, progress: Progress): void
  close(): void
}

const LOG_MS = 250
const QUIET_LOG_MS = 10_000

/**
 * Progress as log lines for machines: `{"msg":"progress","connector","task","phase","done","total"}`.
 * Often while something counts up to a total, seldom else; a new phase at once.
 */
export class ProgressLog implements ProgressView {
  readonly #logger: Logger
  readonly #now: () => number
  readonly #last = new Map<string, { phase: string; at: number; done: number | undefined }>()

  constructor(logger: Logger, now: () => number) {
    this.#logger = logger
    this.#now = now
  }

  show(task: TaskId, progress: Progress): void {
    const name = taskName(task)
    const { phase, done, total } = progress
    const last = this.#last.get(name)
    const at = this.#now()
    const complete = total !== undefined && done === total && last?.done !== done
    const waitMs = total === undefined ? QUIET_LOG_MS : LOG_MS
    if (last?.phase === phase && !complete && at - last.at < waitMs) return
    this.#last.set(name, { phase, at, done })
    this.#logger.info('progress', { connector: task.connector, task: task.task, ...progress })
  }

  close(): void {}
}

const BAR = 30

/** Progress as bars below the log of a terminal; also the writer of that log, to draw around it. */
export class ProgressBars implements ProgressView, LineWriter {
  readonly #out: NodeJS.WriteStream
  readonly #now: () => number
  readonly #bars = new Map<string, { progress: Progress; since: number; from: number }>()
  #drawn = false

  constructor(out: NodeJS.WriteStream, now: () => number) {
    this.#out = out
    this.#now = now
  }

  write(text: string): void {
    this.#clear()
    this.#out.write(text)
    this.#draw()
  }

  show(task: TaskId, progress: Progress): void {
    const name = taskName(task)
    const { phase, done = 0, total } = progress
    if (total === undefined) this.#bars.delete(name)
    else {
      const known = this.#bars.get(name)
      const same = known !== undefined && known.progress.phase === phase
      const start = same ? known : { since: this.#now(), from: done }
      this.#bars.set(name, { since: start.since, from: start.from, progress })
    }
    this.#clear()
    this.#draw()
  }

  close(): void {
    this.#clear()
    this.#bars.clear()
  }

  #clear(): void {
    if (!this.#drawn) return
    cursorTo(this.#out, 0)
    clearLine(this.#out, 0)
    this.#drawn = false
  }

  #draw(): void {
    const bars = [...this.#bars].map(([name, bar]) => `${name} ${this.#bar(bar)}`)
    if (bars.length === 0) return
    this.#out.write(bars.join('   ').slice(0, (this.#out.columns ?? 80) - 1))
    this.#drawn = true
  }

  #bar({ progress, since, from }: { progress: Progress; since: number; from: number }): string {
    const { phase, done = 0, total = 0, detail } = progress
    const share = total > 0 ? Math.min(1, done / total) : 0
    const full = '█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░')
    const seconds = (this.#now() - since) / 1000
    const rate =
      seconds > 0.2 ? ` ${Math.round((done - from) / seconds).toLocaleString('en')}/s` : ''
    const counts = `${done.toLocaleString('en')}/${total.toLocaleString('en')}`
    return `${phase} ${full} ${counts}${rate}${detail ? ` ${detail}` : ''}`
  }
}

import type { Logger } from '../api/task.ts'
import { formatProblem, hasErrors } from '../config/problem.ts'
import { LogLevels, parseLevel, partLogger } from '../metrics/log-levels.ts'
import { createLogger } from '../metrics/logger.ts'
import type { TaskLogs } from '../worker/thread-pool.ts'
import { ProgressBars, ProgressLog, type ProgressView } from './progress-view.ts'
import type { CheckedFiles } from './worker-files.ts'

/** Where a worker writes what it has to say. */
export interface WorkerOutput {
  readonly logger: Logger
  readonly view: ProgressView
  readonly logs: TaskLogs
}

/**
 * The output of a worker whose files are right, with their warnings in its log.
 * @returns null, after every problem was printed, when they have errors
 */
export function openOutput(checked: CheckedFiles): WorkerOutput | null {
  const lines = checked.problems.map(formatProblem)
  if (hasErrors(checked.problems)) {
    for (const line of lines) process.stderr.write(`${line}\n`)
    return null
  }
  const output = outputOf(checked)
  for (const line of lines) output.logger.warn(line)
  return output
}

/** Where lines go: all that `lines` is given are written, and `logger` asks the levels first. */
function outputOf({ worker, redactor }: CheckedFiles): WorkerOutput {
  const terminal = process.stderr.isTTY === true
  const { 'log.format': wanted, 'log.level': rootLevel } = worker.config
  const levels = new LogLevels(parseLevel(rootLevel) ?? 'INFO', Date.now)
  const level = 'debug'
  const format = wanted === 'auto' ? (terminal ? 'pretty' : 'json') : wanted
  const redact = (line: string) => redactor.text(line)
  const now = () => performance.now()
  if (terminal && format === 'pretty') {
    const colour = !process.env['NO_COLOR']
    const view = new ProgressBars(process.stderr, now)
    const lines = createLogger({ level, format, out: view, redact, colour })
    return { logger: partLogger(lines, levels), view, logs: { levels, lines } }
  }
  const lines = createLogger({ level, format, out: process.stderr, redact })
  const logger = partLogger(lines, levels)
  return { logger, view: new ProgressLog(logger, now), logs: { levels, lines } }
}

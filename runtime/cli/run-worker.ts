import { isDeepStrictEqual } from 'node:util'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { formatProblem, hasErrors } from '../config/problem.ts'
import type { ValidatedWorker } from '../config/validate-worker.ts'
import type { OpenHerder } from '../herder/open-herder.ts'
import { announce } from './announce.ts'
import { ConfigWatch } from './config-watch.ts'
import { EXIT } from './exit-code.ts'
import { openWorker } from './open-worker.ts'
import { stayUp, untilSignal } from './stop-signal.ts'
import { type CheckedFiles, checkFiles } from './worker-files.ts'
import { openOutput } from './worker-output.ts'

export interface RunOptions {
  readonly watch?: boolean
  /** A file to write when every task has started. */
  readonly readyFile?: string
}

/**
 * Runs the connectors of files until a signal comes. The REST API is there when a worker file names
 * listeners.
 *
 * @returns the exit code
 */
export async function runWorker(
  files: readonly string[],
  options: RunOptions,
  cwd: string
): Promise<number> {
  const watch = options.watch ? await ConfigWatch.begin(files, cwd) : null
  const checked = await checkFiles(files, cwd)
  const output = openOutput(checked)
  if (output === null) return EXIT.usage
  const { logger, view } = output
  const stopped = untilSignal(logger)
  const rest = checked.worker.raw['listeners'] !== undefined
  const opened = await openWorker({ checked, output, cwd, alone: true, rest })
  try {
    await opened.herder.start(checked.loaded.connectors)
    watch?.follow(() =>
      checkFiles(files, cwd, checked.redactor)
        .then((changed) => applyFiles(opened, changed, checked.worker, logger))
        .catch((error: unknown) =>
          logger.error('The changed files could not be applied.', { error: describeError(error) })
        )
    )
    await Promise.race([opened.herder.settled(), stopped])
    await announce(logger, opened.server, options.readyFile)
    await stayUp(stopped)
  } finally {
    watch?.close()
    await opened.close()
    view.close()
  }
  logger.info('stopped')
  return EXIT.done
}

/** Applies changed files. With an error in them nothing changes: what runs goes on. */
async function applyFiles(
  { herder }: OpenHerder,
  { loaded, worker, problems }: CheckedFiles,
  runsWith: ValidatedWorker,
  logger: Logger
): Promise<void> {
  for (const problem of problems) {
    const line = formatProblem(problem)
    if (problem.severity === 'error') logger.error(line)
    else logger.warn(line)
  }
  if (hasErrors(problems)) {
    logger.error('The changed files are not applied, because of the errors above.')
    return
  }
  if (!isDeepStrictEqual(worker.raw, runsWith.raw)) {
    logger.warn("The worker's own settings have changed: they count from its next start.")
  }
  await herder.declare(loaded.connectors)
  logger.info('files applied', { connectors: loaded.connectors.length })
}

import { ConnectError } from '../api/errors.ts'
import { announce } from './announce.ts'
import { EXIT } from './exit-code.ts'
import { openWorker } from './open-worker.ts'
import { stayUp, untilSignal } from './stop-signal.ts'
import { checkFiles } from './worker-files.ts'
import { openOutput } from './worker-output.ts'

export interface ServeOptions {
  /** A file to write when the worker has joined its group. */
  readonly readyFile?: string
}

/**
 * Runs a worker of a group until a signal comes.
 *
 * @returns the exit code
 * @throws {ConnectError} USAGE for files with connectors in them
 */
export async function serveWorker(
  files: readonly string[],
  options: ServeOptions,
  cwd: string
): Promise<number> {
  const checked = await checkFiles(files, cwd)
  const output = openOutput(checked)
  if (output === null) return EXIT.usage
  const [connector] = checked.loaded.connectors
  if (connector !== undefined) {
    throw new ConnectError('USAGE', `Connector '${connector.name}' is in a file of the worker`, {
      hint: 'bring connectors to the group with: millrace apply FILES; or run them alone with: millrace run FILES'
    })
  }
  const { logger, view } = output
  const stopped = untilSignal(logger)
  const opened = await openWorker({ checked, output, cwd, alone: false, rest: true })
  try {
    const joined = opened.herder.start().then(() => true)
    const up = await Promise.race([joined, stopped.then(() => false)])
    if (up) await announce(logger, opened.server, options.readyFile)
    await stayUp(stopped)
  } finally {
    await opened.close()
    view.close()
  }
  logger.info('stopped')
  return EXIT.done
}

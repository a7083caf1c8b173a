import { ConnectError } from '../../api/errors.ts'
import { type LoadedConnector, loadFiles } from '../../config/load-files.ts'
import { formatProblem, hasErrors } from '../../config/problem.ts'

/**
 * The connectors of files, with references unresolved: the worker resolves them where it runs.
 * Warnings are said on standard error.
 *
 * @throws {ConnectError} INVALID_CONFIG with every problem in the form of the files: then nothing of
 *   them is sent
 */
export async function loadConnectors(
  files: readonly string[]
): Promise<readonly LoadedConnector[]> {
  const { connectors, worker, problems } = await loadFiles(files, { cwd: process.cwd() })
  if (hasErrors(problems)) {
    const lines = problems.map(formatProblem).join('\n')
    throw new ConnectError('INVALID_CONFIG', `the files have errors, nothing was sent\n${lines}`)
  }
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`)
  if (worker !== null) {
    process.stderr.write(
      `${worker.file}:${worker.start.line}: warning: the worker's settings are not sent to it\n`
    )
  }
  return connectors
}

/** @throws {ConnectError} INVALID_CONFIG for secrets that are masked where there is nothing to keep */
export function refuseMasked({ file, locate }: LoadedConnector, keys: readonly string[]): void {
  const [first] = keys
  if (first === undefined) return
  const line = locate(first)?.line
  const place = `${file}${line === undefined ? '' : `:${line}`}`
  const are = keys.length === 1 ? 'is' : 'are'
  throw new ConnectError('INVALID_CONFIG', `${place}: ${keys.join(', ')} ${are} masked`, {
    hint: 'write the secret as a reference, such as ${env:NAME}; the worker has no such value to keep'
  })
}

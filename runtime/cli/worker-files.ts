import { type LoadedFiles, loadFiles } from '../config/load-files.ts'
import type { Plugins } from '../config/plugins.ts'
import { type Problem, sortProblems } from '../config/problem.ts'
import { Redactor } from '../config/redact.ts'
import type { References } from '../config/references.ts'
import { connectorSpec, validateConnector } from '../config/validate-connector.ts'
import { type ValidatedWorker, validateWorker } from '../config/validate-worker.ts'
import { workerKeys } from '../config/worker-keys.ts'
import { loadPlugins } from './load-plugins.ts'
import { workerReferences } from './worker-references.ts'

/** The files of a worker, checked, and what was needed to check them. */
export interface CheckedFiles {
  readonly loaded: LoadedFiles
  readonly worker: ValidatedWorker
  readonly plugins: Plugins
  readonly references: References
  readonly redactor: Redactor
  readonly problems: readonly Problem[]
}

/**
 * Reads and checks worker and connector files.
 * @param redactor learns the secrets of the files
 */
export async function checkFiles(
  files: readonly string[],
  cwd: string,
  redactor = new Redactor()
): Promise<CheckedFiles> {
  const loaded = await loadFiles(files, { cwd })
  const references = workerReferences(loaded.worker?.config ?? {}, cwd, redactor)
  const settings = await validateWorker(loaded.worker, { references })
  const plugins = await loadPlugins(settings.config['plugin.path'], cwd)
  const worker = await validateWorker(loaded.worker, { references, plugins })
  redactor.addConfig(worker.raw, workerKeys)
  const problems = [...loaded.problems, ...worker.problems]
  for (const connector of loaded.connectors) {
    const validated = await validateConnector(connector, { plugins, references })
    problems.push(...validated.problems)
    if (validated.plugin) redactor.addConfig(validated.raw, connectorSpec(validated.plugin))
  }
  return { loaded, worker, plugins, references, redactor, problems: sortProblems(problems) }
}

import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { describeError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import { type LoadedFiles, loadFiles } from '../config/load-files.ts'
import type { Plugins } from '../config/plugins.ts'
import { formatProblem, hasErrors, type Problem, sortProblems } from '../config/problem.ts'
import { Redactor } from '../config/redact.ts'
import type { References } from '../config/references.ts'
import { connectorSpec, validateConnector } from '../config/validate-connector.ts'
import { type ValidatedWorker, validateWorker } from '../config/validate-worker.ts'
import { type WorkerConfig, workerKeys } from '../config/worker-keys.ts'
import { type OpenHerder, openHerder } from '../herder/open-herder.ts'
import { LogLevels, parseLevel, partLogger } from '../metrics/log-levels.ts'
import { createLogger } from '../metrics/logger.ts'
import type { TaskLogs } from '../worker/thread-pool.ts'
import { watchFiles } from './config-watch.ts'
import { EXIT } from './exit-code.ts'
import { loadPlugins } from './load-plugins.ts'
import { brokerSettings } from './open-broker.ts'
import { ProgressBars, ProgressLog, type ProgressView } from './progress-view.ts'
import { stayUp, untilSignal } from './stop-signal.ts'
import { workerReferences } from './worker-references.ts'

export interface RunOptions {
  readonly watch?: boolean
  /** A file to write when every task has started. */
  readonly readyFile?: string
}

/** The files, checked, and what was needed to check them. */
interface CheckedFiles {
  readonly loaded: LoadedFiles
  readonly worker: ValidatedWorker
  readonly plugins: Plugins
  readonly references: References
  readonly redactor: Redactor
  readonly problems: readonly Problem[]
}

/** Runs the connectors of files until a signal comes. @returns the exit code */
export async function runWorker(
  files: readonly string[],
  options: RunOptions,
  cwd: string
): Promise<number> {
  const checked = await checkFiles(files, cwd)
  if (hasErrors(checked.problems)) {
    for (const problem of checked.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return EXIT.usage
  }
  const { logger, view, logs } = outputOf(checked)
  for (const warning of checked.problems) logger.warn(formatProblem(warning))
  const stopped = untilSignal(logger)
  const opened = await openHerder({
    broker: brokerSettings(checked.worker, cwd),
    config: checked.worker.config,
    raw: checked.worker.raw,
    plugins: checked.plugins,
    references: checked.references,
    redactor: checked.redactor,
    registryUrl: registryUrl(),
    cwd,
    logger,
    logs,
    workerId: workerIdOf(checked.worker.config),
    url: '',
    alone: true,
    progress: (task, progress) => view.show(task, progress),
    changed: (task, state) =>
      logger.debug(`Task is ${state.state}.`, { connector: task.connector, task: task.task }),
    requestTaskConfigs: async () => {},
    setLogLevel: (name, level) => {
      const known = parseLevel(level)
      if (known !== null) logs.levels.set(name, known)
      else logger.warn('A log level of the config topic is unknown.', { logger: name, level })
    }
  })
  const watch = options.watch
    ? watchFiles(files, cwd, () =>
        checkFiles(files, cwd, checked.redactor)
          .then((changed) => applyFiles(opened, changed, checked.worker, logger))
          .catch((error: unknown) =>
            logger.error('The changed files could not be applied.', { error: describeError(error) })
          )
      )
    : null
  try {
    await opened.herder.start(checked.loaded.connectors)
    await Promise.race([opened.herder.settled(), stopped])
    await announce(logger, options.readyFile)
    await stayUp(stopped)
  } finally {
    watch?.close()
    await opened.close()
    view.close()
  }
  logger.info('stopped')
  return EXIT.done
}

/** @param redactor learns the secrets of the files */
async function checkFiles(
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

/** Where lines go: all that `lines` is given are written, and `logger` asks the levels first. */
function outputOf({ worker, redactor }: CheckedFiles): {
  readonly logger: Logger
  readonly view: ProgressView
  readonly logs: TaskLogs
} {
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

function workerIdOf(config: WorkerConfig): string {
  const host = config['rest.advertised.host.name'] ?? hostname()
  return `${host}:${config['rest.advertised.port'] ?? 8083}`
}

/** The same module as TypeScript in development and as JavaScript in dist/. */
function registryUrl(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../../connectors/registry.${extension}`, import.meta.url).href
}

async function announce(logger: Logger, readyFile: string | undefined): Promise<void> {
  const ms = Math.round(performance.now())
  logger.info('ready', { ms })
  if (readyFile === undefined) return
  await writeFile(readyFile, `${JSON.stringify({ pid: process.pid, ms })}\n`)
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

import { Command } from 'commander'
import type { Connector } from '../api/connector.ts'
import { describeError } from '../api/errors.ts'
import { type LoadedConnector, loadFiles } from '../config/load-files.ts'
import { formatProblem, hasErrors, type Problem, sortProblems } from '../config/problem.ts'
import { Redactor } from '../config/redact.ts'
import { type ValidatedConnector, validateConnector } from '../config/validate-connector.ts'
import { validateWorker } from '../config/validate-worker.ts'
import { printExactJson } from '../stores/exact-json.ts'
import { EXIT } from './exit-code.ts'
import { loadPlugins } from './load-plugins.ts'
import { print, style } from './terminal.ts'
import { workerReferences } from './worker-references.ts'

const HELP = `
Names every problem at once, with file, line, column and what to write instead.

Examples:
  $ millrace validate configs/                   all files of a folder
  $ millrace validate worker.yaml shop.yaml      with the worker's plugins and config providers
  $ millrace validate --connect shop.yaml        also try hosts, credentials and privileges
  $ millrace validate --json configs/ | jq .     for machines

Exit codes: 0 no errors (perhaps warnings); 1 errors; 2 wrong usage.`

/** How long a host may take to answer `--connect`. */
const CONNECT_TIMEOUT_MS = 30_000

/** `millrace validate`. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check connector and worker files, without starting anything')
    .argument('<files...>', 'files, folders or globs: YAML, JSON or .properties')
    .option('--connect', 'reach out to the systems that the connectors name')
    .option('--json', 'print one JSON document')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: { connect?: boolean; json?: boolean }) => {
      const cwd = process.cwd()
      const result = await validateFiles(files, cwd, options.connect ?? false)
      if (options.json) await print(printExactJson(result))
      else await printResult(result)
      process.exitCode = hasErrors(result.problems) ? EXIT.failed : EXIT.done
    })
}

/** What `validate --json` prints. */
export interface ValidationResult {
  readonly valid: boolean
  /** Names of the connectors that were read. */
  readonly connectors: readonly string[]
  /** Whether a worker's settings were among the files. */
  readonly worker: boolean
  readonly problems: readonly Problem[]
}

async function validateFiles(
  files: readonly string[],
  cwd: string,
  connect: boolean
): Promise<ValidationResult> {
  const loaded = await loadFiles(files, { cwd })
  const redactor = new Redactor()
  const references = workerReferences(loaded.worker?.config ?? {}, cwd, redactor)
  const settings = await validateWorker(loaded.worker, { references })
  const plugins = await loadPlugins(settings.config['plugin.path'], cwd)
  const worker = await validateWorker(loaded.worker, { references, plugins })
  const problems = [...loaded.problems, ...worker.problems]
  for (const connector of loaded.connectors) {
    const validated = await validateConnector(connector, { plugins, references })
    problems.push(...validated.problems)
    if (connect && !hasErrors(validated.problems)) {
      problems.push(...(await checkConnector(connector, validated, redactor)))
    }
  }
  return {
    valid: !hasErrors(problems),
    connectors: loaded.connectors.map(({ name }) => name),
    worker: loaded.worker !== null,
    problems: sortProblems(problems)
  }
}

/** The plugin's own check of the outside, as problems with a place. */
async function checkConnector(
  connector: LoadedConnector,
  { plugin, config, raw }: ValidatedConnector,
  redactor: Redactor
): Promise<readonly Problem[]> {
  if (!plugin?.check) return []
  redactor.addConfig(raw, plugin.config)
  const found = await findings(plugin, config, raw)
  return found.map(({ key, message }) => {
    const position = (key === null ? null : connector.locate(key)) ?? connector.start
    return {
      severity: 'error',
      file: connector.file,
      line: position.line,
      column: position.column,
      connector: connector.name,
      key,
      message: redactor.text(message),
      suggestion: null
    }
  })
}

async function findings(
  plugin: Connector,
  config: Record<string, unknown>,
  raw: Readonly<Record<string, string>>
): Promise<readonly { key: string | null; message: string }[]> {
  try {
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
    return (await plugin.check?.(config, raw, signal)) ?? []
  } catch (error) {
    return [{ key: null, message: describeError(error) }]
  }
}

async function printResult(result: ValidationResult): Promise<void> {
  for (const problem of result.problems) {
    const word = problem.severity
    const colour = word === 'error' ? 'red' : 'yellow'
    const text = formatProblem(problem)
    await print(text.replace(`${word}: `, `${style(process.stdout, colour, word)}: `))
  }
  const errors = result.problems.filter((problem) => problem.severity === 'error').length
  const warnings = result.problems.length - errors
  const read = `${count(result.connectors.length, 'connector')}${result.worker ? ' and a worker' : ''}`
  const verdict =
    errors > 0 ? style(process.stdout, 'red', 'not valid') : style(process.stdout, 'green', 'valid')
  await print(`${read}: ${verdict}, ${count(errors, 'error')}, ${count(warnings, 'warning')}`)
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

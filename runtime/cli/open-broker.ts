import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Option } from 'commander'
import { ConnectError } from '../api/errors.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import { type BrokerSettings, openBroker } from '../broker/open-broker.ts'
import { kafkaClientKeys } from '../config/kafka-client-keys.ts'
import { type LoadedWorker, loadFiles } from '../config/load-files.ts'
import { isPattern, patternRegex } from '../config/parse-config.ts'
import { formatProblem, hasErrors } from '../config/problem.ts'
import { type ValidatedWorker, validateWorker } from '../config/validate-worker.ts'
import { usageError } from './exit-code.ts'
import { workerReferences } from './worker-references.ts'

/** Options by which every command that needs topics finds them. */
export interface BrokerOptions {
  readonly worker?: string
  readonly dataDir?: string
  readonly bootstrapServers?: string
}

/** The options of {@link BrokerOptions}, for a command's `addOption`. */
export function brokerOptions(): readonly Option[] {
  return [
    new Option('-w, --worker <file>', 'worker file that says where topics are'),
    new Option('--data-dir <folder>', 'folder of embedded topics (default: ./.millrace)'),
    new Option('--bootstrap-servers <list>', 'Kafka brokers, as host:port,host:port')
  ]
}

const CLIENT_NAMES = Object.keys(kafkaClientKeys)
const CLIENT_PATTERNS = CLIENT_NAMES.filter(isPattern)
  .filter((name) => !/^(producer|consumer|admin)\./.test(name))
  .map(patternRegex)

/** Which broker a worker's settings mean. Relative folders start at `cwd`. */
export function brokerSettings(worker: ValidatedWorker, cwd: string): BrokerSettings {
  if (worker.config['bootstrap.servers'] === null) {
    return { kind: 'lmdb', path: resolve(cwd, worker.config['data.dir']) }
  }
  const isClientKey = (key: string) =>
    key === 'bootstrap.servers' ||
    key === 'client.id' ||
    CLIENT_NAMES.includes(key) ||
    CLIENT_PATTERNS.some((pattern) => pattern.test(key))
  const config = Object.fromEntries(Object.entries(worker.raw).filter(([key]) => isClientKey(key)))
  return { kind: 'kafka', config }
}

/**
 * The worker settings that options stand for.
 *
 * @throws {ConnectError} INVALID_CONFIG with every problem of the worker file
 */
export async function workerOf(options: BrokerOptions, cwd: string): Promise<ValidatedWorker> {
  const file = options.worker === undefined ? null : await loadWorker(options.worker, cwd)
  const config = { ...file?.config }
  if (options.dataDir !== undefined) {
    config['data.dir'] = options.dataDir
    delete config['bootstrap.servers']
  }
  if (options.bootstrapServers !== undefined) config['bootstrap.servers'] = options.bootstrapServers
  const nowhere = { file: '', start: { line: 1, column: 1 }, locate: () => null }
  const loaded = { ...(file ?? nowhere), config }
  const references = workerReferences(config, cwd)
  const worker = await validateWorker(loaded, { references })
  if (!hasErrors(worker.problems)) return worker
  throw invalid(
    worker.problems.filter((problem) => problem.severity === 'error').map(formatProblem)
  )
}

async function loadWorker(path: string, cwd: string): Promise<LoadedWorker> {
  const { worker, problems } = await loadFiles([path], { cwd })
  if (hasErrors(problems)) throw invalid(problems.map(formatProblem))
  if (worker === null) throw usageError(`${path} has no worker settings`, 'name a worker file')
  return worker
}

function invalid(lines: readonly string[]): ConnectError {
  return new ConnectError(
    'INVALID_CONFIG',
    `the worker's configuration is wrong\n${lines.join('\n')}`
  )
}

/**
 * Opens the broker that options mean. Embedded topics must be there: a mistyped folder should not
 * look like an empty one.
 *
 * @throws {ConnectError} USAGE when there is no such folder, and all that opening a broker throws
 */
export async function openBrokerOf(options: BrokerOptions, cwd: string): Promise<Broker> {
  const settings = brokerSettings(await workerOf(options, cwd), cwd)
  if (settings.kind === 'lmdb' && !existsSync(settings.path)) {
    throw usageError(
      `there are no embedded topics in ${settings.path}`,
      'name their folder with --data-dir, a worker file with --worker, or Kafka with --bootstrap-servers'
    )
  }
  return openBroker(settings, warningsOnly)
}

/** A command prints its answer; of a client's log, only what went wrong matters. */
export const warningsOnly: Logger = {
  debug() {},
  info() {},
  warn: (message) => void process.stderr.write(`warning: ${message}\n`),
  error: (message) => void process.stderr.write(`error: ${message}\n`)
}

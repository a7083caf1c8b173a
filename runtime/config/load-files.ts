import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RawConfig } from '../api/config.ts'
import { anchorPlugins } from './anchor-plugins.ts'
import { readDocument } from './config-document.ts'
import { type ConfigFile, findConfigFiles } from './config-files.ts'
import type { FormProblem, ParsedFile } from './located-node.ts'
import { type Position, type Problem, sortProblems } from './problem.ts'
import { parseProperties } from './properties-format.ts'
import { parseYaml } from './yaml-format.ts'

/** State of a connector when it is first created, as in Kafka Connect's `initial_state`. */
export type InitialState = 'RUNNING' | 'PAUSED' | 'STOPPED'

/** A connector as a file says it. */
export interface LoadedConnector {
  readonly name: string
  /** Flattened, with references unresolved. Has `name` too, as Kafka Connect's configurations do. */
  readonly config: RawConfig
  readonly initialState: InitialState
  readonly file: string
  /** Where the document starts. */
  readonly start: Position
  /** Where a key is, or `initial_state`; null when the file does not give it. */
  locate(key: string): Position | null
}

/** The worker's settings as a file says them. */
export interface LoadedWorker {
  /** Flattened, with references unresolved. */
  readonly config: RawConfig
  readonly file: string
  readonly start: Position
  locate(key: string): Position | null
}

export interface LoadedFiles {
  readonly connectors: LoadedConnector[]
  /** Null when no document is a worker's: then every worker key has its default. */
  readonly worker: LoadedWorker | null
  readonly problems: Problem[]
}

/**
 * Loads connectors and at most one worker from files, folders and globs. What each document is:
 *
 * - a connector: it has `name` and `config` (and perhaps `initial_state`), as Kafka Connect's JSON;
 *   or it has `name` and `connector.class` with all keys beside them, as Kafka Connect's other forms;
 * - a worker: it has worker keys such as `bootstrap.servers`, on top or under `worker`.
 *
 * YAML files may have several documents. Everything wrong with the form of the files is in
 * `problems`; the values are checked by `validateConnector` and `validateWorker`.
 */
export async function loadFiles(
  paths: readonly string[],
  options: { cwd: string }
): Promise<LoadedFiles> {
  const { files, missing } = await findConfigFiles(paths, options.cwd)
  const loading = new Loading(options.cwd)
  for (const { pattern, reason } of missing) loading.addMissing(pattern, reason)
  for (const file of files) await loading.addFile(file)
  return {
    connectors: [...loading.connectors.values()],
    worker: loading.worker,
    problems: sortProblems(loading.problems)
  }
}

class Loading {
  readonly connectors = new Map<string, LoadedConnector>()
  readonly problems: Problem[] = []
  worker: LoadedWorker | null = null
  readonly #cwd: string

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  addMissing(pattern: string, message: string): void {
    const suggestion = 'name a file, a folder, or a glob in quotes'
    this.#fileProblem('error', pattern, { message, suggestion })
  }

  async addFile(file: ConfigFile): Promise<void> {
    const source = await this.#read(file)
    if (source === null) return
    const parsed = parse(file.path, source)
    for (const problem of parsed.problems) this.#formProblem(file.shown, null, problem)
    if (parsed.documents.length === 0 && parsed.problems.length === 0) {
      this.#fileProblem('warning', file.shown, {
        message: 'the file is empty',
        suggestion: 'add a connector with name and config, or remove the file'
      })
    }
    for (const node of parsed.documents) {
      const document = readDocument(node, { lenient: /\.json$/i.test(file.path) })
      const name = document.kind === 'connector' ? document.name : null
      for (const problem of document.problems) this.#formProblem(file.shown, name, problem)
      if (document.kind === 'connector') await this.#addConnector(file, document)
      if (document.kind === 'worker') this.#addWorker(file, document)
    }
  }

  async #addConnector(
    file: ConfigFile,
    document: Extract<ReturnType<typeof readDocument>, { kind: 'connector' }>
  ): Promise<void> {
    const { name, initialState, initialStateAt, start, entries } = document
    const locateKey = locator(entries)
    const locate = (key: string) => (key === 'initial_state' ? initialStateAt : locateKey(key))
    const earlier = this.connectors.get(name)
    if (earlier) {
      const place = earlier.locate('name') ?? earlier.start
      this.#formProblem(file.shown, name, {
        severity: 'error',
        position: locate('name') ?? start,
        key: 'name',
        message: `there is another connector '${name}', at ${earlier.file}:${place.line}`,
        suggestion: 'give each connector a name of its own'
      })
      return
    }
    const config = await anchorPlugins(valuesOf(entries), dirname(file.path), this.#cwd)
    this.connectors.set(name, { name, config, initialState, file: file.shown, start, locate })
  }

  #addWorker(
    file: ConfigFile,
    document: Extract<ReturnType<typeof readDocument>, { kind: 'worker' }>
  ): void {
    const { start, entries } = document
    if (this.worker === null) {
      const config = valuesOf(entries)
      this.worker = { config, file: file.shown, start, locate: locator(entries) }
      return
    }
    this.#formProblem(file.shown, null, {
      severity: 'error',
      position: start,
      message: `there is another worker configuration, at ${this.worker.file}:${this.worker.start.line}`,
      suggestion: 'keep one; a process is one worker'
    })
  }

  async #read(file: ConfigFile): Promise<string | null> {
    try {
      const text = await readFile(file.path, 'utf8')
      return text.startsWith('\uFEFF') ? text.slice(1) : text
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#fileProblem('error', file.shown, {
        message: `the file cannot be read: ${reason}`,
        suggestion: 'let the user that runs the worker read it'
      })
      return null
    }
  }

  #fileProblem(
    severity: 'error' | 'warning',
    file: string,
    said: { message: string; suggestion: string }
  ): void {
    this.problems.push({
      severity,
      file,
      line: null,
      column: null,
      connector: null,
      key: null,
      ...said
    })
  }

  #formProblem(file: string, connector: string | null, problem: FormProblem): void {
    const { severity, position, message, suggestion, key = null } = problem
    const { line, column } = position
    this.problems.push({ severity, file, line, column, connector, key, message, suggestion })
  }
}

function parse(path: string, source: string): ParsedFile {
  return /\.properties$/i.test(path) ? parseProperties(source) : parseYaml(source)
}

type Entries = ReadonlyMap<string, { readonly value: string; readonly position: Position }>

function valuesOf(entries: Entries): RawConfig {
  return Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value]))
}

function locator(entries: Entries): (key: string) => Position | null {
  return (key) => entries.get(key)?.position ?? null
}

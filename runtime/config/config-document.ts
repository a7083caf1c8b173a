import { type FlatEntry, flatten } from './flatten.ts'
import {
  entryOf,
  type FormProblem,
  kindOf,
  type LocatedEntry,
  type LocatedMap,
  type LocatedNode
} from './located-node.ts'
import { isPattern, patternRegex } from './parse-config.ts'
import type { Position } from './problem.ts'
import { guess } from './spelling.ts'
import { workerKeys } from './worker-keys.ts'

interface DocumentParts {
  readonly start: Position
  readonly entries: ReadonlyMap<string, FlatEntry>
  readonly problems: readonly FormProblem[]
}

/** One document of a configuration file, told apart as `loadFiles` documents. */
export type ConfigDocument =
  | (DocumentParts & {
      readonly kind: 'connector'
      readonly name: string
      readonly initialState: 'RUNNING' | 'PAUSED' | 'STOPPED'
      /** Where it is given; null for the default. */
      readonly initialStateAt: Position | null
    })
  | (DocumentParts & { readonly kind: 'worker' })
  | { readonly kind: 'unknown'; readonly problems: readonly FormProblem[] }

const CONNECTOR_KEYS = ['name', 'config', 'initial_state']

/** What `GET /connectors/{name}` answers besides: such an answer, saved, is a connector file. */
const ANSWER_KEYS = ['tasks', 'type']

const STATES = ['RUNNING', 'PAUSED', 'STOPPED'] as const

/** @param options.lenient unknown keys beside `config` are only warned of, as Kafka Connect ignores them */
export function readDocument(node: LocatedNode, options: { lenient: boolean }): ConfigDocument {
  if (node.kind !== 'map') {
    return unknown({
      severity: 'error',
      position: node.position,
      message: `a configuration is a map of keys to values; this document is ${kindOf(node)}`,
      suggestion: 'write name: ... and config: ... at the start of the line, without a dash'
    })
  }
  const worker = entryOf(node, 'worker')
  if (worker) return readWorkerSection(node, worker)
  if (entryOf(node, 'config')?.value.kind === 'map') return readConnector(node, options.lenient)
  const flat = flatten(node)
  if (flat.entries.has('connector.class')) return readFlatConnector(node)
  const keys = node.entries.map((entry) => entry.key)
  if (keys.includes('config') || keys.includes('name')) return readConnector(node, options.lenient)
  if (keys.some((key) => guess(key, ['config'])?.likely) && node.entries.length <= 3) {
    return readConnector(node, options.lenient)
  }
  if ([...flat.entries.keys()].some(isWorkerKey)) {
    return { kind: 'worker', start: node.position, ...flat }
  }
  return unknown({
    severity: 'error',
    position: node.position,
    message: 'this is neither a connector (name and config) nor a worker (worker keys)',
    suggestion: 'write name: ..., and the connector under config:'
  })
}

const workerPatterns = Object.keys(workerKeys).filter(isPattern).map(patternRegex)

function isWorkerKey(key: string): boolean {
  return Object.hasOwn(workerKeys, key) || workerPatterns.some((pattern) => pattern.test(key))
}

function unknown(problem: FormProblem): ConfigDocument {
  return { kind: 'unknown', problems: [problem] }
}

function readWorkerSection(map: LocatedMap, worker: LocatedEntry): ConfigDocument {
  const problems: FormProblem[] = map.entries
    .filter((entry) => entry !== worker)
    .map((entry) => ({
      severity: 'error',
      position: entry.position,
      key: entry.key,
      message: `${entry.key} stands beside worker, where it has no meaning`,
      suggestion: `move ${entry.key} under worker:, or into a document of its own after ---`
    }))
  if (worker.value.kind !== 'map') {
    return unknown({
      severity: 'error',
      position: worker.position,
      key: 'worker',
      message: `worker is a map of worker keys, but it is ${kindOf(worker.value)}`,
      suggestion: 'write the keys below it, indented'
    })
  }
  const flat = flatten(worker.value)
  return {
    kind: 'worker',
    start: worker.position,
    entries: flat.entries,
    problems: [...problems, ...flat.problems]
  }
}

/** Kafka Connect's flat forms: every key beside `name`. */
function readFlatConnector(map: LocatedMap): ConfigDocument {
  const flat = flatten(map)
  const name = flat.entries.get('name')
  if (name === undefined || name.value === '') {
    return unknown({
      severity: 'error',
      position: name?.position ?? map.position,
      key: 'name',
      message: 'the connector has no name',
      suggestion: 'add name: ...'
    })
  }
  return {
    kind: 'connector',
    name: name.value,
    initialState: 'RUNNING',
    initialStateAt: null,
    start: map.position,
    ...flat
  }
}

function readConnector(map: LocatedMap, lenient: boolean): ConfigDocument {
  const problems = strayKeys(map, lenient)
  const name = readName(map, problems)
  const config = readConfig(map, problems)
  const initialState = readState(map, problems)
  if (name === null || config === null) return { kind: 'unknown', problems }
  const flat = flatten(config)
  const own = flat.entries.get('name')
  const nameEntry = { value: name.text, position: name.position }
  if (own !== undefined && own.value !== name.text) {
    problems.push({
      severity: 'error',
      position: own.position,
      key: 'name',
      message: `config has the name '${own.value}', but the connector is named '${name.text}'`,
      suggestion: 'remove name from config'
    })
  }
  return {
    kind: 'connector',
    name: name.text,
    initialState,
    initialStateAt: entryOf(map, 'initial_state')?.position ?? null,
    start: map.position,
    entries: new Map([['name', nameEntry], ...[...flat.entries].filter(([key]) => key !== 'name')]),
    problems: [...problems, ...flat.problems]
  }
}

function strayKeys(map: LocatedMap, lenient: boolean): FormProblem[] {
  const problems: FormProblem[] = []
  for (const { key, position } of map.entries) {
    if (CONNECTOR_KEYS.includes(key) || ANSWER_KEYS.includes(key)) continue
    const free = CONNECTOR_KEYS.filter((known) => !map.entries.some((entry) => entry.key === known))
    const meant = guess(key, free)
    problems.push({
      severity: lenient && !meant?.likely ? 'warning' : 'error',
      position,
      key,
      message: `${key} stands beside name and config, where it has no meaning`,
      suggestion: meant?.likely ? `write ${meant.name}` : `move ${key} under config:`
    })
  }
  return problems
}

function readName(
  map: LocatedMap,
  problems: FormProblem[]
): { text: string; position: Position } | null {
  const entry = entryOf(map, 'name')
  const value = entry?.value
  if (entry && value?.kind === 'scalar' && value.text.trim() !== '') {
    return { text: value.text, position: entry.position }
  }
  if (entry === undefined && problems.some((problem) => problem.suggestion === 'write name')) {
    return null
  }
  problems.push({
    severity: 'error',
    position: entry?.position ?? map.position,
    key: 'name',
    message: entry ? 'name must be text' : 'the connector has no name',
    suggestion: 'write name: followed by a name of its own for the connector'
  })
  return null
}

function readConfig(map: LocatedMap, problems: FormProblem[]): LocatedMap | null {
  const entry = entryOf(map, 'config')
  if (entry?.value.kind === 'map') return entry.value
  if (entry === undefined && problems.some((problem) => problem.suggestion === 'write config')) {
    return null
  }
  problems.push({
    severity: 'error',
    position: entry?.position ?? map.position,
    key: 'config',
    message: entry
      ? `config is a map of keys to values, but it is ${kindOf(entry.value)}`
      : 'the connector has no config',
    suggestion: 'write config: and below it, indented, connector.class: ... and the other keys'
  })
  return null
}

function readState(map: LocatedMap, problems: FormProblem[]): (typeof STATES)[number] {
  const entry = entryOf(map, 'initial_state')
  if (entry === undefined) return 'RUNNING'
  const text = entry.value.kind === 'scalar' ? entry.value.text.trim() : ''
  const state = STATES.find((known) => known === text.toUpperCase())
  if (state) return state
  const meant = guess(text.toUpperCase(), STATES)
  problems.push({
    severity: 'error',
    position: entry.position,
    key: 'initial_state',
    message: `initial_state must be one of ${STATES.join(', ')}, not '${text}'`,
    suggestion: `write initial_state: ${meant?.name ?? 'RUNNING'}`
  })
  return 'RUNNING'
}

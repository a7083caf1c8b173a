import type { Logger } from '../api/task.ts'
import type { LogLevel } from './logger.ts'

/** The levels of Log4j, which Kafka Connect's REST API takes, from silent to all. */
export const LEVEL_NAMES = [
  'OFF',
  'FATAL',
  'ERROR',
  'WARN',
  'INFO',
  'DEBUG',
  'TRACE',
  'ALL'
] as const

export type LevelName = (typeof LEVEL_NAMES)[number]

/** The level that counts for a logger, as Kafka Connect's REST API shows it. */
export interface LoggerLevel {
  readonly level: LevelName
  /** Milliseconds since 1970 of the last change; null before the first. */
  readonly last_modified: number | null
}

/** A level for a name and all below it, as plain data that crosses threads. */
export interface LevelSetting {
  readonly name: string
  readonly level: LevelName
}

/**
 * The loggers of the parts of a worker. They have the names of the classes that do the same in Kafka
 * Connect, so that what its users know works: a part that is several classes there has several names.
 */
export const PART_LOGGERS = {
  worker: ['org.apache.kafka.connect.runtime.Worker'],
  herder: ['org.apache.kafka.connect.runtime.distributed.DistributedHerder'],
  group: ['org.apache.kafka.connect.runtime.distributed.WorkerCoordinator'],
  rest: ['org.apache.kafka.connect.runtime.rest.RestServer'],
  configs: ['org.apache.kafka.connect.storage.KafkaConfigBackingStore'],
  offsets: ['org.apache.kafka.connect.storage.KafkaOffsetBackingStore'],
  statuses: ['org.apache.kafka.connect.storage.KafkaStatusBackingStore'],
  client: ['org.apache.kafka.clients.NetworkClient'],
  connector: ['org.apache.kafka.connect.runtime.WorkerConnector'],
  sourceTask: [
    'org.apache.kafka.connect.runtime.WorkerTask',
    'org.apache.kafka.connect.runtime.AbstractWorkerSourceTask',
    'org.apache.kafka.connect.runtime.WorkerSourceTask',
    'org.apache.kafka.connect.runtime.ExactlyOnceWorkerSourceTask'
  ],
  sinkTask: [
    'org.apache.kafka.connect.runtime.WorkerTask',
    'org.apache.kafka.connect.runtime.WorkerSinkTask'
  ]
} as const satisfies Readonly<Record<string, readonly string[]>>

export type LoggerPart = keyof typeof PART_LOGGERS

const ROOT = 'root'

/** What each of our own four levels is among Log4j's. */
const SEVERITY: Readonly<Record<LogLevel, number>> = {
  error: LEVEL_NAMES.indexOf('ERROR'),
  warn: LEVEL_NAMES.indexOf('WARN'),
  info: LEVEL_NAMES.indexOf('INFO'),
  debug: LEVEL_NAMES.indexOf('DEBUG')
}

/** @returns the level, whatever its case; null for what is no level */
export function parseLevel(text: string): LevelName | null {
  return LEVEL_NAMES.find((name) => name === text.toUpperCase()) ?? null
}

/**
 * How much each logger of this process writes. A setting counts for a name and for all below it in the
 * hierarchy of dots, and takes the place of earlier ones there: the latest that covers a name counts.
 */
export class LogLevels {
  readonly #now: () => number
  /** In the order in which they were set; the root's is the first. */
  #settings: LevelSetting[]
  /** All loggers that there are. */
  readonly #names = new Set<string>(Object.values(PART_LOGGERS).flat())
  readonly #modified = new Map<string, number>()
  readonly #listeners = new Set<(settings: readonly LevelSetting[]) => void>()

  /** @param now milliseconds since 1970 */
  constructor(root: LevelName, now: () => number) {
    this.#now = now
    this.#settings = [{ name: ROOT, level: root }]
    this.#names.add(ROOT)
  }

  /** All loggers by name, sorted, but for those that are off: so does Kafka Connect. */
  list(): Readonly<Record<string, LoggerLevel>> {
    const shown = [...this.#names].toSorted().map((name) => [name, this.#view(name)] as const)
    return Object.fromEntries(shown.filter(([, { level }]) => level !== 'OFF'))
  }

  /** @returns null when there is no such logger; a package is none */
  get(name: string): LoggerLevel | null {
    const known = canonical(name)
    return this.#names.has(known) ? this.#view(known) : null
  }

  /**
   * Sets the level of a logger, which is made if there is none, and of all below it.
   *
   * @throws {RangeError} when there is no such level: see `knows`
   * @returns the loggers whose level is another than before, sorted
   */
  set(name: string, wanted: string): string[] {
    const level = parseLevel(wanted)
    if (level === null) throw new RangeError(`there is no log level '${wanted}'`)
    const namespace = canonical(name)
    this.#names.add(namespace)
    const touched = [...this.#names].filter((known) => covers(namespace, known))
    // A logger that was off is not known to have had a level: so it is in Kafka Connect.
    const changed = touched.filter((known) => {
      const before = this.#effective(known)
      return before !== level || before === 'OFF'
    })
    const others = this.#settings.filter((setting) => !covers(namespace, setting.name))
    this.#settings = [...others, { name: namespace, level }]
    for (const known of changed) this.#modified.set(known, this.#now())
    for (const listener of this.#listeners) listener(this.#settings)
    return changed.toSorted()
  }

  /** Whether there is a level of this name, in any case. */
  knows(level: string): boolean {
    return parseLevel(level) !== null
  }

  /** For another thread: see `follow`. */
  get settings(): readonly LevelSetting[] {
    return this.#settings
  }

  /** Takes over the settings of another thread. */
  follow(settings: readonly LevelSetting[]): void {
    this.#settings = [...settings]
  }

  /** @returns what ends it */
  onChange(listener: (settings: readonly LevelSetting[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether a line is written. @param names all the names that its logger has; the root has none */
  allows(names: readonly string[], level: LogLevel): boolean {
    const setting = this.#settings.findLast(
      ({ name }) => name === ROOT || names.some((own) => covers(name, own))
    )
    return SEVERITY[level] <= LEVEL_NAMES.indexOf(setting?.level ?? 'ALL')
  }

  #effective(name: string): LevelName {
    return this.#settings.findLast((setting) => covers(setting.name, name))?.level ?? 'ALL'
  }

  #view(name: string): LoggerLevel {
    return { level: this.#effective(name), last_modified: this.#modified.get(name) ?? null }
  }
}

/** A logger of a part of the worker: writes the lines that its levels let through. */
export function partLogger(lines: Logger, levels: LogLevels, part?: LoggerPart): Logger {
  const names = part === undefined ? [] : PART_LOGGERS[part]
  const at =
    (level: LogLevel) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (levels.allows(names, level)) lines[level](message, fields)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function canonical(name: string): string {
  return name === '' || name.toLowerCase() === ROOT ? ROOT : name
}

function covers(namespace: string, name: string): boolean {
  return namespace === ROOT || name === namespace || name.startsWith(`${namespace}.`)
}

import type { ConfigOf, ConfigSpec, RawConfig } from './config.ts'
import type { Converter, HeaderConverter, Predicate, Transform } from './converter.ts'
import type { SourceOffset, SourcePartition, TopicPartition } from './record.ts'
import type { Logger, SinkTask, SourceTask } from './task.ts'

/** A finding of a connector's own validation, by config key. */
export interface KeyProblem {
  /** The key at fault, or null for the whole connector. */
  readonly key: string | null
  /** What is wrong and what to do. */
  readonly message: string
}

/** What every plugin says about itself. */
export interface Plugin<S extends ConfigSpec> {
  /** One sentence for `millrace plugins list` and the docs. */
  readonly summary: string
  /** Java class names and other names that mean this plugin too. */
  readonly classNames?: readonly string[]
  readonly version?: string
  readonly config: S
}

/** What a running connector, which is beside its tasks and once in the group, can use. */
export interface ConnectorContext {
  /** The connector's name. */
  readonly connector: string
  readonly logger: Logger
  /** Aborts when the connector has to stop. Every wait takes it. */
  readonly signal: AbortSignal
  /** Has `taskConfigs` called again, such as for a new table; tasks restart when the result differs. */
  requestTaskReconfiguration(): void
}

/** Whose words a connector's keys are listed and refused in: those of Kafka's ConfigDef, or Debezium's. */
export type Dialect = 'kafka' | 'debezium'

export interface ConnectorPlugin<S extends ConfigSpec> extends Plugin<S> {
  /** Default `kafka`. */
  readonly dialect?: Dialect
  /** `task.class` of its tasks' configs, as clients of Kafka Connect know it: a Java class name. */
  readonly taskClass?: string
  /**
   * For a class name that several connectors have: whether a configuration means this one. Where none
   * says so, the one without this function is meant. Its own short name always means it.
   *
   * @param raw with references resolved, or as they are where only facts are asked for
   */
  isMeantBy?(raw: RawConfig): boolean
  /** Checks across keys, without I/O. Called after every key parsed. */
  validate?(config: ConfigOf<S>, raw: RawConfig): readonly KeyProblem[]
  /** Reaches out: host, credentials, privileges. Called by `validate --connect` and before a start. */
  check?(config: ConfigOf<S>, raw: RawConfig, signal: AbortSignal): Promise<readonly KeyProblem[]>
  /**
   * Splits the work over at most `tasksMax` tasks: what each adds to the connector's config.
   * Without it a source has one task and a sink has `tasks.max`. It may reach out to the system.
   */
  taskConfigs?(
    config: ConfigOf<S>,
    raw: RawConfig,
    tasksMax: number
  ): readonly RawConfig[] | Promise<readonly RawConfig[]>
  /**
   * Runs beside the tasks for as long as the connector does, on one worker of the group: to notice
   * that the work has to be split anew. Ends soon after the signal aborts. A retriable throw starts
   * the connector again after a backoff, any other fails it; its tasks go on either way.
   */
  monitor?(config: ConfigOf<S>, raw: RawConfig, context: ConnectorContext): Promise<void>
}

/** A source offset that is about to be stored from outside; a null one is forgotten. */
export interface SourceOffsetChange {
  readonly partition: SourcePartition
  readonly offset: SourceOffset | null
}

/** The position of a topic partition that is about to be changed from outside; null forgets it. */
export interface SinkOffsetChange extends TopicPartition {
  readonly offset: number | null
}

export interface SourceConnector<S extends ConfigSpec = ConfigSpec> extends ConnectorPlugin<S> {
  readonly kind: 'source'
  /** For `exactly.once.support: required`. Without it, the connector does with any configuration. */
  supportsExactlyOnce?(config: ConfigOf<S>): boolean
  /**
   * Checks offsets before they are stored, while the connector is stopped. Without it anything is
   * stored. It should let null offsets pass, so that garbage can be cleaned up.
   *
   * @throws {Error} saying what is wrong with them; nothing is stored then
   */
  checkOffsets?(config: ConfigOf<S>, raw: RawConfig, changes: readonly SourceOffsetChange[]): void
  createTask(config: ConfigOf<S>, raw: RawConfig): SourceTask
}

export interface SinkConnector<S extends ConfigSpec = ConfigSpec> extends ConnectorPlugin<S> {
  readonly kind: 'sink'
  /** The target has one writer: the first task gets all partitions, and further ones nothing to do. */
  readonly oneWriter?: boolean
  /**
   * Changes the offsets that the connector keeps in its target, while it is stopped: those are the
   * ones that count at its next start. Without it the connector keeps none.
   *
   * @param connector its name
   * @param changes or `'reset'`: forget all
   * @throws {Error} saying why that is not possible; the group's offsets stay as they are then
   */
  alterOffsets?(
    config: ConfigOf<S>,
    raw: RawConfig,
    connector: string,
    changes: readonly SinkOffsetChange[] | 'reset'
  ): Promise<void>
  createTask(config: ConfigOf<S>, raw: RawConfig): SinkTask
}

export interface TransformPlugin<S extends ConfigSpec = ConfigSpec> extends Plugin<S> {
  readonly kind: 'transform'
  create(config: ConfigOf<S>, raw: RawConfig): Transform
}

export interface PredicatePlugin<S extends ConfigSpec = ConfigSpec> extends Plugin<S> {
  readonly kind: 'predicate'
  create(config: ConfigOf<S>, raw: RawConfig): Predicate
}

export interface ConverterPlugin<S extends ConfigSpec = ConfigSpec> extends Plugin<S> {
  readonly kind: 'converter'
  create(config: ConfigOf<S>, raw: RawConfig, role: 'key' | 'value'): Converter
}

export interface HeaderConverterPlugin<S extends ConfigSpec = ConfigSpec> extends Plugin<S> {
  readonly kind: 'header_converter'
  create(config: ConfigOf<S>, raw: RawConfig): HeaderConverter
}

export type Connector = SourceConnector | SinkConnector

// The returned types forget the spec: the runtime parses by `config` and hands back what it parsed,
// so that only the declaration itself, where both ends meet, is typed by its keys.

/** Declares a source connector. The config type of `createTask` follows from `config`. */
export function defineSource<const S extends ConfigSpec>(
  declaration: Omit<SourceConnector<S>, 'kind'>
): SourceConnector {
  return { ...declaration, kind: 'source' } as unknown as SourceConnector
}

/** Declares a sink connector. */
export function defineSink<const S extends ConfigSpec>(
  declaration: Omit<SinkConnector<S>, 'kind'>
): SinkConnector {
  return { ...declaration, kind: 'sink' } as unknown as SinkConnector
}

/** Declares a single message transform. */
export function defineTransform<const S extends ConfigSpec>(
  declaration: Omit<TransformPlugin<S>, 'kind'>
): TransformPlugin {
  return { ...declaration, kind: 'transform' } as unknown as TransformPlugin
}

/** Declares a predicate. */
export function definePredicate<const S extends ConfigSpec>(
  declaration: Omit<PredicatePlugin<S>, 'kind'>
): PredicatePlugin {
  return { ...declaration, kind: 'predicate' } as unknown as PredicatePlugin
}

/** Declares a converter for keys and values. */
export function defineConverter<const S extends ConfigSpec>(
  declaration: Omit<ConverterPlugin<S>, 'kind'>
): ConverterPlugin {
  return { ...declaration, kind: 'converter' } as unknown as ConverterPlugin
}

/** Declares a converter for headers. */
export function defineHeaderConverter<const S extends ConfigSpec>(
  declaration: Omit<HeaderConverterPlugin<S>, 'kind'>
): HeaderConverterPlugin {
  return { ...declaration, kind: 'header_converter' } as unknown as HeaderConverterPlugin
}

import type { ConfigOf, RawConfig } from '../../runtime/api/config.ts'
import type { KeyProblem } from '../../runtime/api/connector.ts'
import type { sharedSinkKeys } from './sink-keys.ts'

export type SharedSinkConfig = ConfigOf<typeof sharedSinkKeys>

/** The names of the Java sinks, which stand for any database: `connection.url` says which. */
export const JAVA_CLASSES = [
  'io.debezium.connector.jdbc.JdbcSinkConnector',
  'io.confluent.connect.jdbc.JdbcSinkConnector',
  'io.aiven.connect.jdbc.JdbcSinkConnector'
] as const

/** What the Java sinks' tasks are called: Debezium's stand for all of them. */
export const JAVA_TASK_CLASS = 'io.debezium.connector.jdbc.JdbcSinkConnectorTask'

export type InsertMode = 'insert' | 'upsert' | 'update'
export type KeyMode = SharedSinkConfig['primary.key.mode']

/** The configuration in the form that a sink works with. */
export interface SinkSettings {
  readonly insertMode: InsertMode
  readonly keyMode: KeyMode
  readonly keyFields: readonly string[]
  readonly deleteEnabled: boolean
  readonly truncateEnabled: boolean
  readonly batchSize: number
  readonly exactlyOnce: boolean
  readonly offsetsTable: string
  readonly placeholder: string
  readonly decimalsAsBase64: boolean
  readonly nameFormat: string
  readonly nameRegex: RegExp | null
  readonly nameReplacement: string
  readonly namePrefix: string
  readonly nameSuffix: string
  /** Whether dots of the topic separate schema and table (Confluent, Aiven) or become underscores. */
  readonly topicDotsSeparate: boolean
  readonly autoCreate: boolean
  readonly autoEvolve: boolean
  readonly foldNames: boolean
  readonly includeFields: readonly string[]
  readonly excludeFields: readonly string[]
}

/** Whether a Java sink's class name was given, and which. */
export function javaClass(raw: RawConfig): (typeof JAVA_CLASSES)[number] | undefined {
  return JAVA_CLASSES.find((name) => name === raw['connector.class'])
}

/**
 * Applies the defaults of the sink whose class name was given.
 *
 * @param foldNames whether names are folded to lower case, as the target does where they are not quoted
 */
export function sinkSettings(
  config: SharedSinkConfig,
  raw: RawConfig,
  foldNames: boolean
): SinkSettings {
  const java = javaClass(raw)
  const debezium = java === JAVA_CLASSES[0]
  const given = (...names: readonly string[]) => names.some((name) => raw[name] !== undefined)
  const evolve = java && !given('schema.evolution') ? false : config['schema.evolution'] === 'basic'
  const mode = java && !given('insert.mode') ? 'insert' : config['insert.mode']
  const keyMode =
    given('primary.key.mode', 'pk.mode') || !java ? config['primary.key.mode'] : 'none'
  const regex = config['table.name.regex']
  return {
    insertMode: mode === 'multi' ? 'insert' : mode,
    keyMode,
    keyFields: config['primary.key.fields'],
    deleteEnabled: java && !given('delete.enabled') ? false : config['delete.enabled'],
    truncateEnabled: java && !given('truncate.enabled') ? false : config['truncate.enabled'],
    batchSize: config['batch.size'],
    exactlyOnce: config['exactly.once.enabled'],
    offsetsTable: config['offsets.table.name'],
    placeholder: config['unavailable.value.placeholder'],
    decimalsAsBase64: config['schemaless.decimal.format'] === 'base64',
    nameFormat: config['collection.name.format'],
    nameRegex: regex === null ? null : new RegExp(`^(?:${regex})$`),
    nameReplacement: config['table.name.replacement'],
    namePrefix: config['collection.naming.prefix'],
    nameSuffix: config['collection.naming.suffix'],
    topicDotsSeparate: java !== undefined && !debezium,
    autoCreate: given('auto.create') ? config['auto.create'] : evolve,
    autoEvolve: given('auto.evolve') ? config['auto.evolve'] : evolve,
    foldNames,
    includeFields: config['field.include.list'],
    excludeFields: config['field.exclude.list']
  }
}

/** Modes that do not go together. */
export function modeProblems(settings: SinkSettings): KeyProblem[] {
  const problems: KeyProblem[] = []
  const { keyMode, insertMode } = settings
  if (settings.deleteEnabled && (keyMode === 'none' || keyMode === 'kafka')) {
    const message = `cannot be true with primary.key.mode ${keyMode}: rows are deleted by the key of their record`
    problems.push({ key: 'delete.enabled', message })
  }
  if (keyMode === 'none' && insertMode !== 'insert') {
    const message = `cannot be ${insertMode} with primary.key.mode none: set it to record_key`
    problems.push({ key: 'insert.mode', message })
  }
  if (keyMode === 'kafka' && ![0, 3].includes(settings.keyFields.length)) {
    const message =
      'must name three columns with primary.key.mode kafka: for topic, partition and offset'
    problems.push({ key: 'primary.key.fields', message })
  }
  return problems
}

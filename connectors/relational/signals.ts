import { list, long, string } from '../../runtime/api/config.ts'
import type { Struct } from '../../runtime/api/schema.ts'
import { NameFilter, patternList } from './name-filter.ts'

const CHANNELS = ['source', 'file']

/** Keys of signals. */
export const signalKeys = {
  'signal.data.collection': string({
    doc: 'The table whose new rows are signals: <database or schema>.<table>, with the columns id, type and data. The connector also marks in it where it reads the chunks of an incremental snapshot, and needs to be allowed to write it.',
    default: null,
    importance: 'MEDIUM'
  }),
  'signal.enabled.channels': list({
    doc: 'Where signals come from: source (the table of signal.data.collection) and file. The channel kafka is not supported, because a source task reads no topics; jmx is not, because there is no JMX.',
    default: ['source'],
    importance: 'MEDIUM',
    validator: (given) => {
      const unknown = given.find((channel) => !CHANNELS.includes(channel))
      return unknown === undefined
        ? undefined
        : `must be a list of source and file, and '${unknown}' is neither`
    }
  }),
  'signal.file': string({
    doc: 'The file of channel file: one signal a line, as JSON with id, type and data. Lines that were read are removed.',
    default: 'file-signals.txt'
  }),
  'signal.poll.interval.ms': long({
    doc: 'How often the file is looked at, in milliseconds.',
    default: 5000,
    min: 1,
    importance: 'MEDIUM'
  })
} as const

/** A signal as it arrives. */
export interface Signal {
  readonly id: string
  readonly type: string
  /** JSON text, or null. */
  readonly data: string | null
}

/** An SQL condition for the tables that a pattern matches; for a blocking snapshot a whole SELECT. */
export interface AdditionalCondition {
  /** Regular expression of the whole name, upper and lower case alike. */
  readonly pattern: string
  readonly filter: string
}

export interface ExecuteSnapshot {
  readonly kind: 'execute-snapshot'
  readonly id: string
  readonly mode: 'incremental' | 'blocking'
  /** Names or regular expressions: see {@link matchingTables}. */
  readonly collections: readonly string[]
  readonly conditions: readonly AdditionalCondition[]
  /** The column to read chunks by, instead of the primary key. */
  readonly surrogateKey: string | null
}

/** What a signal asks for. */
export type SignalAction =
  | ExecuteSnapshot
  /** Null stops the whole snapshot; names or regular expressions else. */
  | {
      readonly kind: 'stop-snapshot'
      readonly id: string
      readonly collections: readonly string[] | null
    }
  | { readonly kind: 'pause-snapshot' | 'resume-snapshot'; readonly id: string }
  /** A message for the log, in which `{}` stands for the offset: see {@link logMessage}. */
  | { readonly kind: 'log'; readonly id: string; readonly message: string }
  /** A watermark of an incremental snapshot, of this task or of an earlier one. */
  | { readonly kind: 'window'; readonly id: string }
  /** Nothing is done, and a warning says why: as in Debezium, a bad signal never stops the task. */
  | { readonly kind: 'unusable'; readonly id: string; readonly reason: string }

/** Type of the rows that mark the beginning of a chunk, and the end of their ids. */
export const WINDOW_OPEN = { type: 'snapshot-window-open', suffix: '-open' } as const
export const WINDOW_CLOSE = { type: 'snapshot-window-close', suffix: '-close' } as const

/** Finds out what a signal asks for. Never throws. */
export function readSignal(signal: Signal): SignalAction {
  const { id, type } = signal
  if (type === WINDOW_OPEN.type || type === WINDOW_CLOSE.type) return { kind: 'window', id }
  if (type === 'pause-snapshot' || type === 'resume-snapshot') return { kind: type, id }
  const unusable = (reason: string): SignalAction => ({ kind: 'unusable', id, reason })
  if (type === 'schema-changes') {
    return unusable('tables are read from the database, schema-changes is not supported')
  }
  if (type !== 'execute-snapshot' && type !== 'stop-snapshot' && type !== 'log') {
    return unusable(`there is no signal of type '${type}'`)
  }
  try {
    const data = parseData(signal.data)
    if (type === 'log') return { kind: 'log', id, message: textOf(data, 'message') ?? '' }
    return type === 'stop-snapshot' ? stopSnapshot(id, data) : executeSnapshot(id, data)
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error))
  }
}

type Data = Readonly<Record<string, unknown>>

function parseData(text: string | null): Data {
  if (text === null || text.trim() === '') return {}
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new Error(`its data is no JSON: ${text}`)
  }
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Data
  throw new Error(`its data is no JSON object: ${text}`)
}

function executeSnapshot(id: string, data: Data): SignalAction {
  const collections = patternsOf(data, 'data-collections')
  if (collections === null) throw new Error('its data names no table in data-collections')
  const mode = (textOf(data, 'type') ?? 'incremental').toLowerCase()
  if (mode !== 'incremental' && mode !== 'blocking') {
    throw new Error(`its data has the type '${mode}', which is neither incremental nor blocking`)
  }
  const surrogateKey = textOf(data, 'surrogate-key')
  return {
    kind: 'execute-snapshot',
    id,
    mode,
    collections,
    conditions: conditionsOf(data),
    surrogateKey: surrogateKey?.trim() ? surrogateKey.trim() : null
  }
}

function stopSnapshot(id: string, data: Data): SignalAction {
  const mode = (textOf(data, 'type') ?? 'incremental').toLowerCase()
  if (mode !== 'incremental') throw new Error('only an incremental snapshot can be stopped')
  return { kind: 'stop-snapshot', id, collections: patternsOf(data, 'data-collections') }
}

function textOf(data: Data, field: string): string | null {
  const value = data[field]
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw new Error(`its data has a ${field} that is no text`)
}

function patternsOf(data: Data, field: string): string[] | null {
  const value = data[field] ?? []
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw new Error(`its data has a ${field} that is no list of names`)
  }
  const patterns = value.map((item: string) => item.trim())
  const problem = patternList(patterns)
  if (problem !== undefined) throw new Error(`its data ${problem}`)
  return patterns.length === 0 ? null : patterns
}

function conditionsOf(data: Data): AdditionalCondition[] {
  const old = textOf(data, 'additional-condition')
  if (old?.trim()) return [{ pattern: '.*', filter: old }]
  const given = data['additional-conditions'] ?? []
  if (!Array.isArray(given)) throw new Error('its data has additional-conditions that are no list')
  return given.map((one: unknown) => {
    const condition = typeof one === 'object' && one !== null ? (one as Data) : {}
    const pattern = textOf(condition, 'data-collection')
    const filter = textOf(condition, 'filter')
    if (pattern !== null && filter !== null && patternList([pattern]) === undefined) {
      return { pattern, filter }
    }
    throw new Error('its data has an additional condition without data-collection or filter')
  })
}

/**
 * The tables that a signal names: for each pattern those that it matches, or itself when it matches none
 * (a notification then says that the table is not known).
 *
 * @param captured names of the captured tables, in order
 */
export function matchingTables(
  patterns: readonly string[],
  captured: readonly string[]
): readonly string[] {
  const found = patterns.flatMap((pattern) => {
    const filter = new NameFilter([pattern])
    const names = captured.filter((name) => filter.includes(name))
    return names.length > 0 ? names : [pattern]
  })
  return [...new Set(found)]
}

/** The condition for a table: that of the first pattern that matches it; null for none. */
export function conditionFor(
  conditions: readonly AdditionalCondition[],
  table: string
): string | null {
  const found = conditions.find(({ pattern }) => new NameFilter([pattern]).includes(table))
  return found?.filter.trim() ? found.filter : null
}

/** The text of a `log` signal. @param offset stored offset, as JSON text */
export function logMessage(message: string, offset: string): string {
  return message.replace('{}', offset)
}

/**
 * The signal in a row of the signal table, as the stream or a snapshot decodes it. Columns are found by their
 * names, or else by their order.
 *
 * @returns null when the row has no such columns
 */
export function signalOfRow(row: Struct): Signal | null {
  const { fields } = row.schema
  const value = (name: string, index: number) => {
    const field = row.schema.field(name) ?? fields[index]
    return field === undefined ? undefined : row.values[field.index]
  }
  const [id, type, data] = [value('id', 0), value('type', 1), value('data', 2)]
  if (typeof id !== 'string' || typeof type !== 'string') return null
  return { id, type, data: typeof data === 'string' ? data : null }
}

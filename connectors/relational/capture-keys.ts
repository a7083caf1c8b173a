import {
  boolean,
  int,
  type KeyOptions,
  list,
  long,
  oneOf,
  string
} from '../../runtime/api/config.ts'
import { patternList, patternRefusal } from './name-filter.ts'

// Keys that Debezium's relational connectors have in common. Names, defaults and meanings are Debezium's.

/** A list of regular expressions that match whole names. */
export const patterns = (
  doc: string,
  options: Partial<Pick<KeyOptions<unknown>, 'examples' | 'dependents' | 'excludes'>> = {}
) =>
  list({
    doc,
    default: [],
    importance: 'MEDIUM',
    validator: patternList,
    listing: { refusal: patternRefusal },
    ...options
  })

export const topicKeys = {
  'topic.prefix': string({
    doc: 'Logical name of the server: the beginning of every topic name. Changing it starts a new snapshot.',
    importance: 'HIGH',
    examples: ['shop'],
    validator: (prefix) =>
      /^[a-zA-Z0-9._-]+$/.test(prefix)
        ? undefined
        : `must have only letters, digits, dots, hyphens and underscores, not '${prefix}'`,
    listing: {
      refusal: (prefix) =>
        `${prefix} has invalid format (only the underscore, hyphen, dot and alphanumeric characters are allowed)`
    }
  }),
  'topic.delimiter': string({ doc: 'Between the parts of a topic name.', default: '.' })
} as const

/**
 * Keys of what is captured.
 *
 * @param owner what tables belong to: their names are `owner.table`
 * @param examples of `table.include.list`
 */
export const tableKeys = (owner: 'schema' | 'database', examples: readonly string[]) =>
  ({
    'table.include.list': patterns(`Tables to capture, as ${owner}.table.`, { examples }),
    'table.exclude.list': patterns('Tables not to capture.', { excludes: 'table.include.list' }),
    'column.include.list': patterns(`Columns to capture, as ${owner}.table.column.`),
    'column.exclude.list': patterns('Columns not to capture.', { excludes: 'column.include.list' }),
    'message.key.columns': string({
      doc: 'Columns that form the record key instead of the primary key: table:column,column;table:column.',
      default: null,
      importance: 'MEDIUM'
    }),
    'tombstones.on.delete': boolean({
      doc: 'Whether a delete is followed by a record with the same key and no value.',
      default: true
    }),
    'skipped.operations': list({
      doc: 'Operations to leave out: c, u, d, t, or none.',
      default: ['t'],
      validator: (given) =>
        given.every((op) => /^(c|u|d|t|none)$/.test(op))
          ? undefined
          : `must be a list of c, u, d, t or none, not '${given.join(',')}'`
    }),
    'extended.headers.enabled': boolean({
      doc: 'Whether records carry the __debezium.context headers.',
      default: true
    })
  }) as const

/** @param doc of `heartbeat.interval.ms`: what happens without heartbeats */
export const heartbeatKeys = (doc: string) =>
  ({
    'heartbeat.interval.ms': int({
      doc: `How often to send a heartbeat record, in milliseconds; 0 sends none. ${doc}`,
      default: 0,
      min: 0,
      importance: 'MEDIUM'
    }),
    'topic.heartbeat.prefix': string({
      doc: 'Heartbeats go to the topic <this>.<topic.prefix>.',
      default: '__debezium-heartbeat',
      importance: 'LOW',
      aliases: ['heartbeat.topics.prefix'],
      listing: { name: 'heartbeat.topics.prefix' }
    })
  }) as const

export const snapshotTableKeys = {
  'snapshot.include.collection.list': patterns('The captured tables to read in a snapshot.'),
  'snapshot.tables.order.by.row.count': oneOf(['disabled', 'descending', 'ascending'], {
    doc: 'Read tables by their estimated number of rows instead of by name.',
    default: 'disabled',
    group: 'Snapshot'
  })
} as const

export const queueKeys = {
  'max.batch.size': int({
    doc: 'The most rows that one poll returns.',
    default: 2048,
    min: 1,
    group: 'Queue'
  }),
  'max.queue.size.in.bytes': long({
    doc: 'The most bytes read ahead from the server; 0 stands for 4 MiB.',
    default: 0,
    min: 0,
    group: 'Queue'
  })
} as const

export const DEFAULT_QUEUE_BYTES = 4 * 1024 * 1024

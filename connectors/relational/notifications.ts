/**
 * Notifications about snapshots, as Debezium sends them: schemas, order of fields and of the entries of
 * `additional_data` as in its records.
 */
import { randomUUID } from 'node:crypto'
import { list, string } from '../../runtime/api/config.ts'
import type { KeyProblem } from '../../runtime/api/connector.ts'
import type { SourceRecord } from '../../runtime/api/record.ts'
import * as s from '../../runtime/api/schema.ts'
import type { Logger } from '../../runtime/api/task.ts'
import { hashOrder } from './hash-order.ts'

const CHANNELS = ['sink', 'log', 'jmx']

export const notificationKeys = {
  'notification.enabled.channels': list({
    doc: 'Where to tell how snapshots go: sink (records in a topic), log, both, or nothing. jmx is accepted and does nothing: there is no JMX.',
    default: [],
    importance: 'LOW',
    validator: (given) => {
      const unknown = given.find((channel) => !CHANNELS.includes(channel))
      return unknown === undefined
        ? undefined
        : `must be a list of sink and log, and '${unknown}' is neither`
    }
  }),
  'notification.sink.topic.name': string({
    doc: 'The topic of the notifications of channel sink.',
    default: null,
    importance: 'LOW'
  })
} as const

export interface NotificationConfig {
  readonly 'notification.enabled.channels': readonly string[]
  readonly 'notification.sink.topic.name': string | null
}

/** A sink channel without topic. */
export function notificationProblems(config: NotificationConfig): KeyProblem[] {
  const needsTopic = config['notification.enabled.channels'].includes('sink')
  if (!needsTopic || config['notification.sink.topic.name'] !== null) return []
  const key = 'notification.sink.topic.name'
  return [{ key, message: `${key} is missing: the channel sink needs a topic` }]
}

/** What became of a table in a snapshot. */
export type TableStatus =
  | 'SUCCEEDED'
  | 'EMPTY'
  | 'NO_PRIMARY_KEY'
  | 'SKIPPED'
  | 'SQL_EXCEPTION'
  | 'UNKNOWN_SCHEMA'

const keySchema = s.struct(
  { id: s.string() },
  { name: 'io.debezium.connector.common.NotificationKey', version: 1 }
)

const valueSchema = s.struct(
  {
    id: s.string(),
    type: s.string(),
    aggregate_type: s.string(),
    additional_data: s.map(s.string(), s.string(), { optional: true }),
    timestamp: s.int64()
  },
  { name: 'io.debezium.connector.common.Notification', version: 1 }
)

type Data = readonly (readonly [key: string, value: string])[]

/**
 * Tells how snapshots go. One per task; what is to become records waits until {@link take} is called:
 *
 *     notifications.initial.started()
 *     out.push(...notifications.take())
 */
export class Notifications {
  /** Of initial and of blocking snapshots, which Debezium gives the same name. */
  readonly initial: SnapshotNotifications
  readonly #about: {
    readonly config: NotificationConfig
    readonly name: string
    readonly logger: Logger
    readonly now: () => number
  }
  #waiting: SourceRecord[] = []

  /** @param about name: `topic.prefix`; now: milliseconds since 1970 */
  constructor(about: {
    readonly config: NotificationConfig
    readonly name: string
    readonly logger: Logger
    readonly now: () => number
  }) {
    this.#about = about
    this.initial = new SnapshotNotifications((type, data) =>
      this.#notify({ id: randomUUID(), aggregate: 'Initial Snapshot' }, type, data)
    )
  }

  /**
   * Of an incremental snapshot.
   * @param id of the signal that asked for it; null when it is not known
   */
  incremental(id: string | null): IncrementalNotifications {
    return new IncrementalNotifications((type, data) =>
      this.#notify({ id: id ?? randomUUID(), aggregate: 'Incremental Snapshot' }, type, data)
    )
  }

  /** The records that have come up since the last call. */
  take(): SourceRecord[] {
    const waiting = this.#waiting
    if (waiting.length > 0) this.#waiting = []
    return waiting
  }

  #notify(about: { id: string; aggregate: string }, type: string, data: Data): void {
    const { config, name, logger, now } = this.#about
    const [first, ...rest] = data
    const before = first === undefined || first[0] === 'data_collections' ? [] : [first]
    const after = before.length === 0 ? data : rest
    const additional = new Map([...before, ['connector_name', name] as const, ...after])
    const channels = config['notification.enabled.channels']
    if (channels.includes('log')) {
      const fields = { ...Object.fromEntries(additional), id: about.id }
      logger.info(`${about.aggregate}: ${type}`, fields)
    }
    const topic = config['notification.sink.topic.name']
    if (!channels.includes('sink') || topic === null) return
    this.#waiting.push({
      topic,
      partition: null,
      keySchema,
      key: new s.Struct(keySchema, [about.id]),
      valueSchema,
      value: new s.Struct(valueSchema, [about.id, type, about.aggregate, additional, now()]),
      headers: [],
      timestamp: null
    })
  }
}

type Notify = (type: string, data: Data) => void

const listOf = (tables: readonly string[]) => ['data_collections', tables.join(',')] as const

export class SnapshotNotifications {
  readonly #notify: Notify

  constructor(notify: Notify) {
    this.#notify = notify
  }

  started(): void {
    this.#notify('STARTED', [])
  }

  /**
   * A table is about to be read.
   * @param tables that are read, in any order
   */
  inProgress(table: string, tables: readonly string[]): void {
    const data = [['current_collection_in_progress', table] as const, listOf(hashOrder(tables))]
    this.#notify('IN_PROGRESS', data)
  }

  /** @param tables of the snapshot, in their order, the signal table included */
  tableScanned(
    table: string,
    about: {
      readonly rows: number
      readonly status: TableStatus
      readonly tables: readonly string[]
    }
  ): void {
    this.#notify('TABLE_SCAN_COMPLETED', scanned(table, about))
  }

  completed(): void {
    this.#notify('COMPLETED', [])
  }

  aborted(): void {
    this.#notify('ABORTED', [])
  }

  /** No snapshot was needed. */
  skipped(): void {
    this.#notify('SKIPPED', [])
  }
}

function scanned(
  table: string,
  about: { readonly rows: number; readonly status: TableStatus; readonly tables: readonly string[] }
): Data {
  return [
    ['scanned_collection', table],
    ['total_rows_scanned', String(about.rows)],
    ['status', about.status],
    listOf(about.tables)
  ]
}

/** In all of them `tables` are those that are still to be read, the one in progress first. */
export class IncrementalNotifications {
  readonly #notify: Notify

  constructor(notify: Notify) {
    this.#notify = notify
  }

  started(tables: readonly string[]): void {
    this.#notify('STARTED', [listOf(tables)])
  }

  /** A chunk was read, up to `lastKey`. Keys are the values of their columns, separated by commas. */
  inProgress(
    table: string,
    about: {
      readonly maximumKey: string
      readonly lastKey: string
      readonly tables: readonly string[]
    }
  ): void {
    this.#notify('IN_PROGRESS', [
      ['current_collection_in_progress', table],
      ['maximum_key', about.maximumKey],
      ['last_processed_key', about.lastKey],
      listOf(about.tables)
    ])
  }

  tableScanned(
    table: string,
    about: {
      readonly rows: number
      readonly status: TableStatus
      readonly tables: readonly string[]
    }
  ): void {
    this.#notify('TABLE_SCAN_COMPLETED', scanned(table, about))
  }

  completed(): void {
    this.#notify('COMPLETED', [])
  }

  /** @param tables that are read no more; null for all */
  aborted(tables: readonly string[] | null): void {
    this.#notify('ABORTED', tables === null ? [] : [listOf(tables)])
  }

  paused(tables: readonly string[]): void {
    this.#notify('PAUSED', [listOf(tables)])
  }

  resumed(tables: readonly string[]): void {
    this.#notify('RESUMED', [listOf(tables)])
  }
}

import type { SourceOffset, SourceRecord } from '../../runtime/api/record.ts'
import { OnDemand } from '../relational/on-demand.ts'
import { currentPosition } from './binlog/position.ts'
import type { ChangeStream } from './change-stream.ts'
import { MysqlChunkSource } from './chunk-source.ts'
import { quoteName } from './errors.ts'
import { isBefore } from './log-point.ts'
import type { TaskParts } from './phase.ts'
import { QuerySession } from './query-session.ts'
import { SNAPSHOT_SETTINGS } from './snapshot-session.ts'

/** Signals, and the snapshots they ask for, of one stream. */
export interface OnDemandParts {
  readonly onDemand: OnDemand
  /** Whether there is a channel that signals could come from. */
  readonly isWanted: boolean
  close(): Promise<void>
}

/**
 * @param about stream: whose position counts; offset: what a `log` signal shows; wake: called when there is
 * something to do while the stream is quiet
 */
export function makeOnDemand(
  parts: TaskParts,
  about: {
    readonly stream: () => ChangeStream
    readonly offset: () => SourceOffset
    readonly wake: () => void
    /** Names of the captured tables. */
    readonly captured: () => readonly string[]
  }
): OnDemandParts {
  const { config, context, flavor, session, settings, records } = parts
  const signals = config['signal.data.collection']
  const reader = new QuerySession(
    { ...settings, initialStatements: [...settings.initialStatements, ...SNAPSHOT_SETTINGS] },
    context.signal
  )
  const onDemand = new OnDemand({
    config,
    source: new MysqlChunkSource({ ...parts, session: reader }),
    writer: signalWriter(session, signals ?? ''),
    positions: {
      current: async () => {
        const { file, position } = await currentPosition(session, flavor)
        return { file, pos: position }
      },
      hasReached: (position) => {
        const end = position as { readonly file: string; readonly pos: number }
        return !isBefore(about.stream().position, end)
      }
    },
    notifications: parts.notifications,
    logger: context.logger,
    captured: () => about.captured().filter((id) => id !== signals),
    offset: about.offset,
    read: (table, row): SourceRecord => {
      const dot = table.id.indexOf('.')
      const place = about.stream().place
      const source = records.source(
        {
          ...place,
          mark: 'incremental',
          micros: Date.now() * 1000,
          database: table.id.slice(0, dot),
          table: table.id.slice(dot + 1)
        },
        0
      )
      return records.read(table, row, source)
    },
    wake: about.wake
  })
  const readsFile = config['signal.enabled.channels'].includes('file')
  return {
    onDemand,
    isWanted: signals !== null || readsFile || config['read.only'],
    close: async () => {
      await onDemand.stopped()
      reader.close()
    }
  }
}

/** @param table `database.table` */
function signalWriter(session: QuerySession, table: string) {
  const dot = table.indexOf('.')
  const name = `${quoteName(table.slice(0, dot))}.${quoteName(table.slice(dot + 1))}`
  return {
    insert: async (row: { readonly id: string; readonly type: string; readonly data: string }) => {
      await session.query(`INSERT INTO ${name} (id, type, data) VALUES (?, ?, ?)`, [
        row.id,
        row.type,
        row.data
      ])
    },
    delete: async (id: string) => {
      await session.query(`DELETE FROM ${name} WHERE id = ?`, [id])
    }
  }
}

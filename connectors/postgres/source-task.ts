import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import type { SourceBatch, SourceOffset } from '../../runtime/api/record.ts'
import type { SourceTask, SourceTaskContext } from '../../runtime/api/task.ts'
import { DEFAULT_QUEUE_BYTES } from '../relational/capture-keys.ts'
import { contextHeaders } from '../relational/change-records.ts'
import { waitFor } from '../relational/wait.ts'
import { TableCatalog } from './captured-table.ts'
import {
  type ConnectionSettings,
  connect,
  contextOf,
  destroy,
  queryOn,
  type RunQuery
} from './connection.ts'
import type { Lsn } from './lsn.ts'
import { parseOffset, type StoredOffset } from './offset.ts'
import type { Phase, TaskParts } from './phase.ts'
import { ensurePublication } from './publication.ts'
import { RecordFactory } from './records.ts'
import { ReplicationClient } from './replication-client.ts'
import { checkSlot, dropSlot, readSlot, serverProblems } from './slot.ts'
import { SnapshotPhase } from './snapshot-phase.ts'
import type { SourceConfig } from './source-config.ts'
import { isLost, planStart, type StartPlan } from './startup.ts'
import { StreamPhase } from './stream-phase.ts'
import { listTables, TableFilter, type TableName } from './table-list.ts'
import { VERSION } from './version.ts'

/** Captures one database: first its rows, then every change, in commit order. */
export class PostgresSourceTask implements SourceTask {
  readonly #config: SourceConfig
  readonly #partition: { readonly server: string }
  #context: SourceTaskContext | undefined
  #client: Client | undefined
  #parts: TaskParts | undefined
  #phase: Phase | undefined
  /** What to stream when the phase is over, or null: nothing. */
  #then: (() => Promise<Phase>) | undefined

  constructor(config: SourceConfig) {
    this.#config = config
    this.#partition = { server: config['topic.prefix'] }
  }

  async start(context: SourceTaskContext): Promise<void> {
    this.#context = context
    const config = this.#config
    const settings = connectionSettings(config, context)
    const stored = await context.committed(this.#partition)
    this.#client = await connect(settings, { signal: context.signal, limited: true })
    const query = queryOn(this.#client, contextOf(settings))
    const [problem] = await serverProblems(query, settings.user)
    if (problem !== undefined) throw problem
    const filter = new TableFilter(config)
    const warn = context.logger.warn.bind(context.logger)
    const catalog = new TableCatalog({ config, filter, query, warn })
    const tables = await listTables(query, filter)
    await this.#ensurePublication(query, tables)
    const replication = await ReplicationClient.open(settings, context.signal)
    const abort = () => replication.close()
    context.signal.addEventListener('abort', abort, { once: true })
    try {
      const { systemId } = await replication.identify()
      const factory = new RecordFactory({
        prefix: config['topic.prefix'],
        database: config['database.dbname'],
        version: VERSION,
        headers: config['extended.headers.enabled']
          ? contextHeaders({
              prefix: config['topic.prefix'],
              task: context.task,
              kind: 'postgresql',
              runId: randomUUID()
            })
          : [],
        tombstones: config['tombstones.on.delete'],
        skipped: new Set(config['skipped.operations'])
      })
      const maxBytes = config['max.queue.size.in.bytes'] || DEFAULT_QUEUE_BYTES
      this.#parts = { config, context, settings, query, catalog, factory, systemId, maxBytes }
      await this.#begin(this.#parts, { replication, tables, filter, stored })
    } finally {
      context.signal.removeEventListener('abort', abort)
      replication.close()
    }
  }

  async poll(): Promise<readonly SourceBatch[]> {
    const context = this.#context
    if (context === undefined || context.signal.aborted) return []
    for (;;) {
      if (this.#phase === undefined) {
        // Nothing left to do: the task stays, and says so.
        await waitFor(() => {}, { signal: context.signal })
        return []
      }
      const polled = await this.#phase.poll()
      if (polled !== null) {
        const { records, offset } = polled
        return [{ sourcePartition: this.#partition, sourceOffset: offset, records }]
      }
      if (context.signal.aborted) return []
      this.#phase.close()
      this.#phase = await this.#then?.()
      this.#then = undefined
    }
  }

  commit(_partition: unknown, offset: SourceOffset): void {
    this.#phase?.commit(offset)
  }

  async stop(): Promise<void> {
    this.#phase?.close()
    this.#phase = undefined
    this.#then = undefined
    const client = this.#client
    this.#client = undefined
    if (client === undefined) return
    if (this.#config['slot.drop.on.stop'] && this.#parts) await this.#dropSlot(this.#parts)
    destroy(client)
  }

  async #begin(
    parts: TaskParts,
    facts: {
      replication: ReplicationClient
      tables: readonly TableName[]
      filter: TableFilter
      stored: SourceOffset | null
    }
  ): Promise<void> {
    const { config, query, systemId, context } = parts
    const slotName = config['slot.name']
    const stored = facts.stored === null ? null : parseOffset(facts.stored)
    let slot = await readSlot(query, slotName)
    const plan = planStart({
      mode: config['snapshot.mode'],
      mismatch: config['offset.mismatch.strategy'],
      stored,
      slot,
      slotName,
      systemId
    })
    if (isLost(slot) && plan.kind === 'snapshot' && config['snapshot.mode'] === 'when_needed') {
      context.logger.warn(`Replication slot '${slotName}' is lost: everything is read again.`)
      await dropSlot(query, slotName)
      slot = null
    }
    if (slot) checkSlot(slot, slotName, config['database.dbname'])
    const streams = config['snapshot.mode'] !== 'initial_only'
    let startLsn = plan.kind === 'resume' ? plan.stored.position.commitLsn : startOf(plan)
    let snapshotName: string | null = null
    if (startLsn === null || (slot === null && streams)) {
      context.logger.info(
        `Creating replication slot '${slotName}'. PostgreSQL waits for running transactions to end.`
      )
      const failover = config['slot.failover']
      const made = await facts.replication.createSlot(slotName, { failover })
      startLsn = made.consistentLsn
      snapshotName = made.snapshotName
    }
    if (plan.kind === 'idle') return
    if (plan.kind === 'stream') {
      this.#phase = await StreamPhase.open(parts, plan.stored ?? positionAt(startLsn))
      return
    }
    const tables = inOrder(
      facts.tables.filter((table) => facts.filter.snapshots(table)),
      config['snapshot.tables.order.by.row.count']
    )
    const phase = await SnapshotPhase.open(parts, {
      tables,
      startLsn,
      snapshotName,
      state: plan.kind === 'resume' ? plan.stored.snapshot : null
    })
    this.#phase = phase
    if (streams) this.#then = () => StreamPhase.open(parts, phase.stored)
  }

  async #ensurePublication(query: RunQuery, tables: readonly TableName[]): Promise<void> {
    const config = this.#config
    if (config['snapshot.mode'] === 'initial_only') return
    const ran = await ensurePublication(query, {
      name: config['publication.name'],
      mode: config['publication.autocreate.mode'],
      viaRoot: config['publish.via.partition.root'],
      tables: tables.filter((table) => !table.unlogged)
    })
    for (const statement of ran) this.#context?.logger.info(`Ran: ${statement}`)
  }

  async #dropSlot(parts: TaskParts): Promise<void> {
    const name = parts.config['slot.name']
    try {
      await dropSlot(parts.query, name)
    } catch (error) {
      parts.context.logger.warn(`Replication slot '${name}' could not be dropped.`, {
        error: error instanceof Error ? error.message : String(error)
      })
    }
  }
}

function inOrder(
  tables: readonly TableName[],
  order: SourceConfig['snapshot.tables.order.by.row.count']
): readonly TableName[] {
  if (order === 'disabled') return tables
  const sign = order === 'ascending' ? 1 : -1
  return tables.toSorted((a, b) => sign * (a.estimatedRows - b.estimatedRows))
}

function startOf(plan: StartPlan): Lsn | null {
  if (plan.kind === 'snapshot') return plan.startLsn
  if (plan.kind === 'stream') return plan.stored?.position.commitLsn ?? plan.startLsn
  return 0
}

/** A stream that starts without anything before it. */
export function positionAt(lsn: Lsn): StoredOffset {
  return {
    position: { commitLsn: lsn, lsn, xid: null, micros: null, messageType: null, events: 0 },
    skipThrough: null,
    snapshotDone: true,
    snapshot: null,
    systemId: null
  }
}

/** Where the task connects to, from the connector's keys. */
export function connectionSettings(
  config: SourceConfig,
  context: { readonly connector: string; readonly task: number }
): ConnectionSettings {
  return {
    host: config['database.hostname'],
    port: config['database.port'],
    user: config['database.user'],
    password: config['database.password'],
    database: config['database.dbname'],
    sslMode: config['database.sslmode'],
    sslRootCert: config['database.sslrootcert'],
    sslCert: config['database.sslcert'],
    sslKey: config['database.sslkey'],
    sslPassword: config['database.sslpassword'],
    tcpKeepAlive: config['database.tcpKeepAlive'],
    applicationName: `millrace ${context.connector}-${context.task}`,
    initialStatements: config['database.initial.statements'],
    queryTimeoutMs: config['database.query.timeout.ms']
  }
}

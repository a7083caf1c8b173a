import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import { tableFor } from '../relational/sink-evolution.ts'
import { RowError, rowMissing, WriteFailure } from '../relational/sink-failures.ts'
import type { RowPlan } from '../relational/sink-plan.ts'
import type { RecordReader } from '../relational/sink-reader.ts'
import type { Attempt, SinkSession, Skipped } from '../relational/sink-session.ts'
import type { SinkSettings } from '../relational/sink-settings.ts'
import { stepsOf, type TableStep } from '../relational/sink-steps.ts'
import type { Outcome, SinkConnection } from './sink-connection.ts'
import { guardedError, isStale, tableChanged } from './sink-errors.ts'
import { RowLoader } from './sink-loading.ts'
import { tableSql } from './sink-names.ts'
import type { TargetOffsets } from './sink-offsets.ts'
import { compileStatement, render, type Statement, type StatementKind } from './sink-statements.ts'
import type { TargetTable } from './sink-table.ts'
import { refuseDoubleNames, TargetTables } from './sink-tables.ts'

/** A step, and the table that has all columns for it. */
interface ReadyStep {
  readonly step: TableStep
  readonly table: TargetTable
}

/**
 * Writes records over one connection. Making a table commits a transaction, so all that is needed is made
 * before it begins.
 */
export class MysqlSession implements SinkSession {
  readonly #connection: SinkConnection
  readonly #settings: SinkSettings
  readonly #reader: RecordReader
  readonly #offsets: TargetOffsets | null
  readonly #tables: TargetTables
  readonly #loader: RowLoader
  readonly #statements = new WeakMap<RowPlan, Map<StatementKind, Statement>>()

  constructor(
    connection: SinkConnection,
    parts: {
      readonly settings: SinkSettings
      readonly reader: RecordReader
      readonly offsets: TargetOffsets | null
      /** `load.data.enabled` */
      readonly loads: boolean
    }
  ) {
    this.#connection = connection
    this.#settings = parts.settings
    this.#reader = parts.reader
    this.#offsets = parts.offsets
    this.#tables = new TargetTables(connection)
    this.#loader = new RowLoader(connection, parts.loads)
  }

  forget(): void {
    this.#tables.clear()
  }

  onLost(then: () => void): void {
    this.#connection.onLost(then)
  }

  destroy(): void {
    this.#connection.destroy()
  }

  async end(): Promise<void> {
    await this.#connection.end()
  }

  async claim(
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<readonly TopicPartitionOffset[]> {
    if (this.#offsets === null) return []
    await this.#offsets.prepare(this.#connection)
    return await this.#offsets.claim(this.#connection, partitions, generation)
  }

  async refresh(): Promise<void> {
    await this.#offsets?.refresh(this.#connection)
  }

  async write(
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<Skipped> {
    const { steps, skipped } = this.#stepsOf(records)
    const ready: ReadyStep[] = []
    for (const step of steps) {
      const table = await this.#tableFor(step)
      if (table) ready.push({ step, table })
    }
    await this.#transaction(next, async () => {
      for (const one of ready) await this.#run(one, true)
    })
    return skipped
  }

  async writeParts(
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[],
    work: (attempt: Attempt) => Promise<void>
  ): Promise<void> {
    await this.#makeTables(records)
    await this.#transaction(next, () => work((part) => this.#attempt(part)))
  }

  /** Each record for itself: what one of them needs may be nothing that all of them together need. */
  async #makeTables(records: readonly SinkRecord[]): Promise<void> {
    for (const record of records) {
      try {
        for (const step of this.#stepsOf([record]).steps) await this.#tableFor(step)
      } catch (error) {
        // It will be told when its turn comes.
        if (!(error instanceof DataError)) throw error
      }
    }
  }

  #stepsOf(records: readonly SinkRecord[]) {
    const { insertMode } = this.#settings
    return stepsOf(records, { reader: this.#reader, insertMode })
  }

  async #transaction(
    next: readonly TopicPartitionOffset[],
    work: () => Promise<void>
  ): Promise<void> {
    const fence = next.length > 0 ? this.#offsets?.fence(next) : undefined
    this.#tables.inTransaction = true
    try {
      const [, stored] = await this.#send(`START TRANSACTION${fence ? `; ${fence}` : ''}`, null)
      if (fence && stored?.affected !== next.length) throw this.#offsets?.claims.fenced()
      await work()
      await this.#send('COMMIT', null)
    } catch (error) {
      // Without a connection the server does it.
      await this.#connection.run('ROLLBACK').catch(() => {})
      throw error
    } finally {
      this.#tables.inTransaction = false
    }
  }

  /** Runs records inside a savepoint. @returns the failure, with everything since it undone; or null */
  async #attempt(records: readonly SinkRecord[]): Promise<unknown> {
    await this.#send('SAVEPOINT millrace', null)
    try {
      for (const step of this.#stepsOf(records).steps) {
        const table = await this.#tableFor(step)
        if (table) await this.#run({ step, table }, false)
      }
      await this.#send('RELEASE SAVEPOINT millrace', null)
      return null
    } catch (error) {
      // After a deadlock there is no transaction any more, and none of its savepoints.
      const undone = await this.#connection.run('ROLLBACK TO SAVEPOINT millrace').then(
        () => true,
        () => false
      )
      if (!undone) throw error
      if (error instanceof WriteFailure && isStale(error.cause)) {
        throw tableChanged(error.table ?? '', error.cause)
      }
      return error
    }
  }

  /** @param loads whether many rows may be loaded: what is at fault is found by inserting */
  async #run({ step, table }: ReadyStep, loads: boolean): Promise<void> {
    const { plan } = step
    if (step.kind === 'truncate' || plan === null) {
      // TRUNCATE would commit the transaction.
      await this.#send(`DELETE FROM ${table.sql}`, table)
      return
    }
    const statement = this.#statement(step.kind, table, plan)
    if (loads && (await this.#load(statement, step))) return
    const { mostBytes } = this.#connection.facts
    const limits = { batchSize: this.#settings.batchSize, mostBytes }
    for (const { sql, rows } of render(statement, step, limits)) {
      const outcomes = await this.#send(sql, table, statement)
      const mustBeThere = plan.partial && !plan.mayBeGone && this.#settings.insertMode !== 'update'
      if (mustBeThere) allFound(outcomes, rows, { table, plan })
    }
  }

  async #load(statement: Statement, step: TableStep): Promise<boolean> {
    try {
      return await this.#loader.write(statement, step)
    } catch (error) {
      throw error instanceof RowError ? error : new WriteFailure(error, statement.table.sql)
    }
  }

  #statement(kind: StatementKind, table: TargetTable, plan: RowPlan): Statement {
    const known = this.#statements.get(plan) ?? new Map<StatementKind, Statement>()
    let statement = known.get(kind)
    if (statement?.table !== table) {
      const { decimalsAsBase64 } = this.#settings
      const server = this.#connection.facts
      refuseDoubleNames(kind === 'move' ? plan.keys : plan.columns)
      statement = compileStatement(kind, { table, plan, server, decimalsAsBase64 })
      known.set(kind, statement)
      this.#statements.set(plan, known)
    }
    return statement
  }

  async #send(sql: string, table: TargetTable | null, statement?: Statement): Promise<Outcome[]> {
    try {
      return await this.#connection.runAll(sql)
    } catch (error) {
      const cause = statement?.guarded ? guardedError(error, statement.table) : error
      throw new WriteFailure(cause, table?.sql ?? null)
    }
  }

  async #tableFor(step: TableStep): Promise<TargetTable | null> {
    try {
      return await tableFor(this.#tables, this.#settings, step)
    } catch (error) {
      throw error instanceof ConnectError ? error : new WriteFailure(error, tableSql(step.name))
    }
  }
}

/** A row without its unchanged values can only be laid over the row that has them. */
function allFound(
  outcomes: readonly Outcome[],
  rows: number,
  { table, plan }: { readonly table: TargetTable; readonly plan: RowPlan }
): void {
  const found = outcomes.reduce((sum, { affected }) => sum + affected, 0)
  if (found === rows) return
  throw rowMissing(table.sql, plan)
}

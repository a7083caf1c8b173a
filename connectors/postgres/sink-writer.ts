import type { Client, QueryResult } from 'pg'
import { ConnectError, DataError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartitionOffset } from '../../runtime/api/record.ts'
import { sqlState } from './errors.ts'
import { type Step, TableBatch } from './sink-batch.ts'
import type { SinkSettings } from './sink-config.ts'
import { statementsOn } from './sink-connection.ts'
import { tableSql } from './sink-naming.ts'
import type { TargetOffsets } from './sink-offsets.ts'
import type { RowPlan } from './sink-plan.ts'
import type { RecordReader, SkipReason } from './sink-reader.ts'
import { compileStatement, encodeRows, type Statement } from './sink-statements.ts'
import { type TargetTable, TargetTables, worthAdding } from './sink-tables.ts'

const DIVISION_BY_ZERO = '22012'
const IN_FAILED_TRANSACTION = '25P02'

/** A failed write: what PostgreSQL said, and on which table. */
export class WriteFailure extends Error {
  readonly table: string | null

  constructor(cause: unknown, table: string | null) {
    super('a write failed', { cause })
    this.table = table
  }
}

interface Sent {
  readonly table: string | null
  readonly outcome: Promise<{ result: QueryResult } | { error: unknown }>
}

/**
 * Writes records over one connection. Statements are sent one behind the other without waiting for
 * answers, so that a transaction takes one round trip once its tables are known.
 */
export class SinkWriter {
  readonly #client: Client
  readonly #settings: SinkSettings
  readonly #reader: RecordReader
  readonly #offsets: TargetOffsets | null
  readonly #tables: TargetTables
  #statements = new WeakMap<RowPlan, Map<string, Statement>>()
  #sent: Sent[] = []
  #fence: Sent | null = null

  constructor(
    client: Client,
    parts: {
      settings: SinkSettings
      reader: RecordReader
      offsets: TargetOffsets | null
    }
  ) {
    this.#client = client
    this.#settings = parts.settings
    this.#reader = parts.reader
    this.#offsets = parts.offsets
    this.#tables = new TargetTables(statementsOn(client))
  }

  /** Forgets what it knows of the tables. */
  forget(): void {
    this.#tables.clear()
    this.#statements = new WeakMap()
  }

  /**
   * Runs one transaction: the offsets first, which fences, then what `work` writes.
   *
   * @throws {FencedError} when another task owns one of the partitions
   * @throws {WriteFailure} when a statement failed; nothing is written then
   */
  async transaction(
    next: readonly TopicPartitionOffset[],
    work: () => Promise<void>
  ): Promise<void> {
    this.#sent = []
    this.#send(null, { text: 'BEGIN' })
    try {
      const fence = next.length > 0 ? this.#offsets?.fence(next) : undefined
      this.#fence = fence ? this.#send(null, fence) : null
      await work()
    } catch (error) {
      this.#send(null, { text: 'ROLLBACK' })
      await this.#settle()
      throw error
    }
    this.#send(null, { text: 'COMMIT' })
    const last = await this.#settle()
    if (last?.command !== 'COMMIT') {
      throw new WriteFailure(new Error('PostgreSQL rolled the transaction back'), null)
    }
  }

  /**
   * Waits for the answers to everything sent so far.
   *
   * @returns the last answer
   * @throws the first failure; those that only follow from an earlier one do not count
   */
  async #settle(): Promise<QueryResult | null> {
    const sent = this.#sent
    this.#sent = []
    let last: QueryResult | null = null
    let failure: Error | null = null
    for (const one of sent) {
      const answer = await one.outcome
      if ('result' in answer) last = answer.result
      else if (sqlState(answer.error) !== IN_FAILED_TRANSACTION)
        failure ??= this.#failure(one, answer.error)
    }
    if (failure) throw failure
    return last
  }

  #failure(sent: Sent, error: unknown): Error {
    const fenced = sent === this.#fence && sqlState(error) === DIVISION_BY_ZERO
    return (fenced && this.#offsets?.fencedError()) || new WriteFailure(error, sent.table)
  }

  #send(
    table: string | null,
    query: { name?: string; text: string; values?: readonly unknown[] }
  ): Sent {
    const { values, ...rest } = query
    const outcome = this.#client
      .query({ ...rest, ...(values ? { values: [...values] } : {}) })
      .then(
        (result) => ({ result }),
        (error: unknown) => ({ error })
      )
    const sent = { table, outcome }
    this.#sent.push(sent)
    return sent
  }

  /**
   * Runs records inside a savepoint.
   *
   * @returns the failure, with everything since the savepoint undone; or null
   * @throws what failed before it
   */
  async attempt(records: readonly SinkRecord[]): Promise<unknown> {
    await this.#settle()
    this.#send(null, { text: 'SAVEPOINT millrace' })
    try {
      await this.apply(records)
      await this.#settle()
      this.#send(null, { text: 'RELEASE SAVEPOINT millrace' })
      return null
    } catch (error) {
      const earlier = await this.#settle().then(
        () => null,
        (failure: unknown) => failure
      )
      this.forget()
      this.#send(null, { text: 'ROLLBACK TO SAVEPOINT millrace' })
      return earlier ?? error
    }
  }

  /** Constraints that wait for the commit are checked at once, so that the row at fault is found. */
  checkAtOnce(): void {
    this.#send(null, { text: 'SET CONSTRAINTS ALL IMMEDIATE' })
  }

  /** Sends what the records do. @returns how many were skipped, by reason */
  async apply(records: readonly SinkRecord[]): Promise<Map<SkipReason, number>> {
    const batches = new Map<string, TableBatch>()
    const skipped = new Map<SkipReason, number>()
    for (const record of records) {
      const change = this.#reader.read(record)
      if (change.kind === 'skip') {
        skipped.set(change.reason, (skipped.get(change.reason) ?? 0) + 1)
        continue
      }
      const key = `${change.table.schema ?? ''}\0${change.table.table}`
      let batch = batches.get(key)
      if (batch === undefined) {
        batch = new TableBatch(change.table, this.#settings.insertMode)
        batches.set(key, batch)
      }
      batch.add(change, record)
    }
    for (const batch of batches.values()) {
      for (const step of batch.take()) await this.#step(batch, step)
    }
    return skipped
  }

  async #step(batch: TableBatch, step: Step): Promise<void> {
    const { plan, rows, records } = step
    const sql = tableSql(batch.name)
    const table = await this.#tableFor(batch, step)
    if (table === null) return
    if (step.kind === 'truncate' || plan === null) {
      this.#send(sql, { text: `TRUNCATE TABLE ${sql}` })
      return
    }
    const statement = this.#statement(step.kind, table, plan)
    const { batchSize } = this.#settings
    for (let from = 0; from < rows.length; from += batchSize) {
      const part = rows.length <= batchSize ? rows : rows.slice(from, from + batchSize)
      const values = encodeRows(statement, part, records.slice(from, from + part.length))
      const sent = this.#send(sql, { name: statement.name, text: statement.text, values })
      if (plan.partial && this.#settings.insertMode !== 'update') {
        await this.#allFound(sent, part.length, plan)
      }
    }
  }

  /** A row without its unchanged values can only be laid over the row that has them. */
  async #allFound(sent: Sent, rows: number, plan: RowPlan): Promise<void> {
    const answer = await sent.outcome
    if ('error' in answer || answer.result.rowCount === rows) return
    throw new DataError(
      'SINK_ROW_MISSING',
      `the row is not in table ${sent.table ?? ''}, and the event leaves out values that did not change (it has ${plan.columns.map(({ name }) => name).join(', ')})`,
      { hint: 'Set REPLICA IDENTITY FULL on the source table, or take a new snapshot of it.' }
    )
  }

  #statement(
    kind: Exclude<Step['kind'], 'truncate'>,
    table: TargetTable,
    plan: RowPlan
  ): Statement {
    const known = this.#statements.get(plan) ?? new Map<string, Statement>()
    const key = `${kind} ${table.sql}`
    let statement = known.get(key)
    if (statement === undefined) {
      const { decimalsAsBase64 } = this.#settings
      statement = compileStatement(kind, { table, plan, decimalsAsBase64 })
      known.set(key, statement)
      this.#statements.set(plan, known)
    }
    return statement
  }

  /** The table with all columns that the rows need; null when there is none and nothing to do. */
  async #tableFor({ name }: TableBatch, { kind, plan, rows }: Step): Promise<TargetTable | null> {
    try {
      const table = await this.#tables.find(name)
      if (plan === null) return table
      const removal = kind === 'delete'
      if (table === null) return removal ? null : await this.#createTable(name, plan, rows)
      const missing = plan.columns.filter((column) => !table.columns.has(column.name))
      if (missing.length === 0) return table
      return await this.#evolveTable(table, missing, rows)
    } catch (error) {
      throw error instanceof ConnectError ? error : new WriteFailure(error, tableSql(name))
    }
  }

  async #createTable(
    name: TableBatch['name'],
    plan: RowPlan,
    rows: Step['rows']
  ): Promise<TargetTable | null> {
    if (!this.#settings.autoCreate) {
      const creation = await this.#tables.creation(name, plan, rows)
      throw new ConnectError('SINK_NO_TABLE', `The target has no table ${tableSql(name)}`, {
        hint: `Set schema.evolution to basic (or auto.create to true), or: ${creation}`
      })
    }
    await this.#tables.create(name, plan, rows)
    return await this.#tables.find(name)
  }

  async #evolveTable(
    table: TargetTable,
    columns: readonly RowPlan['columns'][number][],
    rows: Step['rows']
  ): Promise<TargetTable | null> {
    const missing = worthAdding(columns, rows)
    if (missing.length === 0) return table
    if (!this.#settings.autoEvolve) {
      const addition = await this.#tables.addition(table, missing, rows)
      throw new ConnectError(
        'SINK_NO_COLUMN',
        `Table ${table.sql} has no column ${missing.map((column) => column.name).join(', ')}`,
        {
          hint: `Set schema.evolution to basic (or auto.evolve to true), or: ${addition}`
        }
      )
    }
    await this.#tables.addColumns(table, missing, rows)
    this.#statements = new WeakMap()
    return await this.#tables.find(table.name)
  }
}

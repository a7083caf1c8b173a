import type { Client, QueryResult } from 'pg'
import { ConnectError } from '../../runtime/api/errors.ts'
import type { SinkRecord, TopicPartition, TopicPartitionOffset } from '../../runtime/api/record.ts'
import { codeOf } from '../relational/explanation.ts'
import type { Step } from '../relational/sink-batch.ts'
import { tableFor } from '../relational/sink-evolution.ts'
import { rowMissing, WriteFailure } from '../relational/sink-failures.ts'
import type { RowPlan } from '../relational/sink-plan.ts'
import type { RecordReader } from '../relational/sink-reader.ts'
import type { Attempt, SinkSession, Skipped } from '../relational/sink-session.ts'
import type { SinkSettings } from '../relational/sink-settings.ts'
import { stepsOf, type TableStep } from '../relational/sink-steps.ts'
import { destroy } from './connection.ts'
import { statementsOn } from './sink-connection.ts'
import { tableSql } from './sink-names.ts'
import type { TargetOffsets } from './sink-offsets.ts'
import { compileStatement, encodeRows, type Statement } from './sink-statements.ts'
import { type TargetTable, TargetTables } from './sink-tables.ts'

const DIVISION_BY_ZERO = '22012'
const IN_FAILED_TRANSACTION = '25P02'

interface Sent {
  readonly table: string | null
  readonly outcome: Promise<{ result: QueryResult } | { error: unknown }>
}

/**
 * Writes records over one connection. Statements are sent one behind the other without waiting for
 * answers, so that a transaction takes one round trip once its tables are known.
 */
export class PostgresSession implements SinkSession {
  readonly #client: Client
  readonly #settings: SinkSettings
  readonly #reader: RecordReader
  readonly #offsets: TargetOffsets | null
  readonly #tables: TargetTables
  readonly #statements = new WeakMap<RowPlan, Map<string, Statement>>()
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
  }

  onLost(then: () => void): void {
    this.#client.once('end', then)
  }

  destroy(): void {
    destroy(this.#client)
  }

  async end(): Promise<void> {
    destroy(this.#client)
    await this.#client.end().catch(() => {})
  }

  async claim(
    partitions: readonly TopicPartition[],
    generation: number
  ): Promise<readonly TopicPartitionOffset[]> {
    if (this.#offsets === null) return []
    const query = statementsOn(this.#client)
    await this.#offsets.prepare(query)
    return await this.#offsets.claim(query, partitions, generation)
  }

  async refresh(): Promise<void> {
    await this.#offsets?.refresh(statementsOn(this.#client))
  }

  async write(
    records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[]
  ): Promise<Skipped> {
    return await this.#transaction(next, () => this.#apply(records))
  }

  async writeParts(
    _records: readonly SinkRecord[],
    next: readonly TopicPartitionOffset[],
    work: (attempt: Attempt) => Promise<void>
  ): Promise<void> {
    await this.#transaction(next, async () => {
      this.#send(null, { text: 'SET CONSTRAINTS ALL IMMEDIATE' })
      await work((part) => this.#attempt(part))
    })
  }

  /**
   * Runs one transaction: the offsets first, which fences, then what `work` writes.
   *
   * @throws {FencedError} when another task owns one of the partitions
   * @throws {WriteFailure} when a statement failed; nothing is written then
   */
  async #transaction<T>(next: readonly TopicPartitionOffset[], work: () => Promise<T>): Promise<T> {
    this.#sent = []
    this.#send(null, { text: 'BEGIN' })
    let done: T
    try {
      const fence = next.length > 0 ? this.#offsets?.fence(next) : undefined
      this.#fence = fence ? this.#send(null, fence) : null
      done = await work()
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
    return done
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
      else if (codeOf(answer.error) !== IN_FAILED_TRANSACTION)
        failure ??= this.#failure(one, answer.error)
    }
    if (failure) throw failure
    return last
  }

  #failure(sent: Sent, error: unknown): Error {
    const fenced = sent === this.#fence && codeOf(error) === DIVISION_BY_ZERO
    return (fenced && this.#offsets?.claims.fenced()) || new WriteFailure(error, sent.table)
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
  async #attempt(records: readonly SinkRecord[]): Promise<unknown> {
    await this.#settle()
    this.#send(null, { text: 'SAVEPOINT millrace' })
    try {
      await this.#apply(records)
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

  /** Sends what the records do. */
  async #apply(records: readonly SinkRecord[]): Promise<Skipped> {
    const { steps, skipped } = stepsOf(records, {
      reader: this.#reader,
      insertMode: this.#settings.insertMode
    })
    for (const step of steps) await this.#step(step)
    return skipped
  }

  async #step(step: TableStep): Promise<void> {
    const { plan, rows, records } = step
    const sql = tableSql(step.name)
    const table = await this.#tableFor(step)
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
      if (plan.partial && !plan.mayBeGone && this.#settings.insertMode !== 'update') {
        await this.#allFound(sent, part.length, plan)
      }
    }
  }

  /** A row without its unchanged values can only be laid over the row that has them. */
  async #allFound(sent: Sent, rows: number, plan: RowPlan): Promise<void> {
    const answer = await sent.outcome
    if ('error' in answer || answer.result.rowCount === rows) return
    throw rowMissing(sent.table ?? '', plan)
  }

  #statement(
    kind: Exclude<Step['kind'], 'truncate'>,
    table: TargetTable,
    plan: RowPlan
  ): Statement {
    const known = this.#statements.get(plan) ?? new Map<string, Statement>()
    const key = `${kind} ${table.sql}`
    let statement = known.get(key)
    if (statement?.table !== table) {
      const { decimalsAsBase64 } = this.#settings
      statement = compileStatement(kind, { table, plan, decimalsAsBase64 })
      known.set(key, statement)
      this.#statements.set(plan, known)
    }
    return statement
  }

  async #tableFor(step: TableStep): Promise<TargetTable | null> {
    try {
      return await tableFor(this.#tables, this.#settings, step)
    } catch (error) {
      throw error instanceof ConnectError ? error : new WriteFailure(error, tableSql(step.name))
    }
  }
}

import { Readable } from 'node:stream'
import type { Step } from '../relational/sink-batch.ts'
import { quoteName } from './errors.ts'
import type { SinkConnection } from './sink-connection.ts'
import { conflictSql, fieldText, type Statement } from './sink-statements.ts'

/** Fewer rows than these are in the target sooner with a plain INSERT (bench/README.md). */
const FEWEST_ROWS = 1000
const CHUNK_CHARACTERS = 256 * 1024

/**
 * Writes many rows by LOAD DATA LOCAL into a temporary table, and from there into the target: for MariaDB that
 * is cheaper than reading literals. LOAD DATA LOCAL turns errors of values into warnings and leaves out rows
 * that are there already, so it never goes into the target itself, and one warning is enough to have the
 * rows inserted the other way. MySQL has only InnoDB for a temporary table, and that costs more than it saves.
 */
export class RowLoader {
  readonly #connection: SinkConnection
  readonly #stages = new WeakMap<Statement, Stage>()
  #stageCount = 0
  #allowed: boolean

  /** @param allowed `load.data.enabled` */
  constructor(connection: SinkConnection, allowed: boolean) {
    this.#connection = connection
    const { flavor, loadsLocal } = connection.facts
    this.#allowed = allowed && loadsLocal && flavor === 'mariadb'
  }

  /**
   * Writes the rows, if that is a good way for them.
   *
   * @returns false when nothing was written
   * @throws {RowError} for the first value that does not fit
   */
  async write(
    statement: Statement,
    { rows, records }: Pick<Step, 'rows' | 'records'>
  ): Promise<boolean> {
    const { kind, guarded } = statement
    const inserts = kind === 'insert' || kind === 'upsert'
    if (!this.#allowed || !inserts || guarded || rows.length < FEWEST_ROWS) return false
    const chunks = linesOf(statement, rows, records)
    const stage = await this.#stageOf(statement)
    if (stage === null) return false
    // A rollback leaves rows in a table of Aria.
    if (stage.isDirty) await this.#connection.run(stage.clear)
    stage.isDirty = true
    const loaded = await this.#connection
      .run(stage.load, () => Readable.from(chunks))
      .catch((error: unknown) => this.#refused(error))
    if (loaded === null) return false
    const good = loaded.warnings === 0 && loaded.affected === rows.length
    if (good) await this.#connection.run(stage.insert)
    await this.#connection.run(stage.clear)
    stage.isDirty = false
    return good
  }

  /** The temporary table for rows of a statement. @returns null where it may not be made */
  async #stageOf(statement: Statement): Promise<Stage | null> {
    const known = this.#stages.get(statement)
    if (known) return known
    const stage = stageFor(statement, `millrace_stage_${++this.#stageCount}`)
    const made = await this.#connection
      .run(stage.creation)
      .catch((error: unknown) => this.#refused(error))
    if (made === null) return null
    this.#stages.set(statement, stage)
    return stage
  }

  /** There is another way: whatever stands in the way of this one is no failure, but for a lost connection. */
  #refused(error: unknown): null {
    if (this.#connection.lost) throw error
    this.#allowed = false
    return null
  }
}

/** A temporary table, and its statements. */
interface Stage {
  /** Whether rows of an earlier delivery may be in it. */
  isDirty: boolean
  readonly creation: string
  readonly load: string
  readonly insert: string
  readonly clear: string
}

function stageFor({ kind, table, fields }: Statement, name: string): Stage {
  const columns = fields.map(({ target }) => quoteName(target.name))
  const definitions = fields.map(({ target }, at) => {
    const collation = target.collation === null ? '' : ` COLLATE ${target.collation}`
    return `${columns[at]} ${target.fullType}${collation} NULL`
  })
  const isHex = (at: number) => fields[at]?.encoder.form === 'hex'
  const read = columns.map((column, at) => (isHex(at) ? `@h${at}` : column))
  const sets = columns.flatMap((column, at) => (isHex(at) ? [`${column} = UNHEX(@h${at})`] : []))
  const names = columns.join(', ')
  const conflict = kind === 'upsert' ? conflictSql(table, fields, false) : ''
  return {
    isDirty: false,
    creation: `CREATE TEMPORARY TABLE ${name} (${definitions.join(', ')}) ENGINE=Aria`,
    load: `LOAD DATA LOCAL INFILE 'millrace' INTO TABLE ${name} CHARACTER SET utf8mb4
FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${read.join(', ')})${sets.length > 0 ? ` SET ${sets.join(', ')}` : ''}`,
    insert: `INSERT INTO ${table.sql} (${names}) SELECT ${names} FROM ${name}${conflict}`,
    clear: `DELETE FROM ${name}`
  }
}

function linesOf(statement: Statement, rows: Step['rows'], records: Step['records']): Buffer[] {
  const chunks: Buffer[] = []
  let text = ''
  for (const [at, values] of rows.entries()) {
    for (const [place, field] of statement.fields.entries()) {
      const value = fieldText(field, values, { statement, record: records[at] })
      text += `${place === 0 ? '' : '\t'}${value === null ? '\\N' : escaped(value)}`
    }
    text += '\n'
    if (text.length >= CHUNK_CHARACTERS) {
      chunks.push(Buffer.from(text))
      text = ''
    }
  }
  if (text !== '') chunks.push(Buffer.from(text))
  return chunks
}

const SPECIAL = /[\t\n\\]/g

function escaped(text: string): string {
  return /[\t\n\\]/.test(text) ? text.replaceAll(SPECIAL, '\\$&') : text
}

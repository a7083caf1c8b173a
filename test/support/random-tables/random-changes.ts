import type { Connection } from 'mysql2/promise'
import type { Random } from '../random.ts'
import {
  columnSql,
  quoted,
  type RandomColumn,
  type RandomTable,
  randomColumn,
  tableSql
} from './random-table.ts'

/** `binlog_row_image`. Where it is not FULL, new rows leave columns to their defaults. */
export type RowImage = 'FULL' | 'MINIMAL' | 'NOBLOB'

/** Two rows of one key: the statement does nothing then, which is as good. */
const DUPLICATE_KEY = 1062

/** A table as it is by now; statements between the changes give it columns and take them away. */
interface Living {
  readonly table: RandomTable
  columns: RandomColumn[]
  added: number
}

function mayLeaveOut(table: RandomTable, { name, type, isRequired, default: value }: RandomColumn) {
  if (table.key.some((one) => one.name === name)) return false
  // A constant depends on the time zone of whoever declared it, has more digits, characters or bytes than
  // are printed, or can be written in many ways: nobody knows it from the log.
  const isUnclear =
    /^(timestamp|float|inet6|(var)?binary)/.test(type.sql) || /[^\0-\uffff]/u.test(value ?? '')
  if (isUnclear) return value === null && !isRequired
  return value !== null || !isRequired
}

/**
 * Makes random changes in random tables. The copy's own tables get statements that widen them first,
 * so that the rows which follow have room.
 */
export class RandomChanges {
  readonly #random: Random
  readonly #source: Connection
  /** A session in the copy whose tables are declared like the source's; null when the sink makes them. */
  readonly #copy: Connection | null
  readonly #tables: Living[]
  readonly #rowImage: RowImage

  constructor(
    random: Random,
    tables: readonly RandomTable[],
    ends: {
      readonly source: Connection
      readonly copy: Connection | null
      readonly rowImage: RowImage
    }
  ) {
    this.#random = random
    this.#source = ends.source
    this.#copy = ends.copy
    this.#rowImage = ends.rowImage
    this.#tables = tables.map((table) => ({ table, columns: [...table.columns], added: 0 }))
  }

  /** The columns that a table has at the end. */
  columnsOf(table: RandomTable): readonly RandomColumn[] {
    return this.#tables.find((one) => one.table === table)?.columns ?? []
  }

  async createTables(): Promise<void> {
    await this.#source.query(`set binlog_row_image = ${this.#rowImage}`)
    for (const { table } of this.#tables) {
      await this.#source.query(tableSql(table))
      await this.#copy?.query(tableSql(table))
    }
  }

  /** Rows for the snapshot. */
  async fill(): Promise<void> {
    for (const living of this.#tables) {
      for (let i = 0; i < this.#random.below(8); i++) await this.#insert(living)
    }
  }

  async run(transactions: number): Promise<void> {
    for (let i = 0; i < transactions; i++) {
      if (this.#random.below(25) === 0) await this.#alter(this.#random.pick(this.#tables))
      else if (this.#random.below(3) === 0) await this.#change()
      else await this.#transaction()
    }
  }

  async #transaction(): Promise<void> {
    const random = this.#random
    await this.#source.query('begin')
    for (let i = 0; i < 1 + random.below(5); i++) await this.#change()
    if (random.below(4) === 0) {
      await this.#source.query('savepoint s')
      await this.#change()
      await this.#source.query('rollback to savepoint s')
      await this.#change()
    }
    await this.#source.query(random.below(6) === 0 ? 'rollback' : 'commit')
  }

  #change(): Promise<void> {
    const living = this.#random.pick(this.#tables)
    const actions = [
      () => this.#insert(living),
      () => this.#insert(living),
      () => this.#update(living),
      () => this.#update(living),
      () => this.#changeKey(living),
      () => this.#delete(living)
    ]
    return this.#random.pick(actions)()
  }

  #insert(living: Living): Promise<void> {
    const { table } = living
    const random = this.#random
    const columns =
      this.#rowImage === 'FULL'
        ? living.columns
        : living.columns.filter((one) => !mayLeaveOut(table, one) || random.below(3) > 0)
    const rows = Array.from({ length: 1 + random.below(5) }, () =>
      columns.map((column) => this.#value(table, column)).join(', ')
    )
    const names = columns.map(({ name }) => quoted(name)).join(', ')
    const verb = random.pick(['insert', 'insert', 'replace', 'upsert'])
    const [changed] = this.#assignments(living, 1)
    const upsert = verb === 'upsert' && changed ? ` on duplicate key update ${changed}` : ''
    const into = `${verb === 'replace' ? 'replace' : 'insert'} into ${quoted(table.name)}`
    return this.#try(`${into} (${names}) values (${rows.join('), (')})${upsert}`)
  }

  #update(living: Living): Promise<void> {
    const assignments = this.#assignments(living, 1 + this.#random.below(3))
    if (assignments.length === 0) return this.#delete(living)
    return this.#try(
      `update ${quoted(living.table.name)} set ${assignments.join(', ')} ${this.#some(living)}`
    )
  }

  #changeKey(living: Living): Promise<void> {
    const column = this.#random.pick(living.table.key)
    const value = column.type.literal(this.#random)
    const set = `${quoted(column.name)} = ${value}`
    return this.#try(`update ${quoted(living.table.name)} set ${set} ${this.#some(living)}`)
  }

  #delete(living: Living): Promise<void> {
    return this.#try(`delete from ${quoted(living.table.name)} ${this.#some(living)}`)
  }

  /** Some rows, chosen by the seed and not by where they are. */
  #some({ table }: Living): string {
    const key = table.key.map(({ name }) => `hex(${quoted(name)})`).join(', ')
    const salt = this.#random.below(1_000_000)
    return `order by md5(concat_ws('|', ${salt}, ${key})) limit ${1 + this.#random.below(3)}`
  }

  #assignments({ table, columns }: Living, count: number): string[] {
    const others = columns.filter(({ name }) => table.key.every((one) => one.name !== name))
    if (others.length === 0) return []
    const chosen = new Set(Array.from({ length: count }, () => this.#random.pick(others)))
    return [...chosen].map((column) => `${quoted(column.name)} = ${this.#value(table, column)}`)
  }

  #value(table: RandomTable, column: RandomColumn): string {
    const random = this.#random
    const isKey = table.key.some(({ name }) => name === column.name)
    if (!isKey && column.default !== null && random.below(5) === 0) return 'default'
    if (!isKey && !column.isRequired && random.below(4) === 0) return 'null'
    return column.type.literal(random)
  }

  async #alter(living: Living): Promise<void> {
    const random = this.#random
    const table = quoted(living.table.name)
    const others = living.columns.filter(
      ({ name }) =>
        name !== living.table.unique?.name && living.table.key.every((one) => one.name !== name)
    )
    if (random.below(3) === 0 && others.length > 1) {
      const dropped = random.pick(others)
      living.columns = living.columns.filter((one) => one !== dropped)
      // The copy keeps it: rows of before are still on their way.
      const free = columnSql({ ...dropped, isRequired: false, default: null })
      await this.#copy?.query(`alter table ${table} modify ${free}`)
      await this.#source.query(`alter table ${table} drop column ${quoted(dropped.name)}`)
      return
    }
    const made = { ...randomColumn(random, `added ${living.added++}`), isRequired: false }
    // What it gives to the rows that are there is no change of them: a sink does not hear of it.
    const column = this.#copy ? made : { ...made, default: null }
    const place = random.pick(['', ' first', ''])
    for (const end of [this.#copy, this.#source]) {
      await end?.query(`alter table ${table} add column ${columnSql(column)}${place}`)
    }
    living.columns = place === '' ? [...living.columns, column] : [column, ...living.columns]
  }

  async #try(statement: string): Promise<void> {
    try {
      await this.#source.query(statement)
    } catch (error) {
      if ((error as { errno?: number }).errno === DUPLICATE_KEY) return
      throw new Error(`not taken by the server: ${statement}`, { cause: error })
    }
  }
}

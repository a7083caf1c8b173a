import { NameFilter } from '../relational/name-filter.ts'
import type { SourceConfig } from './source-config.ts'

/** Databases of the server itself: never captured. */
const BUILT_IN = new Set(['mysql', 'information_schema', 'performance_schema', 'sys'])

/** A table by its database and name. */
export interface TableName {
  readonly database: string
  readonly name: string
}

/** Decides by the include and exclude lists what is captured. */
export class TableFilter {
  readonly #databases: NameFilter
  readonly #tables: NameFilter
  readonly #snapshot: NameFilter
  readonly #onlyCapturedChanges: boolean
  readonly #decided = new Map<string, boolean>()

  constructor(config: SourceConfig) {
    this.#databases = new NameFilter(
      config['database.include.list'],
      config['database.exclude.list']
    )
    this.#tables = new NameFilter(config['table.include.list'], config['table.exclude.list'])
    this.#snapshot = new NameFilter(config['snapshot.include.collection.list'])
    this.#onlyCapturedChanges = config['schema.history.internal.store.only.captured.tables.ddl']
  }

  capturesDatabase(database: string): boolean {
    return !BUILT_IN.has(database.toLowerCase()) && this.#databases.includes(database)
  }

  captures(database: string, name: string): boolean {
    const id = `${database}.${name}`
    let decided = this.#decided.get(id)
    if (decided === undefined) {
      decided = this.capturesDatabase(database) && this.#tables.includes(id)
      this.#decided.set(id, decided)
    }
    return decided
  }

  /** Whether changes of a table's shape are followed: by default of all in a captured database. */
  follows(database: string, name: string): boolean {
    return this.#onlyCapturedChanges
      ? this.captures(database, name)
      : this.capturesDatabase(database)
  }

  /** Whether the initial snapshot reads a captured table. */
  snapshots(table: TableName): boolean {
    return this.#snapshot.includes(`${table.database}.${table.name}`)
  }

  /** Debezium's order: by the first pattern of the include list that matches, then by name. */
  compare(a: TableName, b: TableName): number {
    const left = `${a.database}.${a.name}`
    const right = `${b.database}.${b.name}`
    const byPattern = this.#tables.rank(left) - this.#tables.rank(right)
    if (byPattern !== 0) return byPattern
    return left < right ? -1 : left > right ? 1 : 0
  }
}

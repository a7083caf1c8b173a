import { NameFilter } from '../relational/name-filter.ts'
import type { SourceConfig } from './source-config.ts'
import type { Flavor } from './types/column-codec.ts'

/** Decides by the source of a GTID, a server's UUID (MySQL) or a domain (MariaDB), what is read. */
export class TransactionFilter {
  readonly #names: NameFilter
  readonly #flavor: Flavor
  readonly #filtersRows: boolean

  constructor(config: SourceConfig, flavor: Flavor) {
    this.#names = new NameFilter(config['gtid.source.includes'], config['gtid.source.excludes'])
    this.#flavor = flavor
    this.#filtersRows = config['gtid.source.filter.dml.events'] && !this.#names.isEmpty
  }

  /** Whether all sources count. */
  get isEmpty(): boolean {
    return this.#names.isEmpty
  }

  /** Whether the source counts for the position to start from. */
  readonly keeps = (source: string): boolean => this.#names.includes(source)

  /** Whether rows of the transaction are passed on. */
  includes(gtid: string): boolean {
    if (!this.#filtersRows) return true
    const end = this.#flavor === 'mariadb' ? gtid.indexOf('-') : gtid.indexOf(':')
    return this.#names.includes(gtid.slice(0, end))
  }
}

import type { Keys } from '../scenario.ts'
import type { ShopSize, Table } from './shop.ts'
import type { ShopWriter } from './shop-writer.ts'

/** A server that the shop is copied from or to, and what is said in its own words. */
export interface ShopEnd {
  createDatabase(name: string): Promise<unknown>
  /** Makes the shop's tables and rows. */
  fill(database: string, size: ShopSize): Promise<void>
  /** A session that changes the shop; the caller closes it. */
  openWriter(database: string): Promise<ShopWriter & AsyncDisposable>
  /** All rows of a table by their key, as {@link rowText}. */
  rows(database: string, table: Table): Promise<Map<string, string>>
  /** Keys of a source that reads a database; its name is the prefix of the topics too. */
  sourceKeys(database: string): Keys
  /** Topic of a table of such a source. */
  topic(database: string, table: Table): string
  /** Where a change stands in the server's log, by the `source` of its event: bigger is later. */
  position(source: Readonly<Record<string, unknown>>): bigint
  /** Keys of a sink that copies the topics of a source into a database. */
  sinkKeys(topicsRegex: string, database: string): Keys
}

import type { Flavor } from '../types/column-codec.ts'
import { GtidList } from './gtid-list.ts'
import { GtidSet } from './gtid-set.ts'

/**
 * Transactions that have been read, by their GTIDs: MySQL's set, which knows each of them, or MariaDB's list, which
 * has the last of every domain.
 */
export interface Gtids {
  readonly isEmpty: boolean
  /** Adds one transaction, as a GTID event names it. In MariaDB it becomes the last one of its domain. */
  add(gtid: string): void
  has(gtid: string): boolean
  /** Whether all of `other` is in here. Both are of the same kind of server. */
  covers(other: Gtids): boolean
  /** A new one of those whose source passes: the UUID of a server (MySQL), the number of a domain (MariaDB). */
  filter(keep: (source: string) => boolean): Gtids
  /** A new one of both. */
  plus(other: Gtids): Gtids
  /** A new one without what is in `other`. */
  minus(other: Gtids): Gtids
  copy(): Gtids
  /** As offsets have it and servers take it: without spaces, in the order of sources. */
  toString(): string
}

/**
 * @param text spaces and line ends between its parts do not matter; empty is none
 * @throws {ConnectError} MYSQL_GTID_SYNTAX
 */
export function parseGtids(flavor: Flavor, text: string): Gtids {
  return flavor === 'mariadb' ? GtidList.parse(text) : GtidSet.parse(text)
}

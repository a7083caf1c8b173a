import type { Flavor } from '../types/column-codec.ts'
import { GtidList } from './gtid-list.ts'
import { GtidSet } from './gtid-set.ts'
import type { Gtids } from './gtids.ts'

/**
 * @param text spaces and line ends between its parts do not matter; empty is none
 * @throws {ConnectError} MYSQL_GTID_SYNTAX
 */
export function parseGtids(flavor: Flavor, text: string): Gtids {
  return flavor === 'mariadb' ? GtidList.parse(text) : GtidSet.parse(text)
}

import type { BinlogStart } from './binlog/binlog-client.ts'
import { GtidList } from './binlog/gtid-list.ts'
import { parseGtids } from './binlog/gtids.ts'
import {
  type Availability,
  currentPosition,
  fileAvailability,
  gtidAvailability,
  logFiles,
  type Queries
} from './binlog/position.ts'
import { isBefore } from './log-point.ts'
import { type Position, positionAt, type StoredOffset } from './offset.ts'
import type { TransactionFilter } from './transaction-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** Behind the four bytes that every file starts with. */
const FIRST_POSITION = 4

/** What the server is asked for, to go on from a position: GTIDs where there are some. */
export async function startPoint(
  queries: Queries,
  flavor: Flavor,
  position: Position,
  filter: TransactionFilter
): Promise<BinlogStart> {
  const { file, pos, gtids } = position
  if (gtids === null) return { file, position: pos }
  if (filter.isEmpty) return { gtids }
  // Sources that do not count are not read from their beginning either.
  const { gtids: current } = await currentPosition(queries, flavor)
  const others = parseGtids(flavor, current).filter((source) => !filter.keeps(source))
  return { gtids: parseGtids(flavor, gtids).filter(filter.keeps).plus(others).toString() }
}

/**
 * Whether the log can be read from a stored position.
 * @param identity of the server, as it is stored with offsets
 */
export async function availabilityOf(
  queries: Queries,
  flavor: Flavor,
  stored: Pick<StoredOffset, 'position' | 'identity'>,
  facts: { readonly identity: string; readonly filter: TransactionFilter }
): Promise<Availability> {
  const { file, pos, gtids } = stored.position
  if (gtids === null) {
    const isOther = stored.identity !== null && stored.identity !== facts.identity
    return isOther ? 'unknown' : await fileAvailability(queries, flavor, file, pos)
  }
  const available = await gtidAvailability(queries, flavor, gtids, facts.filter.keeps)
  const isSame = stored.identity === facts.identity && facts.filter.isEmpty
  if (available !== 'available' || flavor !== 'mariadb' || !isSame) return available
  return (await wasReset(queries, stored.position)) ? 'unknown' : 'available'
}

/**
 * After RESET MASTER the same GTIDs may come again for other transactions. On the same server a place of its
 * log has the same GTIDs before it for ever.
 */
async function wasReset(queries: Queries, { file, pos, gtids }: Position): Promise<boolean> {
  const files = await logFiles(queries)
  const found = files.find(({ name }) => name === file)
  // A file that is gone was removed, but one that comes after all others was never written. With other names the
  // log begins anew, and the GTIDs go on.
  if (found === undefined) {
    const last = files.findLast(({ name }) => stem(name) === stem(file))
    return last !== undefined && isBefore({ file: last.name, pos: 0 }, { file, pos: 0 })
  }
  // A place behind the end of one was not written either.
  if (pos > found.size) return true
  const [row] = await queries.query('SELECT BINLOG_GTID_POS(?, ?)', [file, pos])
  const there = row?.[0]
  if (there === undefined || there === null) return true
  const before = GtidList.parse(there)
  const read = GtidList.parse(gtids ?? '')
  if (before.isEmpty || read.isEmpty) return before.isEmpty !== read.isEmpty
  // Domains that the log does not have are of another source, or were deleted.
  const known = new Set(before.domains)
  return read.filter((domain) => known.has(domain)).toString() !== before.toString()
}

/** Of `bin.000012`, `bin`: what `log_bin` says. */
function stem(file: string): string {
  return file.replace(/\.\d+$/, '')
}

/** The beginning of the log. */
export async function beginningOf(queries: Queries, flavor: Flavor): Promise<Position> {
  const [first] = await logFiles(queries)
  const file = first?.name ?? ''
  const gtids = await gtidsBefore(queries, flavor, file)
  return positionAt({ file, pos: FIRST_POSITION, gtids: gtids || null })
}

async function gtidsBefore(queries: Queries, flavor: Flavor, file: string): Promise<string> {
  const [row] =
    flavor === 'mariadb'
      ? await queries.query('SELECT BINLOG_GTID_POS(?, ?)', [file, FIRST_POSITION])
      : await queries.query("SELECT IF(@@global.gtid_mode = 'ON', @@global.gtid_purged, '')")
  return (row?.[0] ?? '').replaceAll(/\s/g, '')
}

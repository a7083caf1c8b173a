import type { ConnectError } from '../../../runtime/api/errors.ts'
import { failure } from '../../relational/explanation.ts'
import type { MysqlConnection, TextRow } from '../connection.ts'
import { binlogOff, errorNumber } from '../errors.ts'
import type { Flavor } from '../types/column-codec.ts'
import { GtidList } from './gtid-list.ts'
import { GtidSet } from './gtid-set.ts'
import { parseGtids } from './gtids.ts'

/** Runs one statement: what is needed of a connection here. */
export type Queries = Pick<MysqlConnection, 'query'>

/** Where the binary log of a server ends. */
export interface LogPosition {
  readonly file: string
  readonly position: number
  /** All transactions up to there; empty without GTIDs. */
  readonly gtids: string
}

/** One file of the binary log. */
export interface LogFile {
  readonly name: string
  /** In bytes. */
  readonly size: number
}

/**
 * Whether a server can send its log from a place. `purged`: it has deleted what follows. `unknown`: it never was
 * there, because the log was reset or belongs to another server.
 */
export type Availability = 'available' | 'purged' | 'unknown'

const SYNTAX_ERROR = 1064

/**
 * The end of the log. File, position and GTIDs belong together, also while others write.
 * @throws {ConnectError} MYSQL_BINLOG_OFF
 */
export async function currentPosition(queries: Queries, flavor: Flavor): Promise<LogPosition> {
  if (flavor === 'mysql') {
    const { file, position, row } = await logStatus(queries, flavor)
    return { file, position, gtids: GtidSet.parse(row[4] ?? '').toString() }
  }
  const { file, position } = await logStatus(queries, flavor)
  const last = await oneValue(queries, 'SELECT @@global.gtid_binlog_pos')
  const later = await logStatus(queries, flavor)
  const isQuiet = later.file === file && later.position === position
  const gtids = isQuiet ? last : await gtidsAt(queries, file, position)
  return { file, position, gtids: GtidList.parse(gtids ?? '').toString() }
}

/** Where the log ends, without GTIDs: one query. */
export async function logEnd(
  queries: Queries,
  flavor: Flavor
): Promise<Pick<LogPosition, 'file' | 'position'>> {
  const { file, position } = await logStatus(queries, flavor)
  return { file, position }
}

/** The files that the server still has, oldest first. */
export async function logFiles(queries: Queries): Promise<LogFile[]> {
  const rows = await queries.query('SHOW BINARY LOGS')
  return rows.map(([name, size]) => ({ name: name ?? '', size: Number(size) }))
}

/** Whether the log can be read from a position of a file. */
export async function fileAvailability(
  queries: Queries,
  flavor: Flavor,
  file: string,
  position: number
): Promise<Availability> {
  const files = await logFiles(queries)
  const found = files.find(({ name }) => name === file)
  if (found === undefined) {
    return numberOf(file) < numberOf(files[0]?.name ?? '') ? 'purged' : 'unknown'
  }
  if (position > found.size) return 'unknown'
  // Only MariaDB can be asked whether an event starts there.
  const isStart = flavor === 'mysql' || (await gtidsAt(queries, file, position)) !== null
  return isStart ? 'available' : 'unknown'
}

/**
 * Whether the log can be read behind transactions.
 * @param keep the sources that count: UUIDs of MySQL, domains of MariaDB
 * @throws {ConnectError} MYSQL_GTID_SYNTAX
 */
export async function gtidAvailability(
  queries: Queries,
  flavor: Flavor,
  gtids: string,
  keep: (source: string) => boolean = () => true
): Promise<Availability> {
  if (!(await knowsGtids(queries, flavor, gtids, keep))) return 'unknown'
  const deleted = parseGtids(flavor, await purgedGtids(queries, flavor)).filter(keep)
  const read = parseGtids(flavor, gtids).filter(keep)
  return read.covers(deleted) ? 'available' : 'purged'
}

/**
 * Whether transactions are in the log, or were before files of it were removed.
 * @param keep the sources that count: UUIDs of MySQL, domains of MariaDB
 * @throws {ConnectError} MYSQL_GTID_SYNTAX
 */
export async function knowsGtids(
  queries: Queries,
  flavor: Flavor,
  gtids: string,
  keep: (source: string) => boolean = () => true
): Promise<boolean> {
  if (flavor === 'mysql') {
    const executed = await oneValue(queries, 'SELECT @@global.gtid_executed')
    return GtidSet.parse(executed).covers(GtidSet.parse(gtids).filter(keep))
  }
  const read = GtidList.parse(gtids).filter(keep)
  const state = GtidList.parse(await oneValue(queries, 'SELECT @@global.gtid_binlog_state'))
  if (state.isEmpty) return read.isEmpty
  // Domains that the server does not know may be those of another source of it.
  const known = new Set(state.domains)
  return state.covers(read.filter((domain) => known.has(domain)))
}

/** Transactions of which the log was removed. */
async function purgedGtids(queries: Queries, flavor: Flavor): Promise<string> {
  if (flavor === 'mysql') return await oneValue(queries, 'SELECT @@global.gtid_purged')
  const [oldest] = await logFiles(queries)
  return (oldest && (await gtidsAt(queries, oldest.name, FIRST_POSITION))) ?? ''
}

/** Behind the four bytes that every file starts with. */
const FIRST_POSITION = 4

/** MariaDB: the GTIDs before a position, or null when no event starts there. */
async function gtidsAt(queries: Queries, file: string, position: number): Promise<string | null> {
  const [row] = await queries.query('SELECT BINLOG_GTID_POS(?, ?)', [file, position])
  return row?.[0] ?? null
}

async function logStatus(
  queries: Queries,
  flavor: Flavor
): Promise<{ file: string; position: number; row: TextRow }> {
  const [row] = flavor === 'mysql' ? await mysqlStatus(queries) : await masterStatus(queries)
  if (row === undefined) throw failure(binlogOff())
  return { file: row[0] ?? '', position: Number(row[1]), row }
}

/** MySQL 8.2 gave the statement a new name, and 8.4 took the old one away. */
async function mysqlStatus(queries: Queries): Promise<TextRow[]> {
  try {
    return await queries.query('SHOW BINARY LOG STATUS')
  } catch (error) {
    if (errorNumber((error as ConnectError).cause) !== SYNTAX_ERROR) throw error
    return await masterStatus(queries)
  }
}

function masterStatus(queries: Queries): Promise<TextRow[]> {
  return queries.query('SHOW MASTER STATUS')
}

async function oneValue(queries: Queries, sql: string): Promise<string> {
  const [row] = await queries.query(sql)
  return row?.[0] ?? ''
}

/** Of `bin.000012`, 12; files are numbered in the order of time. */
function numberOf(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0)
}

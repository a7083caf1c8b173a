import { parseGtids } from './binlog/gtids.ts'
import type { Flavor } from './types/column-codec.ts'

/** A place in the log, or in that of another server by its GTIDs. */
export interface LogPoint {
  readonly file: string
  readonly pos: number
  /** What was executed up to here, this included; null without GTIDs. */
  readonly gtids: string | null
}

/** Whether everything up to `at` is before `point`, or `at` is the point itself. */
export function reaches(
  point: LogPoint,
  at: { readonly file: string; readonly pos: number; readonly gtid: string | null },
  flavor: Flavor
): boolean {
  if (at.gtid !== null && point.gtids !== null) return parseGtids(flavor, point.gtids).has(at.gtid)
  return !isBefore(point, at)
}

/** Whether everything up to `other` is before `point`, or `other` is the point itself. */
export function covers(point: LogPoint, other: LogPoint, flavor: Flavor): boolean {
  if (point.gtids === null || other.gtids === null) return !isBefore(point, other)
  return parseGtids(flavor, point.gtids).covers(parseGtids(flavor, other.gtids))
}

/** Whether a place in the log of a server comes before another. */
export function isBefore(
  a: Pick<LogPoint, 'file' | 'pos'>,
  b: Pick<LogPoint, 'file' | 'pos'>
): boolean {
  const order = compareFiles(a.file, b.file)
  return order === 0 ? a.pos < b.pos : order < 0
}

/** The number at the end counts: `binlog.1000000` comes after `binlog.999999`. */
function compareFiles(a: string, b: string): number {
  if (a === b) return 0
  const left = numberOf(a)
  const right = numberOf(b)
  return left === right ? (a < b ? -1 : 1) : left - right
}

function numberOf(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0)
}

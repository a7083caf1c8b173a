import type { TaskId } from '../worker/task-spec.ts'

/** Protocol type of the group: Kafka Connect's own workers, which say `connect`, cannot join it. */
export const PROTOCOL = 'millrace'

/** What a worker tells the group when it joins. */
export interface MemberMetadata {
  /** `host:port` */
  readonly workerId: string
  /** Base URL of its REST API; empty when it has none. */
  readonly url: string
  /** Offset of the last record of the config topic that it has read. */
  readonly configOffset: number
  /** The latest epoch that it has been given; 0 when none. */
  readonly epoch: number
  /** What it runs, or has not yet stopped. Connectors are task -1. */
  readonly owned: readonly TaskId[]
}

/** What the leader tells a worker. */
export interface Assignment {
  /** `host:port` of the leader. */
  readonly leader: string
  readonly leaderUrl: string
  /** The config topic was read up to here: later changes are not considered. */
  readonly configOffset: number
  /**
   * Generations of what starts from now on count from here: above all that any worker was ever
   * given, by a distance of EPOCH_STEP.
   */
  readonly epoch: number
  /** All that the worker has; what it runs besides it must stop, and then join again. */
  readonly owned: readonly TaskId[]
  /** Milliseconds until the tasks of a lost worker are given to others; 0 when none wait. */
  readonly delay: number
}

/** An assignment holds for as many starts of a task as this; then a new epoch is needed. */
export const EPOCH_STEP = 256

/** Short names, because every join of a large group carries all of it. */
type Packed = readonly (readonly [connector: string, tasks: readonly number[]])[]

export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  return encode({ ...metadata, owned: pack(metadata.owned) })
}

/** @throws {SyntaxError} for bytes that no worker of this group wrote */
export function decodeMetadata(bytes: Uint8Array): MemberMetadata {
  const decoded: Omit<MemberMetadata, 'owned'> & { owned: Packed } = decode(bytes)
  return { ...decoded, owned: unpack(decoded.owned) }
}

export function encodeAssignment(assignment: Assignment): Uint8Array {
  return encode({ ...assignment, owned: pack(assignment.owned) })
}

/** @throws {SyntaxError} for bytes that no leader of this group wrote */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  const decoded: Omit<Assignment, 'owned'> & { owned: Packed } = decode(bytes)
  return { ...decoded, owned: unpack(decoded.owned) }
}

function pack(owned: readonly TaskId[]): Packed {
  const byConnector = Map.groupBy(owned, ({ connector }) => connector)
  return [...byConnector].map(([connector, ids]) => [connector, ids.map(({ task }) => task)])
}

function unpack(packed: Packed): TaskId[] {
  return packed.flatMap(([connector, tasks]) => tasks.map((task) => ({ connector, task })))
}

/** The first number says how to read the rest, for groups whose workers are updated one by one. */
const VERSION = 1

function encode(value: object): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...value }))
}

function decode<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}

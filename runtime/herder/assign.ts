import { CONNECTOR, type TaskId, taskKey } from '../worker/task-spec.ts'

/**
 * What can be given to a worker: a task, or the connector itself as task -1, which is how Kafka
 * Connect's group protocol names it.
 */
export type Work = TaskId

/** A worker of the group, with what it runs or has not yet stopped. */
export interface Owner {
  readonly id: string
  readonly owned: readonly Work[]
}

export interface AssignInput {
  /** Every member of the generation. */
  readonly members: readonly Owner[]
  /** Everything that should run somewhere. */
  readonly work: readonly Work[]
  /** What nobody may have for now: its worker is expected back. */
  readonly held?: readonly Work[]
}

export interface Assignments {
  /** What each member has from now on, by its id. */
  readonly byMember: ReadonlyMap<string, readonly Work[]>
  /**
   * Something has to be stopped by its owner before it can be given to another: a next generation
   * has to follow as soon as that is done.
   */
  readonly incomplete: boolean
}

/**
 * Decides which worker runs what. Connectors and tasks are balanced apart, as in Kafka Connect: no
 * member has more than one above any other. What a member has, it keeps, as far as balance allows;
 * what moves is taken away in one generation and given in the next, so that nothing runs twice.
 * Pure, and the same for the same input in any order.
 */
export function assign({ members, work, held = [] }: AssignInput): Assignments {
  const heldIds = new Set(held.map(taskKey))
  const parts = [
    work.filter(({ task }) => task === CONNECTOR),
    work.filter(({ task }) => task !== CONNECTOR)
  ]
  const byMember = new Map<string, Work[]>(members.map(({ id }) => [id, []]))
  let incomplete = false
  for (const part of parts) {
    const spread = distribute(part, members, heldIds)
    for (const [id, given] of spread.byMember) byMember.get(id)?.push(...given)
    incomplete ||= spread.incomplete
  }
  return { byMember, incomplete }
}

interface Share {
  readonly id: string
  readonly kept: Work[]
  readonly added: Work[]
  quota: number
}

function distribute(
  part: readonly Work[],
  members: readonly Owner[],
  held: ReadonlySet<string>
): Assignments {
  const items = part.toSorted(byName)
  const owners = ownersOf(members)
  const shares = sharesOf(items, members, owners)
  shareQuotas(shares, items.length)
  let incomplete = false
  const free: Work[] = []
  for (const item of items) {
    const found = owners.get(taskKey(item)) ?? []
    // Two that run the same both have to stop: neither can know that the other did not go on.
    if (found.length > 1) incomplete = true
    else if (found.length === 0 && !held.has(taskKey(item))) free.push(item)
  }
  for (const share of shares) {
    if (share.kept.length <= share.quota) continue
    share.kept.length = share.quota
    incomplete = true
  }
  for (const item of free) leastLoaded(shares, item)?.added.push(item)
  const byMember = new Map(shares.map(({ id, kept, added }) => [id, [...kept, ...added]]))
  return { byMember, incomplete }
}

function ownersOf(members: readonly Owner[]): ReadonlyMap<string, string[]> {
  const owners = new Map<string, string[]>()
  for (const { id, owned } of members) {
    for (const item of owned) {
      const name = taskKey(item)
      const known = owners.get(name)
      if (known === undefined) owners.set(name, [id])
      else known.push(id)
    }
  }
  return owners
}

function sharesOf(
  items: readonly Work[],
  members: readonly Owner[],
  owners: ReadonlyMap<string, readonly string[]>
): Share[] {
  const shares = new Map<string, Share>()
  for (const { id } of members.toSorted((a, b) => compare(a.id, b.id))) {
    shares.set(id, { id, kept: [], added: [], quota: 0 })
  }
  for (const item of items) {
    const found = owners.get(taskKey(item)) ?? []
    const [owner] = found
    if (owner !== undefined && found.length === 1) shares.get(owner)?.kept.push(item)
  }
  return [...shares.values()]
}

/** Who has most gets the larger quotas, so that the least has to move. */
function shareQuotas(shares: readonly Share[], total: number): void {
  if (shares.length === 0) return
  const least = Math.floor(total / shares.length)
  const larger = total % shares.length
  const byLoad = shares.toSorted((a, b) => b.kept.length - a.kept.length || compare(a.id, b.id))
  byLoad.forEach((share, index) => {
    share.quota = least + (index < larger ? 1 : 0)
  })
}

/** Below its quota, with the fewest; among those the one with the fewest tasks of the connector. */
function leastLoaded(shares: readonly Share[], item: Work): Share | undefined {
  const sameConnector = ({ kept, added }: Share) =>
    [...kept, ...added].filter(({ connector }) => connector === item.connector).length
  let best: Share | undefined
  for (const share of shares) {
    if (loadOf(share) >= share.quota) continue
    if (best === undefined || loadOf(share) < loadOf(best)) best = share
    else if (loadOf(share) === loadOf(best) && sameConnector(share) < sameConnector(best)) {
      best = share
    }
  }
  return best
}

function loadOf({ kept, added }: Share): number {
  return kept.length + added.length
}

function byName(a: Work, b: Work): number {
  return compare(a.connector, b.connector) || a.task - b.task
}

/** By code unit: the same on every machine, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

import { taskKey } from '../../runtime/worker/task-spec.ts'
import { Random } from '../support/random.ts'
import { Violation } from './checker.ts'
import { Faults } from './faults.ts'
import { Fleet } from './fleet.ts'
import { History } from './history.ts'
import { LATE_MS } from './network.ts'
import {
  badRecords,
  groupViews,
  hasOldTasks,
  lostChanges,
  placesOf,
  readTruth,
  type Truth,
  unsettled
} from './truth.ts'

/** How long everything may take to run again once nothing is disturbed. */
const SETTLE_MS = 180_000
/** How long it has to stay so: longer than between two heartbeats. */
const STEADY_MS = 4000

export interface Outcome {
  readonly seed: number
  readonly violation: Pick<Violation, 'invariant' | 'message'> | null
  /** Virtual milliseconds that the simulation took. */
  readonly virtualMs: number
}

/** Runs the simulation of one seed: faults and requests, then peace, in which all must come right. */
export async function simulate(
  seed: number,
  trace: ((line: string) => void) | null = null
): Promise<Outcome> {
  const fleet = new Fleet({ seed, trace })
  try {
    await run(fleet, seed)
    return { seed, violation: null, virtualMs: fleet.time.now }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    fleet.trace('end', () => error.message)
    return { seed, violation: error, virtualMs: fleet.time.now }
  }
}

async function run(fleet: Fleet, seed: number): Promise<void> {
  const random = new Random(seed * 4)
  const faults = new Faults(fleet, random)
  const history = new History(fleet, new Random(seed * 4 + 0x10000001))
  const check = () => fleet.checker.check()
  faults.begin()
  history.begin()
  await fleet.time.runUntil(random.pick([10_000, 25_000, 50_000]), check)
  faults.end()
  fleet.trace('fault', () => 'no more faults')
  // Requests whose connections broke may be carried out until then.
  await fleet.time.runUntil(fleet.time.now + LATE_MS, check)
  await runUntilDone(fleet, history.end(), 'requests are answered')
  const settled = Promise.all(history.connectors.map((connector) => history.settle(connector)))
  await runUntilDone(fleet, settled, 'changes are taken')
  const truth = await readTruth(fleet)
  await converge(fleet, truth)
  await truth.configs.refresh()
  fail('no acknowledged change is lost', lostChanges(truth, history.connectors))
  await stayPut(fleet, truth, random)
  fail(
    'exactly once',
    badRecords(
      fleet,
      history.connectors.map(({ name }) => name)
    )
  )
}

async function runUntilDone(fleet: Fleet, work: Promise<unknown>, what: string): Promise<void> {
  let done = false
  void work.then(() => {
    done = true
  })
  const until = fleet.time.now + SETTLE_MS
  while (!done) {
    if (fleet.time.now > until) throw new Violation(what, groupViews(fleet).join('; '))
    await fleet.time.runUntil(fleet.time.now + 200, () => fleet.checker.check())
  }
}

/** Lets time pass until all is as it should be, and stays so. */
async function converge(fleet: Fleet, truth: Truth): Promise<void> {
  const until = fleet.time.now + SETTLE_MS
  let since = fleet.time.now
  while (fleet.time.now - since < STEADY_MS) {
    await fleet.time.runUntil(fleet.time.now + 1000, () => fleet.checker.check())
    await truth.configs.refresh()
    await truth.statuses.refresh()
    const problems = unsettled(fleet, truth)
    if (problems.length === 0) continue
    since = fleet.time.now
    if (since < until) continue
    const details = [...problems, ...groupViews(fleet)].join('; ')
    throw new Violation('everything runs once', details)
  }
}

/** A worker comes and another one goes: what can stay where it is runs on, undisturbed. */
async function stayPut(fleet: Fleet, truth: Truth, random: Random): Promise<void> {
  const before = placesOf(fleet)
  const old = truth.configs.connectors().filter(hasOldTasks)
  const oldNames = new Set(old.map(({ name }) => name))
  const comes = random.below(2) === 0 || fleet.workers.length < 2
  const leaver = comes ? null : random.pick(fleet.workers)
  fleet.trace('fault', () => (leaver ? `${leaver.process.name} leaves` : 'another one joins'))
  if (leaver === null) fleet.start('late')
  else fleet.leave(leaver, () => {})
  await converge(fleet, truth)
  const problems: string[] = []
  for (const [key, [now]] of placesOf(fleet)) {
    const was = before.get(key)?.[0]
    if (was === undefined || now === undefined || was.worker === leaver) continue
    if (oldNames.has(now.run.connector)) continue
    if (was.worker === now.worker && was.run.number === now.run.number) continue
    const moved = was.worker !== now.worker && now.worker.workerId === 'late'
    if (!moved) {
      const to = `${now.worker.process.name} run ${now.run.number}`
      problems.push(`${taskKey(now.run)} went from ${was.worker.process.name} to ${to}`)
    }
  }
  fail('what can stay is not disturbed', problems)
}

function fail(invariant: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Violation(invariant, problems.slice(0, 5).join('; '))
}

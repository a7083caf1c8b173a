import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'
import type { Broker } from '../../runtime/broker/broker.ts'
import { Fleet, type Places } from '../support/fleet.ts'
import { startPostgres } from '../support/postgres.ts'
import { Random } from '../support/random.ts'
import { StatusHistory } from '../support/status-history.ts'
import { FleetLoad } from './fleet-load.ts'

export interface FleetUnderTest {
  readonly seed: number
  /** Begins the names of connectors and topics. */
  readonly prefix: string
  /** Keys of the workers' files; see `FleetOptions`. */
  readonly settings: Readonly<Record<string, string>>
  openBroker(folder: string): Promise<Broker>
}

const WORKERS = 3

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Three workers, 12 connectors and 30 tasks under load, whatever happens to the workers. */
export function fleetContract(under: () => Promise<FleetUnderTest>): void {
  const cleanup = new AsyncDisposableStack()
  let fleet: Fleet
  let load: FleetLoad
  let history: StatusHistory
  let random: Random

  before(async () => {
    const { prefix, settings, openBroker, seed } = await under()
    random = new Random(seed)
    const postgres = cleanup.use(await startPostgres())
    const database = await postgres.createDatabase()
    fleet = cleanup.use(await Fleet.start({ workers: WORKERS, settings }))
    const broker = await openBroker(fleet.folder)
    cleanup.defer(() => broker.close())
    history = cleanup.use(
      new StatusHistory(broker, settings['status.storage.topic'] ?? 'connect-status')
    )
    load = cleanup.use(new FleetLoad({ fleet, broker, postgres, database, prefix }))
    await load.create()
  })

  after(() => cleanup.disposeAsync())

  beforeEach(async () => {
    await fleet.makeWhole()
    await fleet.running(load.expected)
  })

  /** Everything runs, goes on, and nothing was lost or doubled. */
  async function isWell(): Promise<Places> {
    const places = await fleet.running(load.expected)
    await load.grows()
    await load.isIntact()
    return places
  }

  it('takes over what a killed worker ran', async () => {
    const victim = random.pick(fleet.workers)
    await victim.kill()
    const places = await isWell()
    assert.ok(![...places.values()].includes(victim.id))
  })

  it('hands over what a worker ran that is told to stop, and starts nothing else', async () => {
    const victim = random.pick(fleet.workers)
    const before = await fleet.running(load.expected)
    const starts = await history.starts()
    await victim.stop()
    const after = await isWell()
    assertOnlyMoved(before, after, { starts, now: await history.starts() })
    for (const [name, id] of before) if (id !== victim.id) assert.equal(after.get(name), id, name)
  })

  it('loses, doubles and restarts nothing needlessly while all workers are replaced', async () => {
    for (const worker of fleet.workers) {
      for (const change of ['stop', 'start'] as const) {
        const before = await fleet.running(load.expected)
        const starts = await history.starts()
        await worker[change]()
        const after = await isWell()
        assertOnlyMoved(before, after, { starts, now: await history.starts() })
      }
    }
  })

  it('survives the death of its leader in the middle of a change', async () => {
    const leader = await fleet.leader()
    const change = load.createSource(0, 2)
    await pause(random.below(300))
    await leader.kill()
    await change
    await isWell()
  })

  it('survives a death in the middle of a rebalance', async () => {
    const joining = random.pick(fleet.workers)
    await joining.stop()
    await fleet.running(load.expected)
    const joined = joining.start()
    await pause(random.below(1000))
    await random.pick(fleet.up.filter((worker) => worker !== joining)).kill()
    await joined
    await isWell()
  })

  it('moves lanes from task to task as their number changes', async () => {
    for (const tasks of [1, 3]) {
      for (const number of [1, 2]) await load.createSource(number, tasks)
      await isWell()
    }
  })

  it('ends a deleted connector, which goes on where it was when it is there again', async () => {
    const others = await fleet.running(load.expected)
    const starts = await history.starts()
    await load.deleteSource(3)
    const places = await fleet.running(load.expected)
    await load.stands(3)
    for (const [name, id] of places) {
      if (others.get(name) !== id) continue
      assert.equal((await history.starts()).get(name), starts.get(name), `${name} stayed`)
    }
    await load.createSource(3, 3)
    await isWell()
  })

  it('lets a worker that stood still write nothing that is no longer its own', async () => {
    for (const task of [load.tableTask, load.fileTask]) {
      const places = await fleet.running(load.expected)
      const victim = fleet.worker(places.get(task) ?? '')
      await fleet.standStill(victim, () => load.canWrite())
      await isWell()
      victim.resume()
      await victim.says('This worker has lost its place in the group')
      await isWell()
    }
  })

  it('brings everything to the sinks, once', async () => {
    await load.setPaused(true)
    await load.arrives()
    await load.isIntact()
    await load.setPaused(false)
    await isWell()
  })
}

/** What stayed where it was has not started again; what moved has started once. */
function assertOnlyMoved(
  before: Places,
  after: Places,
  counts: {
    readonly starts: ReadonlyMap<string, number>
    readonly now: ReadonlyMap<string, number>
  }
): void {
  const { starts, now } = counts
  const started = [...after.keys()].flatMap((name) => {
    const times = (now.get(name) ?? 0) - (starts.get(name) ?? 0)
    return times === 0 ? [] : [`${name} ${times}`]
  })
  const moved = [...after]
    .filter(([name, id]) => before.get(name) !== id)
    .map(([name]) => `${name} 1`)
  assert.deepEqual(started.toSorted(), moved.toSorted())
}

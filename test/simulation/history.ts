import { ConnectError } from '../../runtime/api/errors.ts'
import type { GroupHerder } from '../../runtime/herder/group-herder.ts'
import { ForwardError } from '../../runtime/herder/request-error.ts'
import type { Random } from '../support/random.ts'
import type { Fleet } from './fleet.ts'
import { LINES, NUMBERS, ROWS } from './simulated-plugins.ts'

type Target = 'STARTED' | 'PAUSED' | 'STOPPED'

/** What a connector may look like, by what clients were told; more than one where that was unclear. */
export interface Expected {
  readonly name: string
  /** Whether it exists. */
  exists: Set<boolean>
  /** The `version` in its config. */
  version: Set<string>
  target: Set<Target>
}

type Verb = 'create' | 'update' | 'pause' | 'resume' | 'stop' | 'restart' | 'table' | 'delete'

const VERBS: readonly Verb[] = [
  ...(['update', 'update', 'update', 'pause', 'resume', 'resume', 'stop'] as const),
  ...(['restart', 'table', 'table', 'delete'] as const)
]

function verbsFor({ exists }: Expected): readonly Verb[] {
  if (exists.size > 1) return ['create', 'update', 'delete']
  return exists.has(true) ? VERBS : ['create']
}

/** Longer than any request that was given up can still be carried out. */
const UNSURE_MS = 6000
const HOPS = 3

/** One client for each connector: asks one thing after another, of any worker. */
export class History {
  readonly #fleet: Fleet
  readonly #random: Random
  readonly #connectors: readonly Expected[]
  readonly #kinds: readonly string[]
  readonly #pauseMs: number
  readonly #ended: Promise<void>
  #endPauses: () => void = () => {}
  #lives: Promise<void>[] = []
  #over = false
  #versions = 0

  constructor(fleet: Fleet, random: Random) {
    this.#fleet = fleet
    this.#random = random
    this.#ended = new Promise((resolve) => {
      this.#endPauses = resolve
    })
    this.#pauseMs = random.pick([1000, 4000, 12_000])
    const count = 2 + random.below(4)
    this.#kinds = Array.from({ length: count }, () => random.pick([NUMBERS, NUMBERS, ROWS, LINES]))
    this.#connectors = this.#kinds.map((kind, index) => ({
      name: `${kind}-${index}`,
      exists: new Set([false]),
      version: new Set<string>(),
      target: new Set<Target>(['STARTED'])
    }))
  }

  get connectors(): readonly Expected[] {
    return this.#connectors
  }

  begin(): void {
    this.#lives = this.#connectors.map((connector) => this.#live(connector))
  }

  /** Asks nothing new, and waits for what was asked. */
  async end(): Promise<void> {
    this.#over = true
    this.#endPauses()
    await Promise.all(this.#lives)
  }

  /** In the end: has everything run, paused or stopped for certain, whatever was asked before. */
  async settle(connector: Expected): Promise<void> {
    const { name } = connector
    // What needs no change is left as it is, so that nothing mends what the faults have left behind.
    const isSure = !connector.exists.has(false)
    if (!isSure || this.#random.below(2) === 0) {
      await this.#until(() => this.#put(connector, 'update'))
    }
    const last = this.#random.pick(['resume', 'resume', 'resume', 'pause', 'stop'] as const)
    await this.#until(() => this.#target(connector, last))
    const restart = { includeTasks: true, onlyFailed: true }
    await this.#until(() =>
      this.#change(connector, 'restart', (herder) => done(herder.restartWith(name, restart)), {})
    )
  }

  async #live(connector: Expected): Promise<void> {
    for (;;) {
      const pause = this.#wait(2 * this.#random.next() * this.#pauseMs)
      await Promise.race([pause, this.#ended])
      if (this.#over) return
      await this.#act(connector, this.#random.pick(verbsFor(connector)))
    }
  }

  async #act(connector: Expected, verb: Verb): Promise<void> {
    const { name } = connector
    if (verb === 'table') {
      this.#fleet.trace('client', () => `a new table of ${name}`)
      this.#fleet.outside.addTable(name)
    } else if (verb === 'delete') {
      const wanted = { exists: false, target: 'STARTED' } as const
      await this.#change(connector, verb, (herder) => herder.remove(name), wanted)
    } else if (verb === 'restart') await this.#restart(name)
    else if (verb === 'create' || verb === 'update') await this.#put(connector, verb)
    else await this.#target(connector, verb)
  }

  #put(connector: Expected, verb: 'create' | 'update'): Promise<boolean> {
    const { name } = connector
    const kind = name.slice(0, name.lastIndexOf('-'))
    const version = String(++this.#versions)
    const tasks = String(1 + this.#random.below(4))
    const config = { name, 'connector.class': kind, 'tasks.max': tasks, version }
    const ask = (herder: GroupHerder) =>
      done(verb === 'create' ? herder.create(name, config) : herder.put(name, config))
    return this.#change(connector, verb, ask, { exists: true, version })
  }

  #target(connector: Expected, verb: 'pause' | 'resume' | 'stop'): Promise<boolean> {
    const target = ({ pause: 'PAUSED', resume: 'STARTED', stop: 'STOPPED' } as const)[verb]
    const ask = (herder: GroupHerder) => herder[verb](connector.name)
    return this.#change(connector, verb, ask, { target })
  }

  async #restart(name: string): Promise<void> {
    const kind = this.#random.below(3)
    const options = { includeTasks: kind > 0, onlyFailed: kind === 1 }
    await this.#ask(`restart ${name}`, async (herder) => {
      if (kind === 0) await herder.restart(name)
      else await herder.restartWith(name, options)
    }).catch(() => undefined)
  }

  /** Asks for a change, and notes what is known after it. */
  async #change(
    connector: Expected,
    verb: string,
    ask: (herder: GroupHerder) => Promise<void>,
    wanted: { exists?: boolean; version?: string; target?: Target }
  ): Promise<boolean> {
    const add = (clear: boolean) => {
      const { exists, version, target } = connector
      if (clear && wanted.exists !== undefined) exists.clear()
      if (clear && wanted.version !== undefined) version.clear()
      if (clear && wanted.target !== undefined) target.clear()
      if (wanted.exists !== undefined) exists.add(wanted.exists)
      if (wanted.version !== undefined) version.add(wanted.version)
      if (wanted.target !== undefined) target.add(wanted.target)
    }
    try {
      await this.#ask(`${verb} ${connector.name}`, ask)
      add(true)
      return true
    } catch (error) {
      if (isRefused(error)) return false
      // It may have been carried out, or may yet be.
      add(false)
      await this.#wait(UNSURE_MS)
      return false
    }
  }

  async #until(attempt: () => Promise<boolean>): Promise<void> {
    while (!(await attempt())) await this.#wait(500)
  }

  /** Asks any worker, and those that it names instead. */
  async #ask(what: string, ask: (herder: GroupHerder) => Promise<void>): Promise<void> {
    const { workers } = this.#fleet
    if (workers.length === 0) throw new ForwardError(null)
    let { url } = this.#random.pick(workers)
    for (let hop = 1; ; hop++) {
      try {
        this.#fleet.trace('client', () => `${what} at ${url}`)
        await this.#fleet.ask(url, ask)
        this.#fleet.trace('client', () => `${what} done`)
        return
      } catch (error) {
        this.#fleet.trace('client', () => `${what}: ${error}`)
        if (!(error instanceof ForwardError) || error.url === null || hop === HOPS) throw error
        url = error.url
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#fleet.time.after(ms, resolve))
  }
}

async function done(work: Promise<unknown>): Promise<void> {
  await work
}

/** Whether the answer says for certain that nothing was done. */
function isRefused(error: unknown): boolean {
  if (error instanceof ForwardError) return true
  return error instanceof ConnectError && /not found|Unknown connector|exists/.test(error.message)
}

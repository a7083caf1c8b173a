import type { ConfigStore } from '../stores/config-store.ts'
import { taskKey } from '../worker/task-spec.ts'
import { workOf } from './leader.ts'

/** Notices new and gone connectors and tasks, which only the group as a whole can deal with. */
export class WorkWatch {
  readonly #configs: ConfigStore
  #seen = ''
  #offset = -1

  constructor(configs: ConfigStore) {
    this.#configs = configs
    this.look()
  }

  /** Offset of the config topic at which connectors, or their numbers of tasks, last changed. */
  get offset(): number {
    return this.#offset
  }

  /** To be called after every record. */
  look(): void {
    const work = this.#configs.connectors().flatMap(workOf).map(taskKey).sort().join('\n')
    if (work === this.#seen) return
    this.#seen = work
    this.#offset = this.#configs.offset
  }
}

import type { ConnectorConfig } from '../stores/config-log.ts'
import { CONNECTOR, type TaskId, taskKey } from '../worker/task-spec.ts'
import type { WantedTask } from '../worker/worker.ts'
import type { PluginFacts } from './plugin-facts.ts'

export interface PlanInput {
  readonly owned: readonly TaskId[]
  /** Task keys of what runs here already. */
  readonly present: ReadonlySet<string>
  /** Whether source tasks write in transactions, so that older ones can be fenced. */
  readonly exactlyOnce: boolean
  connector(name: string): ConnectorConfig | null
  facts(connector: ConnectorConfig): PluginFacts
}

/** What a worker should run, of what it owns and the config topic wants. Pure. */
export function planWork({ owned, present, ...input }: PlanInput): WantedTask[] {
  return owned.flatMap((id) => {
    const connector = input.connector(id.connector)
    if (connector === null || connector.targetState === 'STOPPED') return []
    const facts = input.facts(connector)
    const paused = connector.targetState === 'PAUSED'
    const tasks = connector.tasks?.length ?? 0
    const shared = {
      connector: id.connector,
      task: id.task,
      paused,
      version: facts.version,
      endOffset: connector.endOffset
    }
    if (id.task === CONNECTOR) return [{ ...shared, config: connector.config, tasks: 0 }]
    const config = connector.tasks?.[id.task]
    if (config === undefined) return []
    const goesOn = present.has(taskKey(id)) || paused
    if (isOutdated(connector) && !goesOn) return []
    if (input.exactlyOnce && facts.kind === 'source' && needsFencing(connector)) return []
    return [{ ...shared, config, tasks }]
  })
}

/**
 * The connector has another config than its tasks were made from: they are about to be made anew.
 * What runs goes on until then, but nothing starts that would have to restart at once.
 */
export function isOutdated({ configOffset, tasksOffset }: ConnectorConfig): boolean {
  return configOffset > tasksOffset
}

/** Tasks of the configs before may still write: these must not start before that is over. */
export function needsFencing({ tasksOffset, fencingOffset }: ConnectorConfig): boolean {
  return tasksOffset > fencingOffset
}

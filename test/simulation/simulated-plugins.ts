import type { Clock } from '../../runtime/api/clock.ts'
import type { RawConfig } from '../../runtime/api/config.ts'
import { type ConnectorContext, defineSink, defineSource } from '../../runtime/api/connector.ts'
import { Plugins } from '../../runtime/config/plugins.ts'
import type { OutsideWorld } from './outside-world.ts'

/** A source with tables, of which new ones appear while it runs. */
export const NUMBERS = 'numbers'
/** A sink whose target keeps its offsets and fences. */
export const ROWS = 'rows'
/** A sink whose target fences nobody. */
export const LINES = 'lines'

/** The connectors of one simulated worker. Their tasks are those of the simulated pool. */
export function simulatedPlugins(clock: Clock, outside: OutsideWorld): Plugins {
  const numbers = defineSource({
    summary: 'The numbers of tables.',
    version: '1',
    config: {},
    createTask,
    taskConfigs: (_config, raw, tasksMax) =>
      splitTables(outside.tables(raw['name'] ?? ''), tasksMax),
    monitor: (_config, _raw, context) => watchTables(clock, outside, context)
  })
  const sink = defineSink({ summary: 'Takes records.', version: '1', config: {}, createTask })
  const sinkEntry = {
    kind: 'sink',
    classNames: [],
    summary: '',
    load: async () => ({ default: sink })
  } as const
  return new Plugins({
    registry: {
      [NUMBERS]: {
        kind: 'source',
        classNames: [],
        summary: '',
        load: async () => ({ default: numbers })
      },
      [ROWS]: sinkEntry,
      [LINES]: sinkEntry
    },
    pluginPath: [],
    cwd: '.'
  })
}

function createTask(): never {
  throw new Error('The tasks of a simulation are made by its pool.')
}

function splitTables(tables: number, tasksMax: number): RawConfig[] {
  return Array.from({ length: Math.min(tables, tasksMax) }, (_, task) => {
    const all = Array.from({ length: tables }, (_, table) => table)
    return { tables: all.filter((table) => table % tasksMax === task).join(',') }
  })
}

async function watchTables(
  clock: Clock,
  outside: OutsideWorld,
  { signal, requestTaskReconfiguration }: ConnectorContext
): Promise<void> {
  const end = outside.watch(() => {
    // The source is asked now and then: its worker does not hear of it in the same instant.
    clock.after(50, () => {
      if (!signal.aborted) requestTaskReconfiguration()
    })
  })
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  end()
}

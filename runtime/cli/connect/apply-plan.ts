import type { ConfigSpec } from '../../api/config.ts'
import type { InitialState, LoadedConnector } from '../../config/load-files.ts'
import { type ConfigDiff, diffConfig } from './config-diff.ts'
import type { ListedConnector } from './connect-answers.ts'
import { targetState } from './state-text.ts'

/** A connector that exists and is not what its file says. */
export interface Update {
  readonly connector: LoadedConnector
  readonly running: ListedConnector
  readonly diff: ConfigDiff
  /** A change of its state; null when it is as the file says, or the file says nothing of it. */
  readonly state: { readonly from: string; readonly to: InitialState } | null
}

/** A connector that is what its file says. */
export interface Unchanged {
  readonly name: string
  /** Its state where a person must have asked for it, because the file does not say one. */
  readonly held: 'PAUSED' | 'STOPPED' | null
}

/** What has to be done so that a worker group runs what files say. */
export interface Plan {
  readonly updates: readonly Update[]
  readonly creates: readonly LoadedConnector[]
  /** Connectors that are in no file, to be deleted. */
  readonly deletes: readonly string[]
  /** Connectors that are in no file, to be left alone. */
  readonly unmanaged: readonly string[]
  readonly unchanged: readonly Unchanged[]
  /** Keys, by connector, with secrets that nobody can compare because the worker does not show them. */
  readonly hidden: ReadonlyMap<string, readonly string[]>
}

/** What a plan is made of. */
export interface PlanInput {
  readonly files: readonly LoadedConnector[]
  readonly running: readonly ListedConnector[]
  /** Declares the secret keys of a connector. */
  readonly secretsOf: (name: string) => ConfigSpec
  /** Whether connectors that are in no file are deleted. */
  readonly prune: boolean
}

/** Compares files with what runs. Nothing in a plan but the files' own configurations is a secret. */
export function makePlan({ files, running, secretsOf, prune }: PlanInput): Plan {
  const existing = new Map(running.map((listed) => [listed.name, listed]))
  const updates: Update[] = []
  const creates: LoadedConnector[] = []
  const unchanged: Unchanged[] = []
  const hidden = new Map<string, readonly string[]>()
  for (const connector of files) {
    const { name, config } = connector
    const listed = existing.get(name)
    existing.delete(name)
    if (!listed?.connector) {
      creates.push(connector)
      continue
    }
    const diff = diffConfig(config, listed.connector.config, secretsOf(name))
    const state = stateChange(connector, listed)
    if (diff.hidden.length > 0) hidden.set(name, diff.hidden)
    if (diff.changes.length > 0 || diff.lost.length > 0 || state !== null) {
      updates.push({ connector, running: listed, diff, state })
    } else unchanged.push({ name, held: heldState(connector, listed) })
  }
  const others = [...existing.keys()].toSorted()
  return {
    updates,
    creates,
    deletes: prune ? others : [],
    unmanaged: prune ? [] : others,
    unchanged,
    hidden
  }
}

/** Whether there is nothing to do. */
export function isEmpty({ updates, creates, deletes }: Plan): boolean {
  return updates.length + creates.length + deletes.length === 0
}

/**
 * A file without `initial_state` says nothing of the state: what an operator has paused stays paused.
 * Of a failed connector nobody knows which state it is meant to have, so it is not resumed.
 */
function stateChange(
  { locate, initialState: to }: LoadedConnector,
  { status }: ListedConnector
): Update['state'] {
  if (locate('initial_state') === null) return null
  const target = targetState(status)
  if (target === to || (target === null && to === 'RUNNING')) return null
  return { from: status?.state ?? 'UNASSIGNED', to }
}

function heldState({ locate }: LoadedConnector, { status }: ListedConnector): Unchanged['held'] {
  const target = targetState(status)
  return locate('initial_state') === null && target !== 'RUNNING' ? target : null
}

import type { LoadedConnector } from '../../config/load-files.ts'
import { usageError } from '../exit-code.ts'
import { type ConfigDiff, diffConfig, maskedKeys } from './config-diff.ts'
import type { ConnectClient } from './connect-client.ts'
import type { ConnectionOptions } from './connection.ts'
import { loadConnectors, refuseMasked } from './load-connectors.ts'
import { SecretKeys } from './secret-keys.ts'
import { onEach, openClient, type WaitOptions, waitFor } from './session.ts'

/** The status of before a new configuration may be shown for about a second. */
export const UPDATE_SETTLE_MS = 1000

/** `millrace connectors create`. */
export async function create(
  files: readonly string[],
  options: ConnectionOptions & WaitOptions
): Promise<void> {
  const connectors = await loadSome(files)
  const client = await openClient(options)
  const created = await onEach(connectors, nameOf, async (connector) => {
    await createOne(client, connector)
  })
  const goals = created.map(({ name, initialState }) => ({
    name,
    state: initialState,
    settleMs: 0
  }))
  await waitFor(client, goals, options)
}

/** `millrace connectors update`. */
export async function update(
  files: readonly string[],
  options: ConnectionOptions & WaitOptions
): Promise<void> {
  const connectors = await loadSome(files)
  const client = await openClient(options)
  const secretKeys = new SecretKeys(client)
  const updated = await onEach(connectors, nameOf, async (connector) => {
    const running = await client.connector(connector.name)
    const spec = await secretKeys.of(connector.config, running.config)
    const diff = diffConfig(connector.config, running.config, spec)
    await updateOne(client, connector, diff)
  })
  const states = new Map((await client.list()).map(({ name, status }) => [name, status?.state]))
  const goals = updated.map(({ name }) => {
    const now = states.get(name)
    const state = now === 'PAUSED' || now === 'STOPPED' ? now : 'RUNNING'
    return { name, state, settleMs: UPDATE_SETTLE_MS } as const
  })
  await waitFor(client, goals, options)
}

/** @throws {ConnectError} INVALID_CONFIG for masked secrets, and what the worker refuses */
export async function createOne(client: ConnectClient, connector: LoadedConnector): Promise<void> {
  refuseMasked(connector, maskedKeys(connector.config))
  const { name, config, initialState } = connector
  await client.create(name, config, initialState)
}

/**
 * Sends the configuration of a file. Where the file leaves secrets to the worker, only what differs
 * is sent, so that they stay.
 *
 * @throws {ConnectError} INVALID_CONFIG for masked secrets that the worker does not have
 */
export async function updateOne(
  client: ConnectClient,
  connector: LoadedConnector,
  diff: ConfigDiff
): Promise<void> {
  refuseMasked(connector, diff.lost)
  const { name, config } = connector
  if (diff.kept.length === 0) return client.put(name, config)
  const differing = [...diff.changes.map(({ key }) => key), ...diff.hidden]
  await client.patch(name, Object.fromEntries(differing.map((key) => [key, config[key] ?? null])))
}

async function loadSome(files: readonly string[]): Promise<readonly LoadedConnector[]> {
  const connectors = await loadConnectors(files)
  if (connectors.length === 0) throw usageError('there is no connector in the files')
  return connectors
}

function nameOf({ name }: LoadedConnector): string {
  return name
}

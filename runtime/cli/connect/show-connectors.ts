import { setTimeout as delay } from 'node:timers/promises'
import { ConnectError } from '../../api/errors.ts'
import { redactConfig } from '../../config/redact.ts'
import { printExactJson } from '../../stores/exact-json.ts'
import { EXIT } from '../exit-code.ts'
import { interrupted } from '../interrupt.ts'
import { print, table, write } from '../terminal.ts'
import type { StatusAnswer } from './connect-answers.ts'
import type { ConnectClient } from './connect-client.ts'
import type { ConnectionOptions } from './connection.ts'
import { connectorYaml } from './connector-file.ts'
import { SecretKeys } from './secret-keys.ts'
import { onEach, openClient } from './session.ts'
import { isHealthy, listRows, statusRows, targetState } from './state-text.ts'

const WATCH_MS = 1000

/** `millrace connectors list`. */
export async function list(
  options: ConnectionOptions & { readonly json?: boolean }
): Promise<void> {
  const listed = await (await openClient(options)).list()
  if (!options.json) return print(table(listRows(listed)))
  const shown = listed.map(({ name, connector, status }) => ({
    name,
    type: status?.type ?? connector?.type ?? 'unknown',
    class: connector?.config['connector.class'] ?? null,
    state: status?.state ?? null,
    workerId: status?.workerId ?? null,
    tasks: status?.tasks.map(({ id, state, workerId }) => ({ id, state, workerId })) ?? []
  }))
  await print(printExactJson(shown))
}

/** `millrace connectors get`. */
export async function get(
  name: string,
  options: ConnectionOptions & { readonly json?: boolean; readonly showSecrets?: boolean }
): Promise<void> {
  const client = await openClient(options)
  const [connector, status] = await Promise.all([client.connector(name), statusOf(client, name)])
  const spec = options.showSecrets ? {} : await new SecretKeys(client).of(connector.config)
  if (options.json) {
    const config = options.showSecrets ? connector.config : redactConfig(connector.config, spec)
    return print(printExactJson({ ...connector, config }))
  }
  const style = options.showSecrets ? 'clear' : 'masked'
  await write(connectorYaml({ ...connector, state: targetState(status) }, { spec, style }))
}

/** Just after its creation a connector has no status yet. */
async function statusOf(client: ConnectClient, name: string): Promise<StatusAnswer | null> {
  try {
    return await client.status(name)
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'UNKNOWN_CONNECTOR') return null
    throw error
  }
}

/** Options of `millrace connectors status`. */
export interface StatusOptions extends ConnectionOptions {
  readonly json?: boolean
  readonly watch?: boolean
  readonly exitCode?: boolean
}

/** `millrace connectors status`. */
export async function status(names: readonly string[], options: StatusOptions): Promise<void> {
  const client = await openClient(options)
  const signal = options.watch ? interrupted() : null
  let shown: string | null = null
  let healthy = true
  for (;;) {
    const statuses = await readStatuses(client, names)
    healthy = statuses.every(isHealthy)
    const text = options.json ? printExactJson(statuses) : statusTable(statuses)
    if (text !== shown) await print(shown === null || options.json ? text : `\n${text}`)
    shown = text
    if (signal === null) break
    await delay(WATCH_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
  }
  if (options.exitCode && !healthy) process.exitCode ??= EXIT.failed
}

async function readStatuses(
  client: ConnectClient,
  names: readonly string[]
): Promise<readonly StatusAnswer[]> {
  if (names.length === 0) {
    return (await client.list()).flatMap(({ status }) => (status === null ? [] : [status]))
  }
  const statuses: StatusAnswer[] = []
  await onEach(names, String, async (name) => {
    statuses.push(await client.status(name))
  })
  return statuses
}

function statusTable(statuses: readonly StatusAnswer[]): string {
  const rows = statuses.flatMap(statusRows)
  return table([['NAME', 'STATE', 'WORKER', 'TRACE'], ...rows])
}

import type { ConfigSpec, RawConfig } from '../../api/config.ts'
import { ConnectError } from '../../api/errors.ts'
import type { LoadedConnector } from '../../config/load-files.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { print } from '../terminal.ts'
import { isEmpty, makePlan, type Plan, type Update } from './apply-plan.ts'
import type { Goal } from './await-states.ts'
import { maskedKeys } from './config-diff.ts'
import type { ListedConnector } from './connect-answers.ts'
import type { ConnectClient } from './connect-client.ts'
import type { ConnectionOptions } from './connection.ts'
import { loadConnectors, refuseMasked } from './load-connectors.ts'
import { planLines } from './plan-text.ts'
import { SecretKeys } from './secret-keys.ts'
import { fail, onEach, openClient, type WaitOptions, waitFor } from './session.ts'
import { targetState } from './state-text.ts'
import { createOne, UPDATE_SETTLE_MS, updateOne } from './write-connectors.ts'

/** Options of `millrace apply`. */
export interface ApplyOptions extends ConnectionOptions, WaitOptions {
  readonly dryRun?: boolean
  readonly prune?: boolean
  readonly exitCode?: boolean
}

/** `millrace apply`. */
export async function apply(paths: readonly string[], options: ApplyOptions): Promise<void> {
  const files = await loadConnectors(paths)
  const { prune = false, dryRun = false } = options
  const client = await openClient(options)
  const running = await client.list()
  if (files.length === 0 && (running.length > 0 || !prune)) {
    throw usageError(
      'there is no connector in the files',
      prune ? 'with --prune all connectors would be deleted; delete them by name' : undefined
    )
  }
  const secretsOf = await secretsByName(client, files, running)
  const plan = makePlan({ files, running, secretsOf, prune })
  for (const line of planLines(plan, secretsOf)) await print(line)
  if (dryRun) {
    await checkPlan(client, plan)
    await print('nothing was changed: this is a dry run')
    if (options.exitCode && !isEmpty(plan)) process.exitCode ??= EXIT.failed
    return
  }
  await waitFor(client, await carryOut(client, plan), options)
}

async function secretsByName(
  client: ConnectClient,
  files: readonly LoadedConnector[],
  running: readonly ListedConnector[]
): Promise<(name: string) => ConfigSpec> {
  const keys = new SecretKeys(client)
  const specs = new Map<string, ConfigSpec>()
  for (const { name, config } of files) {
    const worker = running.find((listed) => listed.name === name)?.connector?.config ?? {}
    specs.set(name, await keys.of(config, worker))
  }
  return (name) => specs.get(name) ?? {}
}

/** @returns what there is to wait for */
async function carryOut(client: ConnectClient, plan: Plan): Promise<readonly Goal[]> {
  const { updates, creates, deletes } = plan
  const updated = await onEach(updates, nameOfUpdate, async (update) => {
    await carryOutUpdate(client, update)
    await print(`${update.connector.name}: changed`)
  })
  const created = await onEach(creates, nameOf, async (connector) => {
    await createOne(client, connector)
    await print(`${connector.name}: created`)
  })
  // What is in no file may be the former name of what could not be created.
  const complete = updated.length === updates.length && created.length === creates.length
  if (complete) {
    await onEach(deletes, String, async (name) => {
      await client.remove(name)
      await print(`${name}: deleted`)
    })
  } else if (deletes.length > 0) {
    process.stderr.write(`not deleted, because of the errors: ${deletes.join(', ')}\n`)
  }
  return [
    ...updated.map(({ connector, running, state }) => ({
      name: connector.name,
      state: state?.to ?? targetState(running.status) ?? 'RUNNING',
      settleMs: UPDATE_SETTLE_MS
    })),
    ...created.map(({ name, initialState }) => ({ name, state: initialState, settleMs: 0 }))
  ]
}

/** A connector that is to rest rests before it changes, and one that is to run changes before it runs. */
async function carryOutUpdate(
  client: ConnectClient,
  { connector, diff, state }: Update
): Promise<void> {
  refuseMasked(connector, diff.lost)
  const { name } = connector
  if (state?.to === 'PAUSED') await client.setState(name, 'pause')
  if (state?.to === 'STOPPED') await client.setState(name, 'stop')
  if (diff.changes.length > 0) await updateOne(client, connector, diff)
  if (state?.to === 'RUNNING') await client.setState(name, 'resume')
}

/** Asks the worker what it has against configurations that are about to be sent. */
async function checkPlan(client: ConnectClient, { updates, creates }: Plan): Promise<void> {
  const changed = updates.filter(({ diff }) => diff.changes.length + diff.lost.length > 0)
  await onEach(changed, nameOfUpdate, async ({ connector, diff, running }) => {
    refuseMasked(connector, diff.lost)
    const kept = diff.kept.map((key) => [key, running.connector?.config[key] ?? ''] as const)
    const config = { ...connector.config, ...Object.fromEntries(kept) }
    // What the worker itself does not show cannot be sent to be checked.
    if (maskedKeys(config).length === 0) await check(client, connector, config)
  })
  await onEach(creates, nameOf, async (connector) => {
    refuseMasked(connector, maskedKeys(connector.config))
    await check(client, connector, connector.config)
  })
}

async function check(
  client: ConnectClient,
  connector: LoadedConnector,
  config: RawConfig
): Promise<void> {
  const found = await client.validate(config['connector.class'] ?? '', config)
  for (const { key, errors } of found) {
    const { line, column } = connector.locate(key) ?? connector.start
    const place = `${connector.file}:${line}:${column}`
    fail(new ConnectError('INVALID_CONFIG', `${key}: ${errors.join(' ')}`), place)
  }
}

function nameOf({ name }: LoadedConnector): string {
  return name
}

function nameOfUpdate({ connector }: Update): string {
  return connector.name
}

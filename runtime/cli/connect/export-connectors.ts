import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConnectError } from '../../api/errors.ts'
import { usageError } from '../exit-code.ts'
import { print, write } from '../terminal.ts'
import type { ListedConnector } from './connect-answers.ts'
import type { ConnectionOptions } from './connection.ts'
import { connectorYaml, type SecretStyle } from './connector-file.ts'
import { SecretKeys } from './secret-keys.ts'
import { fail, onEach, openClient } from './session.ts'
import { targetState } from './state-text.ts'

/** Options of `millrace export`. */
export interface ExportOptions extends ConnectionOptions {
  readonly to?: string
  readonly force?: boolean
  readonly references?: boolean
  readonly showSecrets?: boolean
}

/** `millrace export`. */
export async function exportConnectors(
  names: readonly string[],
  options: ExportOptions
): Promise<void> {
  const client = await openClient(options)
  const chosen = choose(await client.list(), names)
  const secretKeys = new SecretKeys(client)
  const style: SecretStyle = options.showSecrets
    ? 'clear'
    : options.references
      ? 'references'
      : 'masked'
  const documents: { name: string; text: string }[] = []
  for (const { name, connector, status } of chosen) {
    if (connector === null) continue
    const spec = await secretKeys.of(connector.config)
    const state = targetState(status)
    const text = connectorYaml({ name, config: connector.config, state }, { spec, style })
    documents.push({ name, text })
  }
  if (options.to !== undefined) return writeFiles(options.to, documents, options.force ?? false)
  await write(documents.map(({ text }) => text).join('---\n'))
}

function choose(
  listed: readonly ListedConnector[],
  names: readonly string[]
): readonly ListedConnector[] {
  if (names.length === 0) return listed
  return names.flatMap((name) => {
    const found = listed.find((each) => each.name === name)
    if (found) return [found]
    fail(
      new ConnectError('UNKNOWN_CONNECTOR', `Connector ${name} not found`, {
        hint: 'millrace connectors list shows the names'
      })
    )
    return []
  })
}

async function writeFiles(
  folder: string,
  documents: readonly { readonly name: string; readonly text: string }[],
  force: boolean
): Promise<void> {
  await mkdir(resolve(process.cwd(), folder), { recursive: true })
  await onEach(
    documents,
    ({ name }) => name,
    async ({ name, text }) => {
      const file = join(folder, fileName(name))
      try {
        await writeFile(resolve(process.cwd(), file), text, { flag: force ? 'w' : 'wx' })
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
        throw usageError(`${file} is there already`, 'add --force to write over it')
      }
      await print(file)
    }
  )
}

/** The name, with what a file name should not have percent-encoded. */
function fileName(name: string): string {
  const safe = encodeURIComponent(name.toWellFormed()).replaceAll('%20', ' ')
  return `${safe.replace(/^\./, '%2E').replaceAll('*', '%2A')}.yaml`
}

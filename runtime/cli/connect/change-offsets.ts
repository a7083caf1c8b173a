import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  isJsonObject,
  type JsonValue,
  printExactJson,
  tryParseJson
} from '../../stores/exact-json.ts'
import { usageError } from '../exit-code.ts'
import { print, table } from '../terminal.ts'
import type { OffsetAnswer } from './connect-answers.ts'
import type { ConnectClient } from './connect-client.ts'
import type { ConnectionOptions } from './connection.ts'
import { openClient } from './session.ts'

/** Options of `millrace connectors offsets`. */
export interface OffsetsOptions extends ConnectionOptions {
  readonly set?: string
  readonly reset?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** `millrace connectors offsets`. */
export async function run(name: string, options: OffsetsOptions): Promise<void> {
  const wanted = options.set === undefined ? null : await readOffsetsToSet(options.set)
  const client = await openClient(options)
  if (wanted !== null) return set(client, name, { wanted, yes: options.yes ?? false })
  const stored = await client.offsets(name)
  if (options.reset) return reset(client, name, { stored, yes: options.yes ?? false })
  if (options.json) return print(printExactJson({ offsets: stored }))
  if (stored.length === 0) return print(`${name} has no offsets yet`)
  const rows = stored.map(({ partition, offset }) => [text(partition), text(offset)])
  await print(table([['PARTITION', 'OFFSET'], ...rows]))
}

async function set(
  client: ConnectClient,
  name: string,
  { wanted, yes }: { wanted: readonly OffsetAnswer[]; yes: boolean }
): Promise<void> {
  const stored = new Map((await client.offsets(name)).map((o) => [sorted(o.partition), o.offset]))
  const said = yes ? await client.alterOffsets(name, wanted) : null
  for (const { partition, offset } of wanted) {
    const before = stored.get(sorted(partition)) ?? null
    const does = `${yes ? '' : 'would '}set`
    await print(`${does} ${text(partition)}: ${text(before)} -> ${text(offset)}`)
  }
  await print(said ?? 'nothing was changed: add --yes to do it')
}

async function reset(
  client: ConnectClient,
  name: string,
  { stored, yes }: { stored: readonly OffsetAnswer[]; yes: boolean }
): Promise<void> {
  const said = yes ? await client.resetOffsets(name) : null
  for (const { partition, offset } of stored) {
    await print(`${yes ? '' : 'would '}forget ${text(partition)}: ${text(offset)}`)
  }
  await print(said ?? 'nothing was changed: add --yes to do it')
}

/** Takes what `--json` prints, the list in it alone, or the name of a file with either. */
async function readOffsetsToSet(given: string): Promise<readonly OffsetAnswer[]> {
  const inline = /^\s*[[{]/.test(given)
  const value = tryParseJson(inline ? given : await readText(given))
  const where = inline ? '--set' : given
  if (value === undefined) throw usageError(`${where} is not JSON`, FORM)
  const list = isJsonObject(value) ? value['offsets'] : value
  if (!Array.isArray(list) || list.length === 0) throw usageError(`${where} has no offsets`, FORM)
  return list.map((entry: JsonValue) => {
    const partition = isJsonObject(entry) ? entry['partition'] : undefined
    const offset = isJsonObject(entry) ? entry['offset'] : undefined
    if (!isJsonObject(partition) || offset === undefined) {
      throw usageError(`${where} has an entry without partition and offset: ${text(entry)}`, FORM)
    }
    return { partition, offset }
  })
}

const FORM = 'write [{"partition": {...}, "offset": {...}}], as --json prints it'

async function readText(file: string): Promise<string> {
  try {
    return await readFile(resolve(process.cwd(), file), 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usageError(`--set ${file} cannot be read: ${reason}`, 'name a file, or write JSON')
  }
}

function text(value: JsonValue): string {
  return printExactJson(value)
}

/** The same partition whatever the order of its members. */
function sorted(value: JsonValue): string {
  if (!isJsonObject(value)) return text(value)
  return text(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

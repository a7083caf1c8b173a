import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Command } from 'commander'
import { type IndexHead, pluginIndex, pluginPage } from '../config/plugin-docs.ts'
import type { PluginKind } from '../config/plugin-module.ts'
import { EXIT } from './exit-code.ts'
import { type DeclaredPlugin, findDeclaredPlugins } from './plugin-source.ts'
import { print } from './terminal.ts'

const HELP = `
Run it after adding a connector or changing its keys, and commit what it writes.

Examples:
  $ npm run generate                 write what has changed
  $ npm run generate -- --check      only say whether something has to be written

Exit codes: 0 done, or up to date; 1 with --check, something is out of date.`

/** `millrace generate`. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('write connectors/registry.ts and the reference pages from the declarations')
    .option('--check', 'write nothing; exit with 1 when something is out of date')
    .addHelpText('after', HELP)
    .action(async (options: { check?: boolean }) => {
      const root = process.cwd()
      const stale = await outdated(root)
      for (const [path, text] of stale) {
        if (!options.check) await put(join(root, path), text)
        await print(`${options.check ? 'out of date' : 'written'}: ${path}`)
      }
      if (stale.size === 0) await print('everything is up to date')
      process.exitCode = options.check && stale.size > 0 ? EXIT.failed : EXIT.done
    })
}

const CONNECTORS = {
  title: 'Connectors',
  intro:
    'Every connector and each of its keys. Keys that all connectors have, such as `tasks.max` and `errors.tolerance`, are those of Kafka Connect.'
}
const TRANSFORMS = {
  title: 'Transforms and predicates',
  intro:
    'Every transform and predicate and each of its keys. A connector names them in `transforms` and `predicates`, as in Kafka Connect; every transform also has `predicate` and `negate`.'
}

/** The generated files that differ from what they should be: path to text. */
export async function outdated(root: string): Promise<ReadonlyMap<string, string>> {
  const plugins = await findDeclaredPlugins(root)
  const files = new Map([
    ['connectors/registry.ts', registrySource(plugins)],
    ...pages('docs/connectors', CONNECTORS, plugins, ['source', 'sink']),
    ...pages('docs/transforms', TRANSFORMS, plugins, ['transform', 'predicate'])
  ])
  for (const [path, text] of files) {
    const present = await readFile(join(root, path), 'utf8').catch(() => null)
    if (present === text) files.delete(path)
  }
  return files
}

/** The page of each plugin of some kinds, and the list of them. */
function pages(
  folder: string,
  head: IndexHead,
  plugins: readonly DeclaredPlugin[],
  kinds: readonly PluginKind[]
): [path: string, text: string][] {
  const shown = plugins.filter(({ plugin }) => kinds.includes(plugin.kind))
  return [
    [`${folder}/README.md`, pluginIndex(head, shown)],
    ...shown.map((one): [string, string] => [`${folder}/${one.name}.md`, pluginPage(one)])
  ]
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // A new file instead of a changed one, so that no reader sees half of it.
  await rm(path, { force: true })
  await writeFile(path, text)
}

function registrySource(plugins: readonly DeclaredPlugin[]): string {
  const entries = plugins.map(({ key, path, plugin }) => {
    const module = posix.relative('connectors', path)
    return `  ${propertyName(key)}: {
    kind: ${quote(plugin.kind)},
${property('classNames', list(plugin.classNames ?? []))}
${property('summary', quote(plugin.summary))}${version(plugin.version)}
    load: () => import(${quote(module.startsWith('.') ? module : `./${module}`)})
  }`
  })
  return `// Written by \`npm run generate\` from the declarations themselves; do not edit.
import type { PluginRegistry } from ${quote('../runtime/config/plugins.ts')}

/** Every plugin that comes with Millrace, by short name. Loaded when it is asked for. */
export const registry: PluginRegistry = {
${entries.join(',\n')}
}
`
}

function version(text: string | undefined): string {
  return text === undefined ? '' : `\n    version: ${quote(text)},`
}

/** A property as the formatter wants it: on one line where it fits. */
function property(
  name: string,
  value: { readonly flat: string; readonly broken: string } | string
): string {
  const { flat, broken } =
    typeof value === 'string' ? { flat: value, broken: `\n      ${value}` } : value
  const line = `    ${name}: ${flat},`
  return line.length <= 100 ? line : `    ${name}:${broken},`
}

function list(items: readonly string[]): { flat: string; broken: string } {
  const quoted = items.map(quote)
  return {
    flat: `[${quoted.join(', ')}]`,
    broken: ` [\n${quoted.map((item) => `      ${item}`).join(',\n')}\n    ]`
  }
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name)
}

function quote(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\')
  return text.includes("'") ? `"${escaped.replaceAll('"', '\\"')}"` : `'${escaped}'`
}

import type { ConfigKey, ConfigSpec } from '../api/config.ts'
import type { AnyPlugin, PluginKind } from './plugin-module.ts'

/** A plugin and the short name it goes by. */
export interface NamedPlugin {
  readonly name: string
  readonly plugin: AnyPlugin
}

const KIND_WORDS: Readonly<Record<PluginKind, string>> = {
  source: 'Source connector',
  sink: 'Sink connector',
  transform: 'Transform',
  predicate: 'Predicate',
  converter: 'Converter',
  header_converter: 'Header converter'
}

/** The reference page of a plugin in Markdown, from nothing but its declaration. */
export function pluginPage({ name, plugin }: NamedPlugin): string {
  const supported = keysOf(plugin.config, 'supported')
  const refused = keysOf(plugin.config, 'refused')
  const ignored = keysOf(plugin.config, 'ignored')
  const parts = [
    `# ${name}`,
    '<!-- Written by `npm run generate` from the declaration of the plugin: change it there. -->',
    plugin.summary,
    facts(name, plugin),
    ...groups(supported)
  ]
  if (refused.length > 0) {
    parts.push(
      '## Not supported',
      'An error, but for values that change nothing.',
      reasons(refused)
    )
  }
  if (ignored.length > 0) {
    parts.push('## Without effect', 'Accepted with a warning.', reasons(ignored))
  }
  return `${parts.join('\n\n')}\n`
}

/** What stands above a list of plugins. */
export interface IndexHead {
  readonly title: string
  readonly intro: string
}

/** A list of plugins in Markdown, with links to their pages. */
export function pluginIndex({ title, intro }: IndexHead, plugins: readonly NamedPlugin[]): string {
  const rows = plugins.map(
    ({ name, plugin }) =>
      `| [${name}](${name}.md) | ${KIND_WORDS[plugin.kind]} | ${cell(plugin.summary)} |`
  )
  const parts = [
    `# ${title}`,
    '<!-- Written by `npm run generate`. -->',
    intro,
    ['| name | kind | what it does |', '|---|---|---|', ...rows].join('\n')
  ]
  return `${parts.join('\n\n')}\n`
}

type Keys = readonly (readonly [name: string, key: ConfigKey])[]

function keysOf(spec: ConfigSpec, kind: ConfigKey['support']['kind']): Keys {
  return Object.entries(spec).filter(([, key]) => key.support.kind === kind)
}

function facts(name: string, plugin: AnyPlugin): string {
  const key = plugin.kind === 'source' || plugin.kind === 'sink' ? 'connector.class' : 'type'
  const others = plugin.classNames ?? []
  const lines = [`- ${KIND_WORDS[plugin.kind]}, named \`${key}: ${name}\``]
  if (others.length > 0) lines.push(`- also ${others.map((other) => `\`${other}\``).join(', ')}`)
  return lines.join('\n')
}

/** One table for each group, in the order in which groups first appear; keys without one come first. */
function groups(keys: Keys): string[] {
  const byGroup = Map.groupBy(keys, ([, key]) => key.options.group ?? '')
  const names = [...byGroup.keys()].toSorted((a, b) => Number(a !== '') - Number(b !== ''))
  return names.flatMap((group) => {
    const title = group === '' ? 'Keys' : group
    return [`## ${title}`, table(byGroup.get(group) ?? [])]
  })
}

function table(keys: Keys): string {
  const rows = keys.map(([name, key]) => {
    const aliases = key.options.aliases ?? []
    const also =
      aliases.length > 0 ? ` Also: ${aliases.map((alias) => `\`${alias}\``).join(', ')}.` : ''
    return `| \`${name}\` | ${typeOf(key)} | ${fallback(key)} | ${cell(key.options.doc)}${also} |`
  })
  return ['| key | type | default | |', '|---|---|---|---|', ...rows].join('\n')
}

function reasons(keys: Keys): string {
  const rows = keys.map(([name, { support }]) => {
    const reason = support.kind === 'supported' ? '' : support.reason
    const allowed = support.kind === 'refused' ? (support.allow ?? []) : []
    const values = allowed.map((value) => `\`${value}\``).join(', ')
    return `| \`${name}\` | ${cell(reason)}${values === '' ? '' : `; accepted: ${values}`} |`
  })
  return ['| key | why |', '|---|---|', ...rows].join('\n')
}

function typeOf(key: ConfigKey): string {
  if (key.oneOf) return key.oneOf.map((word) => `\`${word}\``).join(', ')
  return key.options.secret ? 'secret' : key.type.toLowerCase()
}

function fallback(key: ConfigKey): string {
  const value = key.options.default
  if (value === undefined) return '**required**'
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return ''
  return `\`${cell(Array.isArray(value) ? value.join(',') : String(value))}\``
}

/** Text inside a table: no line breaks, and no bar that would end the cell. */
function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
}

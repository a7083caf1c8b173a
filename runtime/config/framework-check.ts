import type { ConfigSpec, RawConfig } from '../api/config.ts'
import { checkClass, checkVersion } from './class-check.ts'
import type { ConfigKeyInfo } from './config-infos.ts'
import type { ConfigReport, ReportEntry } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { keysUnder } from './finding.ts'
import { inHashOrder } from './java-map.ts'
import { type ListedKey, listedKeys } from './key-info.ts'
import { reportProblems } from './own-problems.ts'
import type { FoundClass, PluginCatalog } from './plugin-catalog.ts'
import { checkValue } from './value-check.ts'

export const CONVERTERS = ['header', 'key', 'value'] as const

type Role = (typeof CONVERTERS)[number]

/** What the keys of the framework are checked against. */
export interface FrameworkContext {
  readonly catalog: PluginCatalog
  /** The worker's keys as text: its converters are those of connectors that name none. Null: say of none. */
  readonly worker: RawConfig | null
  readonly connector: FoundClass
}

/** The converter that a connector names itself. */
export interface OwnConverter {
  readonly role: Role
  readonly found: FoundClass
}

/** Lists and checks the keys that the framework has for every connector, or for every source or sink. */
export async function checkFramework(
  report: ConfigReport,
  spec: ConfigSpec,
  config: ConfigView,
  context: FrameworkContext
): Promise<readonly OwnConverter[]> {
  const keys = listedKeys(spec)
  report.addGroups(keys.map(({ info }) => info))
  const own: OwnConverter[] = []
  for (const listed of keys) {
    const { name } = listed
    const role = CONVERTERS.find((one) => name === `${one}.converter`)
    if (role) {
      const versionKey = keys.find((other) => other.name === `${name}.plugin.version`)
      const found = await checkConverter(report, { role, listed, versionKey }, config, context)
      if (found) own.push({ role, found })
    } else if (name === 'connector.plugin.version') {
      const latest = context.connector.version
      report.add(versionEntry(listed, { latest, withDefault: true }, config))
    } else if (!name.endsWith('.plugin.version')) {
      report.add(checkValue(listed, config))
    }
  }
  return own
}

/** A converter and its version. @returns the class when it is the connector's own, and in order */
async function checkConverter(
  report: ConfigReport,
  keys: { role: Role; listed: ListedKey; versionKey: ListedKey | undefined },
  config: ConfigView,
  { catalog, worker }: FrameworkContext
): Promise<FoundClass | null> {
  const { role, listed, versionKey } = keys
  const { name, info } = listed
  const kind = role === 'header' ? 'header_converter' : 'converter'
  const inherited = worker && (worker[name] ?? (role === 'header' ? 'simple' : 'json'))
  const fallback = inherited === null ? null : await catalog.find(kind, inherited)
  const written = config.value(name)
  const given = config.has(name)
  const checked =
    written === null
      ? { found: given ? null : fallback, errors: [] }
      : await checkClass(name, written, { kind, catalog, quoted: config.quoted(name) })
  const { found, errors } = checked
  const type = report.add({
    name,
    definition: { ...info, default_value: fallback?.className ?? inherited },
    value: given && found ? config.display(name, found.className) : (found?.className ?? null),
    recommended: await catalog.classNames(kind),
    errors
  })
  if (versionKey === undefined) return null
  const latest = found?.version ?? null
  const version = report.add(
    versionEntry(versionKey, { latest, withDefault: worker !== null }, config)
  )
  if (written === null || found === null) return null
  const asked = config.given[versionKey.name] ?? null
  return checkVersion(found, asked, { type, version }) ? found : null
}

function versionEntry(
  { name, info }: ListedKey,
  { latest, withDefault }: { latest: string | null; withDefault: boolean },
  config: ConfigView
): ReportEntry {
  const fallback = withDefault ? latest : null
  return {
    name,
    definition: { ...info, default_value: fallback },
    value: config.has(name) ? config.display(name, config.value(name)) : fallback,
    recommended: latest === null ? [] : [latest],
    visible: latest !== null,
    errors: []
  }
}

/** Lists and checks the settings of the converters that the connector names itself. */
export function checkConverterSettings(
  report: ConfigReport,
  converters: readonly OwnConverter[],
  config: ConfigView
): void {
  for (const { role, found } of converters.toSorted(byRole)) {
    const prefix = `${role}.converter.`
    const settings = keysUnder(prefix, config.resolved, ['plugin.version'])
    for (const { name, key, info } of inMapOrder(listedKeys(found.plugin.config))) {
      const full = { name: prefix + name, key, info: named(prefix + name, info) }
      report.addGroups([info])
      const entry = checkValue(full, config, { parsed: name, validated: name })
      // The worker sets it where the connector does not.
      const set = name === 'converter.type' && !config.has(full.name)
      report.add(set ? { ...entry, value: role, errors: [] } : entry)
    }
    reportProblems(report, found.plugin.config, { settings, prefix, config })
  }
}

/** Kafka Connect keeps them in a HashMap. */
function inMapOrder(keys: readonly ListedKey[]): ListedKey[] {
  const places = inHashOrder(keys.map(({ name }) => name))
  return keys.toSorted((a, b) => places.indexOf(a.name) - places.indexOf(b.name))
}

function named(name: string, info: ConfigKeyInfo): ConfigKeyInfo {
  return { ...info, name }
}

function byRole(a: OwnConverter, b: OwnConverter): number {
  return CONVERTERS.indexOf(a.role) - CONVERTERS.indexOf(b.role)
}

import type { ConfigKey, ConfigSpec } from '../api/config.ts'
import { checkClass, checkVersion } from './class-check.ts'
import type { ConfigKeyInfo } from './config-infos.ts'
import type { ConfigReport, ReportEntry } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { missingValue, parseType } from './configdef.ts'
import { transformKeys } from './connector-keys.ts'
import { keysUnder } from './finding.ts'
import { type ListedKey, listedKeys } from './key-info.ts'
import { reportProblems } from './own-problems.ts'
import type { FoundClass, PluginCatalog } from './plugin-catalog.ts'
import { checkValue } from './value-check.ts'

/** `transforms` or `predicates`, in the words of Kafka Connect's lists. */
interface Section {
  readonly key: 'transforms' | 'predicates'
  readonly kind: 'transform' | 'predicate'
  readonly group: string
  readonly word: string
  /** Keys that every alias has besides those of its class. */
  readonly implied: ConfigSpec
}

const { predicate, negate } = transformKeys

const SECTIONS: readonly Section[] = [
  {
    key: 'transforms',
    kind: 'transform',
    group: 'Transforms',
    word: 'Transformation',
    implied: { predicate, negate }
  },
  { key: 'predicates', kind: 'predicate', group: 'Predicates', word: 'Predicate', implied: {} }
]

interface Alias {
  readonly section: Section
  readonly prefix: string
  readonly group: string
  readonly alias: string
}

/** Lists and checks the keys of every alias of `transforms` and `predicates` (`ConnectorConfig.enrich`). */
export async function checkAliases(
  report: ConfigReport,
  config: ConfigView,
  catalog: PluginCatalog
): Promise<void> {
  for (const section of SECTIONS) {
    const parsed = parseType('LIST', config.value(section.key) ?? '')
    const names = 'value' in parsed && Array.isArray(parsed.value) ? parsed.value : []
    for (const alias of new Set<string>(names)) {
      const prefix = `${section.key}.${alias}.`
      const group = `${section.group}: ${alias}`
      await checkAlias(report, config, catalog, { section, prefix, group, alias })
    }
  }
}

async function checkAlias(
  report: ConfigReport,
  config: ConfigView,
  catalog: PluginCatalog,
  alias: Alias
): Promise<void> {
  const { section, prefix } = alias
  const name = `${prefix}type`
  const written = config.value(name)
  const { found, errors } =
    written === null
      ? { found: null, errors: config.has(name) ? [] : [missingValue(name)] }
      : await checkClass(name, written, {
          kind: section.kind,
          catalog,
          quoted: config.quoted(name)
        })
  const type = report.add({
    name,
    definition: typeInfo(alias),
    value: found === null ? null : config.display(name, found.className),
    recommended: await catalog.classNames(section.kind),
    errors: [...negateProblem(config, prefix), ...errors]
  })
  const version = report.add(versionEntry(alias, found, config))
  report.addGroups([typeInfo(alias)])
  if (found === null) return
  if (!checkVersion(found, config.given[version.name] ?? null, { type, version })) return
  const spec = { ...found.plugin.config, ...section.implied }
  for (const [at, listed] of inOrder(listedKeys(spec)).entries()) {
    const full = embedded(alias, listed, at + 2)
    report.addGroups([full.info])
    report.add(checkValue(full, config, { parsed: full.name, validated: listed.name }))
  }
  reportProblems(report, found.plugin.config, {
    settings: keysUnder(prefix, config.resolved),
    prefix,
    config
  })
}

function negateProblem(config: ConfigView, prefix: string): string[] {
  const [negated, chosen] = [`${prefix}negate`, `${prefix}predicate`]
  if (!config.has(negated) || config.has(chosen)) return []
  return [
    `Config '${negated}' was provided but there is no config '${chosen}' defining a predicate to be negated.`
  ]
}

function typeInfo({ section, prefix, group, alias }: Alias): ConfigKeyInfo {
  return {
    name: `${prefix}type`,
    type: 'CLASS',
    required: true,
    default_value: null,
    importance: 'HIGH',
    documentation: `The ${section.kind} of '${alias}': a short name or a Java class name.`,
    group,
    order_in_group: 0,
    order: 0,
    width: 'LONG',
    display_name: `${section.word} type for ${alias}`,
    dependents: []
  }
}

function versionEntry(alias: Alias, found: FoundClass | null, config: ConfigView): ReportEntry {
  const { section, prefix } = alias
  const name = `${prefix}plugin.version`
  const latest = found?.version ?? null
  const definition: ConfigKeyInfo = {
    ...typeInfo(alias),
    name,
    type: 'STRING',
    required: false,
    default_value: latest,
    documentation: `Versions of that ${section.kind} that will do.`,
    order_in_group: 1,
    order: 1,
    display_name: `${section.word} version for ${alias.alias}`
  }
  return {
    name,
    definition,
    value: config.has(name) ? config.display(name, config.value(name)) : latest,
    recommended: latest === null ? [] : [latest],
    errors: []
  }
}

/** A key of the class as a key of the connector, after those before it (`ConfigDef.embed`). */
function embedded(
  { prefix, group }: Alias,
  { name, key, info }: ListedKey,
  order: number
): ListedKey {
  const full = prefix + name
  const own = info.group === null ? group : `${group}: ${info.group}`
  const dependents = info.dependents.map((dependent) => prefix + dependent)
  return {
    name: full,
    key,
    info: { ...info, name: full, group: own, order_in_group: order, order, dependents }
  }
}

const IMPORTANCE = ['HIGH', 'MEDIUM', 'LOW']

/** As ConfigDef sorts keys: by group and place, then required ones, by importance and by name. */
function inOrder(keys: readonly ListedKey[]): ListedKey[] {
  const groups = [...new Set(keys.map(({ info }) => info.group))]
  const rank = ({ info }: ListedKey) => (info.group === null ? -1 : groups.indexOf(info.group))
  const hasDefault = (key: ConfigKey) => Number(!key.required)
  return keys.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.info.order - b.info.order ||
      hasDefault(a.key) - hasDefault(b.key) ||
      IMPORTANCE.indexOf(a.info.importance) - IMPORTANCE.indexOf(b.info.importance) ||
      (a.name < b.name ? -1 : 1)
  )
}

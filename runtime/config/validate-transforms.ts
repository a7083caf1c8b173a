import type { RawConfig } from '../api/config.ts'
import { predicateKeys, transformKeys } from './connector-keys.ts'
import { type Finding, findPlugin, keysUnder, prefixed } from './finding.ts'
import { parseConfig } from './parse-config.ts'
import type { Plugins } from './plugins.ts'
import { guess } from './spelling.ts'

/** Checks `transforms` and `predicates` with everything under their aliases. */
export async function validateTransforms(
  raw: RawConfig,
  plugins: Plugins
): Promise<readonly Finding[]> {
  const transforms = aliases(raw['transforms'])
  const predicates = aliases(raw['predicates'])
  const findings = [
    ...strayAliases('transforms', transforms, raw),
    ...strayAliases('predicates', predicates, raw)
  ]
  for (const alias of transforms) {
    findings.push(...(await validateTransform(alias, { raw, plugins, predicates })))
  }
  for (const alias of predicates) {
    findings.push(...(await validatePlugin('predicates', alias, { raw, plugins })))
  }
  return findings
}

function aliases(text = ''): readonly string[] {
  return [...new Set(text.split(',').map((alias) => alias.trim()))].filter((alias) => alias !== '')
}

async function validateTransform(
  alias: string,
  context: { raw: RawConfig; plugins: Plugins; predicates: readonly string[] }
): Promise<readonly Finding[]> {
  const { raw, predicates } = context
  const findings = [...(await validatePlugin('transforms', alias, context))]
  const prefix = `transforms.${alias}.`
  const predicate = raw[`${prefix}predicate`]?.trim()
  if (predicate === undefined && raw[`${prefix}negate`] !== undefined) {
    findings.push({
      severity: 'error',
      key: `${prefix}negate`,
      message: `${prefix}negate needs ${prefix}predicate, which names what it negates`,
      suggestion: `add ${prefix}predicate, or remove ${prefix}negate`
    })
  }
  if (predicate !== undefined && !predicates.includes(predicate)) {
    const meant = guess(predicate, predicates)?.name
    findings.push({
      severity: 'error',
      key: `${prefix}predicate`,
      message: `${prefix}predicate is '${predicate}', which predicates does not name`,
      suggestion: meant ? `write ${prefix}predicate: ${meant}` : `add ${predicate} to predicates`
    })
  }
  return findings
}

/** The class of one alias, and its settings by the declaration of the class. */
async function validatePlugin(
  section: 'transforms' | 'predicates',
  alias: string,
  { raw, plugins }: { raw: RawConfig; plugins: Plugins }
): Promise<readonly Finding[]> {
  const prefix = `${section}.${alias}.`
  const settings = keysUnder(prefix, raw)
  const own = section === 'transforms' ? transformKeys : predicateKeys
  const findings: Finding[] = []
  const kind = section === 'transforms' ? 'transform' : 'predicate'
  const className = settings['type']
  const plugin =
    className === undefined
      ? null
      : await findPlugin(kind, `${prefix}type`, className, { plugins, findings })
  const { problems } = parseConfig({ ...plugin?.config, ...own }, settings, {
    ...(plugin ? {} : { otherKeys: () => className !== undefined })
  })
  findings.push(...prefixed(prefix, problems))
  return findings
}

/** Settings of an alias that is not in the list, so that they have no effect. */
function strayAliases(
  section: 'transforms' | 'predicates',
  listed: readonly string[],
  raw: RawConfig
): Finding[] {
  const stray = Object.keys(raw).filter(
    (key) =>
      key.startsWith(`${section}.`) &&
      !listed.some((alias) => key.startsWith(`${section}.${alias}.`)) &&
      key.endsWith('.type')
  )
  return stray.map((key) => {
    const alias = key.slice(section.length + 1, -'.type'.length)
    return {
      severity: 'warning',
      key,
      message: `${key} has no effect: ${section} does not name '${alias}'`,
      suggestion: `write ${section}: ${[...listed, alias].join(',')}`
    }
  })
}

import type { RawConfig } from '../api/config.ts'
import { type Finding, findPlugin, keysUnder, prefixed } from './finding.ts'
import { parseConfig } from './parse-config.ts'
import type { Plugins } from './plugins.ts'

/** Checks a converter and its settings, such as `value.converter` and `value.converter.schemas.enable`. */
export async function validateConverter(
  key: 'key.converter' | 'value.converter' | 'header.converter',
  raw: RawConfig,
  plugins: Plugins
): Promise<readonly Finding[]> {
  const className = raw[key]
  const settings = keysUnder(`${key}.`, raw, ['plugin.version', 'type'])
  if (className === undefined) {
    return Object.keys(settings).map((name) => ({
      severity: 'warning',
      key: `${key}.${name}`,
      message: `${key}.${name} has no effect: ${key} is not given, and the worker's has settings of its own`,
      suggestion: `add ${key}, such as ${key}: json`
    }))
  }
  const findings: Finding[] = []
  const kind = key === 'header.converter' ? 'header_converter' : 'converter'
  const plugin = await findPlugin(kind, key, className, { plugins, findings })
  if (plugin) findings.push(...prefixed(`${key}.`, parseConfig(plugin.config, settings).problems))
  return findings
}

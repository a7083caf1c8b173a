import type { ConfigSpec, RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import type { ConfigProblem } from './parse-config.ts'
import type { PluginOf, Plugins } from './plugins.ts'
import { isSecretKey, Redactor } from './redact.ts'
import { escapeRegex } from './regex-text.ts'

/** A finding before it has a place: what `ConfigProblem`s, references and plugins say. */
export type Finding = Pick<ConfigProblem, 'severity' | 'message' | 'suggestion'> & {
  readonly key: string | null
}

/** Finds a plugin that a key names; a plugin that is not there or does not load is a finding. */
export async function findPlugin<K extends keyof PluginOf>(
  kind: K,
  key: string,
  className: string,
  to: { plugins: Plugins; findings: Finding[]; config?: RawConfig }
): Promise<PluginOf[K] | null> {
  try {
    return await to.plugins.find(kind, className, to.config)
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    const written = /^write (.*)$/.exec(error.hint ?? '')?.[1]
    to.findings.push({
      severity: 'error',
      key,
      message: `${key}: ${error.message}`,
      suggestion: written === undefined ? (error.hint ?? null) : `write ${key}: ${written}`
    })
    return null
  }
}

/** The keys under a prefix, without it. */
export function keysUnder(
  prefix: string,
  raw: RawConfig,
  except: readonly string[] = []
): Record<string, string> {
  const under = Object.entries(raw)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const)
  return Object.fromEntries(under.filter(([key]) => !except.includes(key)))
}

/** Findings about keys under a prefix, as findings about the whole keys. */
export function prefixed(prefix: string, problems: readonly ConfigProblem[]): Finding[] {
  return problems.map(({ key, severity, message, suggestion }) => ({
    severity,
    key: prefix + key,
    message: message.startsWith(key) ? prefix + message : `${prefix}${key}: ${message}`,
    suggestion:
      suggestion?.replace(/^(write|add|keep) (for example )?(?=\S)/, `$&${prefix}`) ?? null
  }))
}

/** A function that shows references in a text instead of what they stand for, and masks secrets. */
export function cleaner(
  written: RawConfig,
  resolved: RawConfig,
  spec: ConfigSpec
): (text: string) => string {
  const redactor = new Redactor()
  redactor.addConfig(resolved, spec)
  const replaced = Object.entries(resolved)
    .filter(([key, value]) => value !== '' && written[key] !== value && !isSecretKey(key, spec))
    .map(([key, value]) => ({ pattern: wholeWord(value), reference: written[key] ?? '' }))
  return (text) =>
    replaced.reduce(
      (clean, { pattern, reference }) => clean.replaceAll(pattern, () => reference),
      redactor.text(text)
    )
}

function wholeWord(text: string): RegExp {
  return new RegExp(`(?<![\\w.$])${escapeRegex(text)}(?![\\w.])`, 'g')
}

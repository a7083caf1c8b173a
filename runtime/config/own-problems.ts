import type { ConfigSpec, RawConfig } from '../api/config.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { invalidValue } from './configdef.ts'
import { type ConfigProblem, parseConfig } from './parse-config.ts'

/**
 * Adds what only Millrace knows to be wrong, such as keys whose effect is not built, to keys that
 * nothing has been said about: what the worker would refuse is refused by the REST API.
 *
 * @param options.settings the keys of the spec, with references resolved and without the prefix
 */
export function reportProblems(
  report: ConfigReport,
  spec: ConfigSpec,
  options: { readonly settings: RawConfig; readonly prefix: string; readonly config: ConfigView }
): void {
  const { settings, prefix, config } = options
  const { problems } = parseConfig(spec, settings, { unknownKeys: 'ignore' })
  for (const problem of problems) {
    const name = prefix + problem.key
    const known = report.find(name)
    if (problem.severity !== 'error' || (known && known.errors.length > 0)) continue
    if (!config.isResolved(name)) continue
    const value = config.display(name, settings[problem.key] ?? null)
    report.addError(name, value, textOf(problem, { name, quoted: config.quoted(name) }))
  }
}

function textOf(
  { key, kind, message }: ConfigProblem,
  { name, quoted }: { name: string; quoted: string }
): string {
  const reason = message.startsWith(`${key} `) ? message.slice(key.length + 1) : message
  return kind === 'invalid' ? invalidValue(name, quoted, reason) : `${name} ${reason}`
}

import type { ConfigSpec, RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { connectorKeys, sinkConnectorKeys, sourceConnectorKeys } from './connector-keys.ts'
import { cleaner, type Finding, findPlugin } from './finding.ts'
import type { LoadedConnector } from './load-files.ts'
import { type ConfigProblem, parseConfig } from './parse-config.ts'
import type { Plugins } from './plugins.ts'
import { hasErrors, type Problem, sortProblems } from './problem.ts'
import type { References } from './references.ts'
import { sinkProblems } from './sink-topics.ts'
import { validateConverter } from './validate-converter.ts'
import { validateTransforms } from './validate-transforms.ts'

export interface ValidationContext {
  readonly plugins: Plugins
  readonly references: References
}

export interface ValidatedConnector {
  /** In the order of the file. Nothing in them is a secret. */
  readonly problems: Problem[]
  /** Null when `connector.class` is missing or unknown. */
  readonly plugin: Connector | null
  /** Framework and plugin keys, parsed; complete when no problem is an error. */
  readonly config: Record<string, unknown>
  /** Every key as text, with references resolved: holds secrets. */
  readonly raw: RawConfig
}

/** The declared keys of a connector: those of the framework for its kind, and the plugin's own. */
export function connectorSpec(plugin: Connector): ConfigSpec {
  const ofKind = plugin.kind === 'source' ? sourceConnectorKeys : sinkConnectorKeys
  return { ...connectorKeys, ...ofKind, ...plugin.config }
}

/**
 * Checks the whole configuration of one connector, without reaching out to any system: references,
 * framework keys, the keys of the plugin, of transforms, predicates and converters, and at last the
 * plugin's own checks across keys. Finds every problem at once.
 */
export async function validateConnector(
  loaded: LoadedConnector,
  context: ValidationContext
): Promise<ValidatedConnector> {
  const { config: resolved, problems: unresolved } = await context.references.tryResolve(
    loaded.config
  )
  const findings: Finding[] = unresolved.map((problem) => ({ ...problem, severity: 'error' }))
  const plugin = await findConnector(resolved, context.plugins, findings)
  const spec = plugin ? connectorSpec(plugin) : connectorKeys
  const parsed = parseConfig(spec, resolved, {
    otherKeys: (name) => OWN_PREFIX.test(name),
    ...(plugin ? {} : { unknownKeys: 'ignore' as const })
  })
  const broken = new Set(unresolved.map((problem) => problem.key))
  const missed = ({ kind, key }: ConfigProblem) => kind === 'missing' && broken.has(key)
  const known = new Set(findings.map((finding) => finding.key))
  findings.push(...parsed.problems.filter((problem) => !missed(problem) && !known.has(problem.key)))
  findings.push(...(await validateTransforms(resolved, context.plugins)))
  for (const role of ['key', 'value', 'header'] as const) {
    findings.push(...(await validateConverter(`${role}.converter`, resolved, context.plugins)))
  }
  if (plugin?.kind === 'sink') findings.push(...sinkProblems(resolved))
  if (plugin?.validate && !hasErrors(findings)) {
    for (const problem of plugin.validate(parsed.config, resolved)) {
      findings.push({ ...problem, severity: 'error', suggestion: null })
    }
  }
  const problems = findings.map((finding) => place(finding, loaded, { spec, resolved }))
  return { problems: sortProblems(problems), plugin, config: parsed.config, raw: resolved }
}

/** Keys that are checked with the plugin they belong to, not with the connector's own. */
const OWN_PREFIX = /^(transforms|predicates|(key|value|header)\.converter)\./

async function findConnector(
  raw: RawConfig,
  plugins: Plugins,
  findings: Finding[]
): Promise<Connector | null> {
  const className = raw['connector.class']
  if (className === undefined) return null
  return findPlugin('connector', 'connector.class', className, { plugins, findings, config: raw })
}

/** Gives a finding its place, and takes out of its text what must not be shown. */
function place(
  { key, severity, message, suggestion }: Finding,
  loaded: LoadedConnector,
  { spec, resolved }: { spec: ConfigSpec; resolved: RawConfig }
): Problem {
  const position = (key === null ? null : loaded.locate(key)) ?? placeOfMissing(key, loaded)
  const clean = cleaner(loaded.config, resolved, spec)
  return {
    severity,
    file: loaded.file,
    line: position.line,
    column: position.column,
    connector: loaded.name,
    key,
    message: clean(message),
    suggestion: suggestion === null ? null : clean(suggestion)
  }
}

/** A key that is not there belongs where the class is named, which decides that it is needed. */
function placeOfMissing(
  key: string | null,
  loaded: LoadedConnector
): { line: number; column: number } {
  const near = key?.startsWith('transforms.') ? loaded.locate('transforms') : null
  return near ?? loaded.locate('connector.class') ?? loaded.start
}

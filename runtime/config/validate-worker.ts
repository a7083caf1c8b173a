import type { RawConfig } from '../api/config.ts'
import { cleaner, type Finding } from './finding.ts'
import type { LoadedWorker } from './load-files.ts'
import { parseConfig } from './parse-config.ts'
import type { Plugins } from './plugins.ts'
import { type Problem, sortProblems } from './problem.ts'
import type { References } from './references.ts'
import { readRestAccess } from './rest-access.ts'
import { validateConverter } from './validate-converter.ts'
import { type WorkerConfig, workerKeys } from './worker-keys.ts'

export interface ValidatedWorker {
  readonly problems: Problem[]
  /** Every worker key; complete when no problem is an error. */
  readonly config: WorkerConfig
  /** Every given key as text, with references resolved: holds secrets. */
  readonly raw: RawConfig
}

/**
 * Checks the worker's settings and finds every problem at once. Null stands for a worker without a
 * file: every key has its default. Without `plugins` the converters are not looked up.
 */
export async function validateWorker(
  loaded: LoadedWorker | null,
  context: { references: References; plugins?: Plugins }
): Promise<ValidatedWorker> {
  const written = loaded?.config ?? {}
  const { config: raw, problems: unresolved } = await context.references.tryResolve(written)
  const parsed = parseConfig(workerKeys, raw)
  const findings: Finding[] = [
    ...unresolved.map((problem) => ({ ...problem, severity: 'error' as const })),
    ...parsed.problems,
    ...readRestAccess(raw).problems
  ]
  if (context.plugins) {
    for (const role of ['key', 'value', 'header'] as const) {
      const key = `${role}.converter` as const
      const given = { [key]: String(parsed.config[key]), ...raw }
      findings.push(...(await validateConverter(key, given, context.plugins)))
    }
  }
  const clean = cleaner(written, raw, workerKeys)
  const problems = findings.map(({ severity, key, message, suggestion }): Problem => {
    const position = (key === null ? null : loaded?.locate(key)) ?? loaded?.start
    return {
      severity,
      file: loaded?.file ?? null,
      line: position?.line ?? null,
      column: position?.column ?? null,
      connector: null,
      key,
      message: clean(message),
      suggestion: suggestion === null ? null : clean(suggestion)
    }
  })
  // Every key of the spec is there, parsed or with its default: that is what parseConfig promises.
  const config = parsed.config as unknown as WorkerConfig
  return { problems: sortProblems(problems), config, raw }
}

import { ConnectError } from '../api/errors.ts'
import type { ReportEntry } from './config-report.ts'
import { invalidValue } from './configdef.ts'
import type { FoundClass, PluginCatalog } from './plugin-catalog.ts'
import { versionProblem } from './plugin-catalog.ts'
import type { AnyPlugin, PluginKind } from './plugin-module.ts'
import { VersionRange } from './version-range.ts'

/** What came of looking for a class: the plugin, or what is wrong. */
export interface ClassCheck {
  readonly found: FoundClass | null
  readonly errors: string[]
}

/** The Java interfaces whose names Kafka Connect uses in its texts. */
const INTERFACES: Readonly<Record<PluginKind, string>> = {
  source: 'Connector',
  sink: 'Connector',
  transform: 'Transformation',
  predicate: 'Predicate',
  converter: 'Converter',
  header_converter: 'HeaderConverter'
}

/**
 * Looks for the class that a key of type CLASS names, as ConfigDef and the validators of Kafka Connect
 * do: that there is one, that it is no base class, and that it is of the right kind.
 */
export async function checkClass(
  name: string,
  written: string,
  to: { readonly kind: PluginKind; readonly catalog: PluginCatalog; readonly quoted: string }
): Promise<ClassCheck> {
  const { kind, catalog, quoted } = to
  const className = written.trim()
  try {
    const nested = await catalog.nestedClasses(className)
    if (nested.length > 0) return { found: null, errors: [baseClassProblem(nested)] }
    const found = await catalog.find(kind, className)
    if (found) return { found, errors: [] }
    const other = await catalog.findAny(className)
    const text = other
      ? `Class class ${other.className} does not implement the ${INTERFACES[kind]} interface`
      : invalidValue(name, quoted, `Class ${quoted} could not be found.`)
    return { found: null, errors: [text] }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    return { found: null, errors: [invalidValue(name, quoted, error.message)] }
  }
}

export function baseClassProblem(nested: readonly string[]): string {
  return `This class is abstract and cannot be created. Did you mean ${nested.join(', ')}?`
}

/**
 * Checks the version that is asked for a class that was found; says at both keys that there is none.
 *
 * @returns whether the class has such a version
 */
export function checkVersion(
  of: FoundClass<AnyPlugin>,
  asked: string | null,
  entries: { readonly type: ReportEntry; readonly version: ReportEntry }
): boolean {
  const { type, version } = entries
  try {
    const problem = versionProblem(of, VersionRange.parse(asked))
    if (problem === null) return true
    type.errors.push(problem)
    version.errors.push(problem)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    version.errors.push(invalidValue(version.name, String(asked), reason))
  }
  return false
}

import type { ConfigKey } from '../api/config.ts'
import type { Connector, KeyProblem } from '../api/connector.ts'
import { describeError } from '../api/errors.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { invalidValue } from './configdef.ts'
import { type ListedKey, listedKeys } from './key-info.ts'
import { reportProblems } from './own-problems.ts'
import { type ConfigProblem, parseConfig } from './parse-config.ts'
import { checkValue } from './value-check.ts'

/** Lists and checks the keys of the connector itself, without reaching out. */
export function checkPlugin(report: ConfigReport, plugin: Connector, config: ConfigView): void {
  const keys = listedKeys(plugin.config, plugin.dialect)
  report.addGroups(keys.map(({ info }) => info))
  if (plugin.dialect === 'debezium') {
    checkAsDebezium(report, { plugin, keys }, config)
    return
  }
  for (const listed of keys) report.add(checkValue(listed, config))
  reportProblems(report, plugin.config, { settings: config.resolved, prefix: '', config })
}

/** Debezium never shows values, and has words of its own (`io.debezium.config.Field`). */
function checkAsDebezium(
  report: ConfigReport,
  { plugin, keys }: { plugin: Connector; keys: readonly ListedKey[] },
  config: ConfigView
): void {
  for (const { name, key, info } of keys) {
    const { recommended = [], visible = true, mandatory = false } = key.options.listing ?? {}
    const blank = config.isResolved(name) && (config.value(name) ?? '').trim() === ''
    const missing = blank && (mandatory || key.required)
    const errors = missing ? [refused(name, 'A value is required')] : []
    report.add({ name, definition: info, value: null, recommended, visible, errors })
  }
  const { problems } = parseConfig(plugin.config, config.resolved, { unknownKeys: 'ignore' })
  for (const problem of problems) {
    const listed = keys.find(({ name }) => name === problem.key)
    const known = report.find(problem.key)
    if (problem.severity !== 'error' || (known && known.errors.length > 0)) continue
    const reason = debeziumReason(problem, listed?.key ?? plugin.config[problem.key], config)
    report.addError(problem.key, null, refused(problem.key, reason))
  }
}

function refused(name: string, reason: string): string {
  return `The '${name}' value is invalid: ${reason}`
}

function debeziumReason(
  { key: name, kind, message }: ConfigProblem,
  key: ConfigKey | undefined,
  config: ConfigView
): string {
  const own = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message
  const value = (config.value(name) ?? '').trim()
  if (kind === 'exclusive') return `"${key?.options.excludes}" is already specified`
  if (kind !== 'invalid' || key === undefined) return own
  const { recommended = [], refusal } = key.options.listing ?? {}
  if (recommended.length > 0 && !recommended.includes(value.toLowerCase())) {
    return `Value must be one of ${recommended.join(', ')}`
  }
  return refusal?.(value) ?? typeReason(key, value) ?? own
}

function typeReason(key: ConfigKey, value: string): string | null {
  if (key.type === 'BOOLEAN') return "Either 'true' or 'false' is expected"
  if (key.type !== 'INT' && key.type !== 'LONG') return null
  const long = key.type === 'LONG'
  const { min } = key.bounds
  if (min !== undefined && min > 0) {
    return `A positive, non-zero ${long ? 'long' : 'integer'} value is expected`
  }
  if (min === 0)
    return long ? 'A non-negative long value is expected' : 'An non-negative integer is expected'
  if (/^[+-]?\d+$/.test(value)) return null
  return long ? 'A long value is expected' : 'An integer is expected'
}

/**
 * Asks the connector itself: its checks over several keys, and, for a source, whether its system is
 * there and lets it read. Kafka Connect does so too when a connector is validated or created; sinks
 * reach out when they start.
 *
 * @param timeoutMs how long reaching out may take; null: it does not
 */
export async function askPlugin(
  report: ConfigReport,
  { plugin, parsed }: { plugin: Connector; parsed: Readonly<Record<string, unknown>> },
  config: ConfigView,
  timeoutMs: number | null
): Promise<void> {
  for (const { key, message } of plugin.validate?.(parsed, config.resolved) ?? []) {
    const name = key ?? 'connector.class'
    // Kafka Connect takes a null for any key that the plugin knows: what comes of it, the task says.
    if (config.given[name] === null) continue
    report.addError(
      name,
      config.display(name, config.value(name)),
      worded(plugin, name, message, config)
    )
  }
  if (report.errorCount > 0 || plugin.kind !== 'source' || timeoutMs === null) return
  for (const { key, message } of await reachOut(plugin, parsed, config, timeoutMs)) {
    const name = key ?? 'connector.class'
    const text =
      plugin.dialect === 'debezium'
        ? `Error while validating connector config: ${message}`
        : message
    report.addError(name, config.display(name, config.value(name)), text)
  }
}

function worded(plugin: Connector, name: string, message: string, config: ConfigView): string {
  if (plugin.dialect === 'debezium') {
    const reason = message.startsWith(`${name} `) ? message.slice(name.length + 1) : message
    return refused(name, reason)
  }
  return message.includes(name) ? message : invalidValue(name, config.quoted(name), message)
}

async function reachOut(
  plugin: Connector,
  parsed: Readonly<Record<string, unknown>>,
  config: ConfigView,
  timeoutMs: number
): Promise<readonly KeyProblem[]> {
  const signal = AbortSignal.timeout(timeoutMs)
  const late = new Promise<readonly KeyProblem[]>((resolve) => {
    const seconds = Math.round(timeoutMs / 1000)
    const message = `The connector's own check took longer than ${seconds} s: its system does not answer`
    signal.addEventListener('abort', () => resolve([{ key: null, message }]), { once: true })
  })
  try {
    const check = plugin.check?.(parsed, config.resolved, signal) ?? []
    return await Promise.race([check, late])
  } catch (error) {
    return [{ key: null, message: describeError(error) }]
  }
}

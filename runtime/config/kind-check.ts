import type { SourceConnector } from '../api/connector.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { parseType } from './configdef.ts'
import { parseConfig } from './parse-config.ts'

// Checks over several keys that Kafka Connect makes for every sink (`SinkConnectorConfig.validate`,
// `DistributedHerder.validateSinkConnectorConfig`) and every source (`validateSourceConnectorConfig`).

const DEAD_LETTERS = 'errors.deadletterqueue.topic.name'
const GROUP_ID = 'consumer.override.group.id'

/** @param groupId of the workers: a sink whose consumers were in the same group would break both */
export function checkSink(report: ConfigReport, config: ConfigView, groupId: string): void {
  checkTopics(report, config)
  const own = config.value(GROUP_ID)
  if (own !== null) {
    if (own === groupId) {
      const text = `Consumer group ${own} conflicts with Connect worker group ${groupId}`
      report.addError(GROUP_ID, config.display(GROUP_ID, own), text)
    }
    return
  }
  const name = config.value('name')?.trim()
  if (name !== undefined && `connect-${name}` === groupId) {
    const text = `Consumer group for sink connector named ${name} conflicts with Connect worker group ${groupId}`
    report.addError('name', name, text)
  }
}

function checkTopics(report: ConfigReport, config: ConfigView): void {
  const topics = config.value('topics') ?? ''
  const regex = config.value('topics.regex') ?? ''
  const both = (text: string) => {
    report.addError('topics', topics, text)
    report.addError('topics.regex', regex, text)
  }
  checkDistinct(report, topics)
  const [hasTopics, hasRegex] = [topics.trim() !== '', regex.trim() !== '']
  if (hasTopics && hasRegex) {
    both('topics and topics.regex are mutually exclusive options, but both are set.')
  }
  if (!hasTopics && !hasRegex) both('Must configure one of topics or topics.regex')
  const deadLetters = (config.value(DEAD_LETTERS) ?? '').trim()
  if (deadLetters === '') return
  const names = namesOf(topics)
  if (hasTopics && names.includes(deadLetters)) {
    const text = `The DLQ topic '${deadLetters}' may not be included in the list of topics ('topics=[${names.join(', ')}]') consumed by the connector`
    report.addError('topics', topics, text)
  }
  if (hasRegex && matches(regex, deadLetters)) {
    const text = `The DLQ topic '${deadLetters}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`
    report.addError('topics.regex', regex, text)
  }
}

/** ConfigDef's ValidList. */
function checkDistinct(report: ConfigReport, topics: string): void {
  const names = namesOf(topics)
  if (new Set(names).size < names.length) {
    report.addError('topics', topics, "Configuration 'topics' values must not be duplicated.")
  } else if (names.includes('')) {
    report.addError('topics', topics, "Configuration 'topics' values must not be empty.")
  }
}

function namesOf(topics: string): readonly string[] {
  const parsed = parseType('LIST', topics)
  return 'value' in parsed && Array.isArray(parsed.value) ? parsed.value : []
}

function matches(regex: string, topic: string): boolean {
  try {
    return new RegExp(`^(?:${regex})$`).test(topic)
  } catch {
    return false
  }
}

/** @param exactlyOnce whether the worker writes records and source offsets in one transaction */
export function checkSource(
  report: ConfigReport,
  config: ConfigView,
  { plugin, exactlyOnce }: { plugin: SourceConnector; exactlyOnce: boolean }
): void {
  const support = report.find('exactly.once.support')
  if (support && support.errors.length === 0 && support.value?.toLowerCase() === 'required') {
    if (!exactlyOnce) {
      support.errors.push('This worker does not have exactly-once source support enabled.')
    }
    const parsed = parseConfig(plugin.config, config.resolved, { unknownKeys: 'ignore' })
    if (plugin.supportsExactlyOnce && !plugin.supportsExactlyOnce(parsed.config)) {
      support.errors.push(
        'The connector does not support exactly-once semantics with the provided configuration.'
      )
    }
  }
  const boundary = report.find('transaction.boundary')
  if (boundary && boundary.errors.length === 0 && boundary.value?.toLowerCase() === 'connector') {
    boundary.errors.push(
      'The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.'
    )
  }
}

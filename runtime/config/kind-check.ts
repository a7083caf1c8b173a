import type { SourceConnector } from '../api/connector.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { parseConfig } from './parse-config.ts'
import { sinkTopics } from './sink-topics.ts'

// Checks over several keys that Kafka Connect makes for every sink (`SinkConnectorConfig.validate`,
// `DistributedHerder.validateSinkConnectorConfig`) and every source (`validateSourceConnectorConfig`).

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
  const { topics, regex, deadLetters, readsDeadLettersBy } = sinkTopics(config.resolved)
  const refuse = (text: string, ...keys: readonly string[]) => {
    for (const key of keys) report.addError(key, null, text)
  }
  // ConfigDef's ValidList.
  if (new Set(topics).size < topics.length) {
    refuse("Configuration 'topics' values must not be duplicated.", 'topics')
  } else if (topics.includes('')) {
    refuse("Configuration 'topics' values must not be empty.", 'topics')
  }
  if (topics.length > 0 && regex !== '') {
    const text = 'topics and topics.regex are mutually exclusive options, but both are set.'
    refuse(text, 'topics', 'topics.regex')
  }
  if (topics.length === 0 && regex === '') {
    refuse('Must configure one of topics or topics.regex', 'topics', 'topics.regex')
  }
  const letters = `The DLQ topic '${deadLetters}' may not be`
  if (readsDeadLettersBy === 'topics') {
    const list = `('topics=[${topics.join(', ')}]')`
    refuse(`${letters} included in the list of topics ${list} consumed by the connector`, 'topics')
  }
  if (readsDeadLettersBy === 'topics.regex') {
    const text = `${letters} matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`
    refuse(text, 'topics.regex')
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

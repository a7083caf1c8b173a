import type { ListingRow } from '../api/listing.ts'
import { javaRegexProblem } from '../api/regex.ts'

// How Kafka Connect 4.3 lists the keys that all connectors have: captured from its REST API.

export const connectorListing: readonly ListingRow[] = [
  ['name', 'Common', 'MEDIUM', 'Connector name', { refusal: nameRefusal }],
  ['connector.class', 'Common', 'LONG', 'Connector class', { type: 'STRING' }],
  ['connector.plugin.version', 'Common', 'MEDIUM', 'Connector version', { importance: 'MEDIUM' }],
  ['tasks.max', 'Common', 'SHORT', 'Tasks max', { nonNull: true }],
  ['tasks.max.enforce', 'Common', 'SHORT', 'Enforce tasks max'],
  ['key.converter', 'Common', 'SHORT', 'Key converter class'],
  ['key.converter.plugin.version', 'Common', 'SHORT', 'Key converter version'],
  ['value.converter', 'Common', 'SHORT', 'Value converter class'],
  ['value.converter.plugin.version', 'Common', 'SHORT', 'Value converter version'],
  ['header.converter', 'Common', 'SHORT', 'Header converter class'],
  ['header.converter.plugin.version', 'Common', 'SHORT', 'Header converter version'],
  ['transforms', 'Transforms', 'LONG', 'Transforms', { order: 12, refusal: aliasRefusal }],
  ['predicates', 'Predicates', 'LONG', 'Predicates', { order: 13, refusal: aliasRefusal }],
  ['config.action.reload', 'Common', 'MEDIUM', 'Reload Action', { order: 14 }],
  ['errors.retry.timeout', 'Error Handling', 'MEDIUM', 'Retry Timeout for Errors'],
  [
    'errors.retry.delay.max.ms',
    'Error Handling',
    'MEDIUM',
    'Maximum Delay Between Retries for Errors'
  ],
  ['errors.tolerance', 'Error Handling', 'SHORT', 'Error Tolerance'],
  ['errors.log.enable', 'Error Handling', 'SHORT', 'Log Errors'],
  ['errors.log.include.messages', 'Error Handling', 'SHORT', 'Log Error Details']
]

export const sourceListing: readonly ListingRow[] = [
  ['topic.creation.groups', 'Topic Creation', 'LONG', 'Topic Creation Groups'],
  ['exactly.once.support', 'Exactly Once Support', 'SHORT', 'Exactly once support', { order: 2 }],
  ['transaction.boundary', 'Exactly Once Support', 'SHORT', 'Transaction Boundary', { order: 3 }],
  [
    'transaction.boundary.interval.ms',
    'Exactly Once Support',
    'SHORT',
    'Transaction boundary interval',
    { order: 4 }
  ],
  ['offsets.storage.topic', 'offsets.topic', 'LONG', 'Offsets topic']
]

export const sinkListing: readonly ListingRow[] = [
  ['topics', 'Common', 'LONG', 'Topics', { order: 4 }],
  [
    'topics.regex',
    'Common',
    'LONG',
    'Topics regex',
    { order: 4, default: '', refusal: regexRefusal }
  ],
  [
    'errors.deadletterqueue.topic.name',
    'Error Handling',
    'MEDIUM',
    'Dead Letter Queue Topic Name',
    { order: 6 }
  ],
  [
    'errors.deadletterqueue.topic.replication.factor',
    'Error Handling',
    'MEDIUM',
    'Dead Letter Queue Topic Replication Factor',
    { order: 7 }
  ],
  [
    'errors.deadletterqueue.context.headers.enable',
    'Error Handling',
    'MEDIUM',
    'Enable Error Context Headers',
    { order: 8 }
  ]
]

function regexRefusal(pattern: string): string {
  return `Invalid regex: ${javaRegexProblem(pattern)}`
}

function nameRefusal(name: string): string {
  if (name === '') return 'String may not be empty'
  const codes = [...name].map((sign) => sign.codePointAt(0) ?? 0).filter(isControl)
  return `String may not contain control sequences but had the following ASCII chars: ${codes.join(', ')}`
}

/** As Java's Character.isISOControl. */
function isControl(code: number): boolean {
  return code <= 0x1f || (code >= 0x7f && code <= 0x9f)
}

function aliasRefusal(aliases: string): string {
  const names = aliases.split(',').map((alias) => alias.trim())
  return new Set(names).size < names.length ? 'Duplicate alias provided.' : 'An alias is empty.'
}

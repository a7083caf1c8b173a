import type { Row } from './listing-row.ts'

/** Keys of the connection. */
export const connectionRows: readonly Row[] = [
  ['topic.prefix', 'MEDIUM', 'Topic prefix', { required: false }],
  ['database.hostname', 'MEDIUM', 'Hostname', { default: null, mandatory: true }],
  ['database.port', 'SHORT', 'Port'],
  ['database.user', 'SHORT', 'User', { required: false }],
  ['database.password', 'SHORT', 'Password'],
  ['database.query.timeout.ms', 'NONE', 'Query timeout', { importance: 'LOW' }],
  ['database.initial.statements', 'LONG', 'Initial statements', { importance: 'LOW' }],
  ['skipped.operations', 'SHORT', 'Skipped Operations', { importance: 'LOW' }]
]

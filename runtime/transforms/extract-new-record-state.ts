import { boolean, list, oneOf, string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { eventFieldsProblem, parseEventFields } from './event-field.ts'
import { NewRecordState } from './new-record-state.ts'
import { VERSION } from './version.ts'

const MODES = [
  'drop',
  'tombstone',
  'rewrite-with-tombstone',
  'rewrite',
  'delete-to-tombstone'
] as const

const added = (doc: string, displayName: string) =>
  list({
    doc: `${doc}: names such as op, table, source.ts_ms or transaction.id, each with :name after it to be called otherwise. What events do not have is left out.`,
    default: [],
    importance: 'LOW',
    examples: ['op,source.ts_ms,table:origin'],
    validator: eventFieldsProblem,
    listing: { width: 'LONG', displayName }
  })

const prefix = (doc: string, displayName: string) =>
  string({ doc, default: '__', importance: 'LOW', listing: { width: 'SHORT', displayName } })

/** Makes rows of change events. Records that are no change events pass as they are. */
export default defineTransform({
  summary: 'Replaces a change event by the row as the change left it.',
  classNames: ['io.debezium.transforms.ExtractNewRecordState'],
  version: VERSION,
  config: {
    'delete.tombstone.handling.mode': oneOf(MODES, {
      doc: 'What becomes of a delete and of the tombstone after it. drop: nothing. tombstone: a null with the schema of the row. rewrite: the row as it was, with __deleted, which says for every row whether it is gone. rewrite-with-tombstone: that, and the tombstone. delete-to-tombstone: a tombstone.',
      default: 'tombstone',
      listing: {
        width: 'MEDIUM',
        displayName: 'Handle delete and tombstone records',
        refusal: () => `Value must be one of ${MODES.join(', ')}`
      }
    }),
    'route.by.field': string({
      doc: 'Field of the row, a text, that names the topic. Null and empty text leave the topic as it is.',
      default: '',
      importance: 'LOW',
      listing: { width: 'LONG', displayName: 'Route by field name' }
    }),
    'add.fields.prefix': prefix('Goes before the names of added fields.', 'Field prefix'),
    'add.fields': added('Fields of the event to add to the row', 'Added fields'),
    'add.headers.prefix': prefix('Goes before the names of added headers.', 'Header prefix'),
    'add.headers': added('Fields of the event to add as headers', 'Added headers'),
    'drop.fields.header.name': string({
      doc: 'Header with a list of fields to leave out of the row.',
      default: null,
      importance: 'LOW',
      listing: { width: 'SHORT', displayName: 'Header with fields to drop' }
    }),
    'drop.fields.from.key': boolean({
      doc: 'Leave those fields out of the key, too.',
      default: false,
      importance: 'LOW',
      listing: { width: 'SHORT', displayName: 'Drop fields from the key, too' }
    }),
    'drop.fields.keep.schema.compatible': boolean({
      doc: 'Leave out only fields that are optional.',
      default: true,
      importance: 'LOW',
      listing: { width: 'SHORT', displayName: 'Drop optional fields only' }
    }),
    'replace.null.with.default': boolean({
      doc: 'When rows are rewritten: read null in a column that has a default as the default.',
      default: true,
      importance: 'LOW',
      listing: { hidden: true }
    })
  },
  create: (config) =>
    new NewRecordState({
      mode: config['delete.tombstone.handling.mode'],
      routeBy: config['route.by.field'],
      fields: parseEventFields(config['add.fields'], config['add.fields.prefix']),
      headers: parseEventFields(config['add.headers'], config['add.headers.prefix']),
      drop: {
        header: config['drop.fields.header.name']?.trim() || null,
        fromKey: config['drop.fields.from.key'],
        optionalOnly: config['drop.fields.keep.schema.compatible']
      },
      replaceNull: config['replace.null.with.default']
    })
})

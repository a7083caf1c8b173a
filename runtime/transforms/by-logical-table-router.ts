import { boolean, ignored, int, oneOf, string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'
import { javaRegexProblem, regexProblem } from '../api/regex.ts'
import { LogicalTableRouter } from './logical-table-router.ts'
import { VERSION } from './version.ts'
import { renamer } from './whole-match.ts'

/** Sends the change events of several tables to one topic, with keys that tell the tables apart. */
export default defineTransform({
  summary: 'Sends the change events of several tables, such as shards, to one topic.',
  classNames: ['io.debezium.transforms.ByLogicalTableRouter'],
  version: VERSION,
  config: {
    'topic.regex': string({
      doc: 'Matches the whole name of the topics that are sent elsewhere.',
      importance: 'LOW',
      validator: regexProblem,
      listing: {
        width: 'LONG',
        displayName: 'Topic regex',
        refusal: (pattern) => `Invalid regex: ${javaRegexProblem(pattern)}`
      }
    }),
    'topic.replacement': string({
      doc: 'The new name; $1 or ${name} stand for groups of the expression. Where it comes out empty, the record stays as it is.',
      importance: 'LOW',
      listing: { width: 'LONG', displayName: 'Topic replacement' }
    }),
    'key.enforce.uniqueness': boolean({
      doc: 'Add to the key where the record came from: rows of different tables may have the same key.',
      default: true,
      importance: 'LOW',
      listing: { width: 'SHORT', displayName: 'Add source topic name into key' }
    }),
    'key.field.regex': string({
      doc: 'Matches the whole name of the old topic, to make of it what is added to the key; else it is that name.',
      default: null,
      importance: 'LOW',
      validator: regexProblem,
      listing: {
        width: 'LONG',
        displayName: 'Key field regex',
        refusal: (pattern) => `Invalid regex: ${javaRegexProblem(pattern)}`
      }
    }),
    'key.field.name': string({
      doc: 'Name of the field that is added to the key.',
      default: '__dbz__physicalTableIdentifier',
      importance: 'LOW',
      listing: { hidden: true }
    }),
    'key.field.replacement': string({
      doc: 'What is added to the key; $1 or ${name} stand for groups of key.field.regex.',
      default: null,
      importance: 'LOW',
      listing: { width: 'LONG', displayName: 'Key field replacement' }
    }),
    'schema.name.adjustment.mode': oneOf(['none', 'avro', 'avro_unicode'], {
      doc: 'How the names of the new schemas are made legal in Avro.',
      default: 'none',
      importance: 'LOW',
      listing: { hidden: true }
    }),
    'logical.table.cache.size': ignored(
      int({
        doc: 'How many topics and schemas are remembered.',
        default: 16,
        importance: 'LOW',
        listing: { width: 'LONG', displayName: 'Logical table cache size' }
      }),
      'what is worked out for a topic or a schema is remembered as long as that is in use'
    )
  },
  create(config) {
    const pattern = config['key.field.regex']?.trim() ? config['key.field.regex'] : null
    const replacement = config['key.field.replacement']
    if (pattern !== null && !replacement?.trim()) {
      throw new ConnectError('INVALID_CONFIG', 'key.field.regex needs key.field.replacement', {
        hint: 'say what key.field.regex is to be replaced by, such as $1'
      })
    }
    return new LogicalTableRouter({
      rename: renamer(config['topic.regex'], config['topic.replacement']),
      keyField: config['key.enforce.uniqueness'] ? config['key.field.name'] : null,
      identify: pattern === null ? () => null : renamer(pattern, replacement ?? ''),
      adjustment: config['schema.name.adjustment.mode']
    })
  }
})

import { oneOf, string } from '../../runtime/api/config.ts'

// Keys that say how values are written, and that Debezium's relational connectors have in common.

const group = 'Values'

/** @param types exact numbers of the database, as a sentence begins */
export const decimalMode = (types: string) =>
  oneOf(['precise', 'double', 'string'], {
    doc: `How ${types} written.`,
    default: 'precise',
    group
  })

/** @param types bytes of the database, as a sentence begins */
export const binaryMode = (types: string) =>
  oneOf(['bytes', 'base64', 'base64-url-safe', 'hex'], {
    doc: `How ${types} written.`,
    default: 'bytes',
    group
  })

/**
 * Keys for values that events cannot have, and for names.
 *
 * @param words an example of a value that its column cannot say, as a sentence goes on; which values are
 * not available
 */
export const exceptionKeys = (words: { readonly example: string; readonly unavailable: string }) =>
  ({
    'event.converting.failure.handling.mode': oneOf(['fail', 'warn', 'skip'], {
      doc: `What to do about a value that its column in the event cannot say${words.example}: fail, or write null and log a warning (warn and skip). In a NOT NULL column it always fails.`,
      default: 'warn',
      group
    }),
    'schema.name.adjustment.mode': oneOf(['none', 'avro', 'avro_unicode'], {
      doc: 'How schema names are made legal for Avro.',
      default: 'none',
      group
    }),
    'field.name.adjustment.mode': oneOf(['none', 'avro', 'avro_unicode'], {
      doc: 'How field names are made legal for Avro.',
      default: 'none',
      group
    }),
    'unavailable.value.placeholder': string({
      doc: `Stands for ${words.unavailable}.`,
      default: '__debezium_unavailable_value',
      group
    })
  }) as const

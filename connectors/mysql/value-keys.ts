import { boolean, oneOf, string } from '../../runtime/api/config.ts'

/** Keys that say how values of MySQL and MariaDB are written. */
export const valueKeys = {
  'decimal.handling.mode': oneOf(['precise', 'double', 'string'], {
    doc: 'How DECIMAL is written.',
    default: 'precise',
    group: 'Values'
  }),
  'time.precision.mode': oneOf(
    [
      'adaptive_time_microseconds',
      'connect',
      'isostring',
      'microseconds',
      'nanoseconds',
      'adaptive'
    ],
    {
      doc: 'How dates and times are written. adaptive is no longer supported.',
      default: 'adaptive_time_microseconds',
      group: 'Values',
      validator: (mode) => (mode === 'adaptive' ? "can no longer be 'adaptive'" : undefined),
      listing: { refusal: (mode) => `The '${mode}' time.precision.mode is no longer supported` }
    }
  ),
  'binary.handling.mode': oneOf(['bytes', 'base64', 'base64-url-safe', 'hex'], {
    doc: 'How BINARY, VARBINARY and BLOB are written.',
    default: 'bytes',
    group: 'Values'
  }),
  'bigint.unsigned.handling.mode': oneOf(['long', 'precise'], {
    doc: 'How BIGINT UNSIGNED is written: as int64, in which values from 2^63 on turn negative, or as an exact decimal.',
    default: 'long',
    importance: 'MEDIUM',
    group: 'Values'
  }),
  'enable.time.adjuster': boolean({
    doc: 'Whether years of two digits become years of four, as MySQL reads them: 0 to 69 are 2000 to 2069.',
    default: true,
    importance: 'LOW',
    group: 'Values'
  }),
  'event.converting.failure.handling.mode': oneOf(['fail', 'warn', 'skip'], {
    doc: 'What to do about a value that its column in the event cannot say: fail, or write null and log a warning (warn and skip). In a NOT NULL column it always fails.',
    default: 'warn',
    group: 'Values'
  }),
  'schema.name.adjustment.mode': oneOf(['none', 'avro', 'avro_unicode'], {
    doc: 'How schema names are made legal for Avro.',
    default: 'none',
    group: 'Values'
  }),
  'field.name.adjustment.mode': oneOf(['none', 'avro', 'avro_unicode'], {
    doc: 'How field names are made legal for Avro.',
    default: 'none',
    group: 'Values'
  }),
  'unavailable.value.placeholder': string({
    doc: 'Stands for a value that a row image leaves out (binlog_row_image MINIMAL or NOBLOB).',
    default: '__debezium_unavailable_value',
    group: 'Values'
  })
} as const

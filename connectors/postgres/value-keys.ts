import { boolean, int, oneOf, string } from '../../runtime/api/config.ts'

/** Keys that say how values of PostgreSQL are written. */
export const valueKeys = {
  'decimal.handling.mode': oneOf(['precise', 'double', 'string'], {
    doc: 'How numeric and money are written.',
    default: 'precise',
    group: 'Values'
  }),
  'time.precision.mode': oneOf(
    [
      'adaptive',
      'adaptive_time_microseconds',
      'connect',
      'isostring',
      'microseconds',
      'nanoseconds'
    ],
    { doc: 'How dates and times are written.', default: 'adaptive', group: 'Values' }
  ),
  'binary.handling.mode': oneOf(['bytes', 'base64', 'base64-url-safe', 'hex'], {
    doc: 'How bytea is written.',
    default: 'bytes',
    group: 'Values'
  }),
  'interval.handling.mode': oneOf(['numeric', 'string'], {
    doc: 'How interval is written: approximate microseconds, or ISO 8601 text.',
    default: 'numeric',
    group: 'Values'
  }),
  'hstore.handling.mode': oneOf(['json', 'map'], {
    doc: 'How hstore is written.',
    default: 'json',
    group: 'Values'
  }),
  'money.fraction.digits': int({
    doc: 'Fraction digits of money.',
    default: 2,
    min: 0,
    group: 'Values'
  }),
  'include.unknown.datatypes': boolean({
    doc: 'Whether columns of types without a mapping are written as bytes instead of being left out.',
    default: false,
    group: 'Values'
  }),
  'event.converting.failure.handling.mode': oneOf(['fail', 'warn', 'skip'], {
    doc: 'What to do about a value that its column in the event cannot say, such as NaN in an exact decimal: fail, or write null and log a warning (warn and skip). In a NOT NULL column it always fails.',
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
    doc: 'Stands for a large value that an update did not touch and PostgreSQL did not send.',
    default: '__debezium_unavailable_value',
    group: 'Values'
  })
} as const

import { boolean, int, oneOf } from '../../runtime/api/config.ts'
import { binaryMode, decimalMode, exceptionKeys } from '../relational/value-keys.ts'

/** Keys that say how values of PostgreSQL are written. */
export const valueKeys = {
  'decimal.handling.mode': decimalMode('numeric and money are'),
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
  'binary.handling.mode': binaryMode('bytea is'),
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
  ...exceptionKeys({
    example: ', such as NaN in an exact decimal',
    unavailable: 'a large value that an update did not touch and PostgreSQL did not send'
  })
} as const

import { boolean, oneOf } from '../../runtime/api/config.ts'
import { binaryMode, decimalMode, exceptionKeys } from '../relational/value-keys.ts'

/** Keys that say how values of MySQL and MariaDB are written. */
export const valueKeys = {
  'decimal.handling.mode': decimalMode('DECIMAL is'),
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
  'binary.handling.mode': binaryMode('BINARY, VARBINARY and BLOB are'),
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
  ...exceptionKeys({
    example: '',
    unavailable: 'a value that a row image leaves out (binlog_row_image MINIMAL or NOBLOB)'
  })
} as const

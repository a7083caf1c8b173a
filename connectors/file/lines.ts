import { DataError } from '../../runtime/api/errors.ts'
import { toJson } from '../../runtime/api/json.ts'
import type { SinkRecord } from '../../runtime/api/record.ts'

/** How values become lines: `json`, or `text` for values that are text and JSON for all others. */
export type LineFormat = 'auto' | 'json'

/**
 * The value of a record as one line, with its newline.
 *
 * @throws {DataError} for text with a line break in it, which would be read back as two records
 */
export function lineOf(record: SinkRecord, format: LineFormat): string {
  const { value } = record
  if (format === 'json' || typeof value !== 'string') return `${toJson(value)}\n`
  if (value.includes('\n')) {
    throw new DataError('INVALID_VALUE', 'text with a line break in it is not one line', {
      hint: "Set format to 'json', which escapes line breaks."
    })
  }
  return `${value}\n`
}

import { ConnectError } from '../../../runtime/api/errors.ts'
import type { RowGaps } from '../../relational/row-gaps.ts'
import type { RowField, RowShape } from './row-shape.ts'

/** The images that the rows of an event have. */
export interface RowImages {
  /** Bitmaps of the columns that are present, low bit first; null for an image that there is not. */
  readonly before: Uint8Array | null
  readonly after: Uint8Array | null
  /** Whether the row after is a new one although there is one before: REPLACE. */
  readonly isReplaced: boolean
}

/** Of that many combinations of columns, what they leave out is remembered. */
const MOST_KNOWN = 1000

/** What row images leave out, worked out once for each combination of columns. */
export class ImageGaps {
  readonly #shape: RowShape
  readonly #known = new Map<string, RowGaps | null>()

  constructor(shape: RowShape) {
    this.#shape = shape
  }

  /**
   * @returns null when nothing is left out that the events have
   * @throws {ConnectError} MYSQL_ROW_IMAGE when the record keys cannot be known
   */
  of(images: RowImages): RowGaps | null {
    const { before, after, isReplaced } = images
    const key = `${textOf(before)}|${textOf(after)}|${isReplaced}`
    let gaps = this.#known.get(key)
    if (gaps === undefined) {
      gaps = this.#gaps(images)
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(key, gaps)
    }
    return gaps
  }

  #gaps({ before, after, isReplaced }: RowImages): RowGaps | null {
    const shape = this.#shape
    const { inserted } = shape
    const isNew = before === null || isReplaced
    const lacksAfter = (field: RowField) => {
      if (after === null || hasBit(after, field.source)) return false
      return isNew ? inserted.unknown.has(field) : before !== null && !hasBit(before, field.source)
    }
    const lacksBefore = ({ source }: RowField) => before !== null && !hasBit(before, source)
    const isVirtual = ({ source }: RowField) => shape.table.columns[source]?.generated === true
    const { keyFields } = shape
    this.#checkKey(keyFields.filter((field) => lacksBefore(field) || lacksAfter(field)))
    const shown = shape.fields.filter(({ at }) => at < shape.schema.fields.length)
    const lacking = shown.filter(lacksAfter)
    const isUnknown = (field: RowField) => isNew || isVirtual(field)
    const gaps = {
      unchanged: namesOf(lacking.filter((field) => !isUnknown(field))),
      unknown: namesOf(lacking.filter(isUnknown)),
      unknownBefore: namesOf(shown.filter(lacksBefore))
    }
    return Object.values(gaps).every((names) => names.length === 0) ? null : gaps
  }

  #checkKey(missing: readonly RowField[]): void {
    if (missing.length === 0) return
    const { database, name } = this.#shape.table
    throw new ConnectError(
      'MYSQL_ROW_IMAGE',
      `Rows of ${database}.${name} in the binary log leave out columns of the record key: ${namesOf(missing).join(', ')}`,
      {
        hint: 'Leave the key to the primary key of the table (message.key.columns), which is never left out; or SET GLOBAL binlog_row_image = FULL, have applications connect again, and reset the offsets of the connector for a new snapshot'
      }
    )
  }
}

function namesOf(fields: readonly RowField[]): string[] {
  return fields.map(({ name }) => name)
}

function textOf(bitmap: Uint8Array | null): string {
  return bitmap === null ? '' : bitmap.join()
}

export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >> 3] as number) >> (index & 7)) & 1) === 1
}

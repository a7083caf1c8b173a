import { DataError } from '../../runtime/api/errors.ts'
import type { Header } from '../../runtime/api/record.ts'
import { readHeaderJson } from './header-json.ts'
import { MOVED_TO } from './moved-key.ts'
import { GAP_HEADERS } from './row-gaps.ts'
import type { PlanColumn, RowPlan } from './sink-plan.ts'

const PREFIX = '__millrace.'

/** What the headers of a record say about values that it does not have: the values of the headers. */
export interface ToldGaps {
  unchanged: unknown
  unknown: unknown
  /** The key under which the row goes on. */
  movedTo: unknown
  mayBeGone: unknown
}

const MEMBERS: Readonly<Record<string, keyof ToldGaps>> = {
  [GAP_HEADERS.unchanged]: 'unchanged',
  [GAP_HEADERS.unknown]: 'unknown',
  [GAP_HEADERS.mayBeGone]: 'mayBeGone',
  [MOVED_TO]: 'movedTo'
}

/** @returns null for a record without such headers, as nearly all are */
export function gapsIn(headers: readonly Header[]): ToldGaps | null {
  let told: ToldGaps | null = null
  for (const { key, value } of headers) {
    if (!key.startsWith(PREFIX)) continue
    const member = MEMBERS[key]
    if (member === undefined) continue
    told ??= { unchanged: undefined, unknown: undefined, movedTo: undefined, mayBeGone: undefined }
    told[member] = value
  }
  return told
}

/** Of that many combinations of columns, the plan is remembered. */
const MOST_KNOWN = 1000

/** Plans for rows without what headers say that they do not have. */
export class GapPlans {
  readonly #foldNames: boolean
  readonly #known = new WeakMap<RowPlan, Map<string, RowPlan>>()

  constructor(foldNames: boolean) {
    this.#foldNames = foldNames
  }

  /**
   * @param names of the fields of the row, whether they are in the plan or not
   * @throws {DataError} when a header names a field that the row does not have, or that is part of the key
   */
  without(plan: RowPlan, names: readonly string[], told: ToldGaps): RowPlan {
    const { unchanged, unknown, mayBeGone } = told
    if (unchanged === undefined && unknown === undefined) return plan
    const known = this.#known.get(plan) ?? new Map<string, RowPlan>()
    const how = { partial: true, mayBeGone: mayBeGone !== undefined }
    const text = `${textOf(unchanged)}\0${textOf(unknown)}\0${how.mayBeGone}`
    let left = known.get(text)
    if (left === undefined) {
      const columns = (key: string, value: unknown) => this.#columns(plan, names, { key, value })
      left = plan
        .without(columns(GAP_HEADERS.unknown, unknown), { partial: false })
        .without(columns(GAP_HEADERS.unchanged, unchanged), how)
      if (known.size >= MOST_KNOWN) known.clear()
      this.#known.set(plan, known.set(text, left))
    }
    return left
  }

  #columns(
    plan: RowPlan,
    names: readonly string[],
    header: { readonly key: string; readonly value: unknown }
  ): PlanColumn[] {
    return namesIn(header).flatMap((name) => {
      if (!names.includes(name)) throw noField(header.key, name)
      const folded = this.#foldNames ? name.toLowerCase() : name
      const column = plan.columns.find((one) => one.name === folded)
      if (column?.isKey) throw noKey(header.key, name)
      return column === undefined ? [] : [column]
    })
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(readHeaderJson(value) ?? null)
}

function namesIn({ key, value }: { readonly key: string; readonly value: unknown }): string[] {
  if (value === undefined) return []
  const names = readHeaderJson(value)
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new DataError('INVALID_VALUE', `header ${key} must be a JSON list of field names`)
}

function noField(key: string, name: string): DataError {
  return new DataError(
    'INVALID_VALUE',
    `header ${key} says that the value of '${name}' is not told, and the record has no such field`,
    {
      hint: "A transform has renamed it or left it out, and the values that are missing cannot be told from others any more. Leave fields out with field.exclude.list instead; or have the source's database write whole rows (binlog_row_image=FULL)."
    }
  )
}

function noKey(key: string, name: string): DataError {
  return new DataError(
    'INVALID_VALUE',
    `'${name}' is part of the key, and header ${key} says that its value is not told`,
    {
      hint: "Take the source's own key (primary.key.mode: record_key), which is always known; or have the source's database write whole rows (binlog_row_image=FULL)."
    }
  )
}

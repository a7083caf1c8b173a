import type { RecordTable } from '../../connectors/relational/change-records.ts'
import type {
  ChunkKey,
  ChunkRange,
  ChunkRow,
  ChunkSource,
  ChunkTable
} from '../../connectors/relational/chunk-source.ts'
import { envelopeSchema } from '../../connectors/relational/envelope.ts'
import type { LogPositions, SignalWriter } from '../../connectors/relational/watermarks.ts'
import { int32, Struct, string, structOf } from '../../runtime/api/schema.ts'
import type { Random } from '../support/random.ts'

export type Entry =
  | {
      readonly kind: 'row'
      readonly table: string
      readonly before: Row | null
      readonly after: Row | null
    }
  | { readonly kind: 'signal'; readonly op: 'c' | 'd'; readonly id: string }
  | { readonly kind: 'truncate'; readonly table: string }

export type Row = readonly (number | null)[]

const row = structOf(
  [
    ['a', int32({ optional: true })],
    ['b', int32({ optional: true })],
    ['v', int32({ optional: true })]
  ],
  { optional: true }
)
const keySchema = structOf([
  ['a', int32()],
  ['b', int32()]
])

/** `shop.keyed` has the primary key (a, b), `shop.keyless` none: its surrogate key is a, which may repeat. */
export const TABLES = ['shop.keyed', 'shop.keyless']

function recordTable(id: string): RecordTable {
  const isKeyed = id === 'shop.keyed'
  return {
    topic: id,
    id,
    codec: {
      keySchema: isKeyed ? keySchema : null,
      envelopeSchema: envelopeSchema('e', row, structOf([['s', string()]])),
      key: ({ values }) => (isKeyed ? new Struct(keySchema, values.slice(0, 2)) : null)
    }
  }
}

const RECORDS = new Map(TABLES.map((id) => [id, recordTable(id)]))

export const structOfRow = (values: Row | null) =>
  values === null ? null : new Struct(row, [...values])

/** A database in memory with a log of what changed, and statements that take their time. */
export class SimulatedDatabase implements ChunkSource, SignalWriter, LogPositions<number> {
  readonly log: Entry[] = []
  readonly rows = new Map<string, Row[]>(TABLES.map((id) => [id, []]))
  /** How much of the log the stream has passed on. */
  streamed = 0
  readonly #random: Random
  #waiting: (() => void)[] = []

  constructor(random: Random) {
    this.#random = random
  }

  /** Lets one statement go on. @returns whether one waited */
  step(): boolean {
    const at = this.#random.below(this.#waiting.length)
    const [go] = this.#waiting.splice(at, 1)
    go?.()
    return go !== undefined
  }

  /** Inserts rows into both tables. */
  load(count: number): void {
    for (let i = 0; i < count; i++) this.#insert(this.#random.pick(TABLES))
  }

  /** An insert, update or delete of a random row; seldom a TRUNCATE. */
  change(): void {
    const random = this.#random
    const table = random.pick(TABLES)
    const rows = this.rows.get(table) ?? []
    if (random.below(150) === 0) {
      this.rows.set(table, [])
      this.log.push({ kind: 'truncate', table })
      return
    }
    const at = rows.length === 0 ? -1 : random.below(rows.length)
    const before = rows[at]
    const what =
      before === undefined ? 'insert' : random.pick(['insert', 'update', 'move', 'delete'])
    if (what === 'insert' || before === undefined) {
      this.#insert(table)
    } else if (what === 'delete') {
      this.#replace(table, at, null)
    } else {
      const fresh = this.#freshRow(table)
      const after = what === 'update' ? [...before.slice(0, 2), random.below(50)] : fresh
      if (!this.#isTaken(table, after, at)) this.#replace(table, at, after)
    }
  }

  /** Changes the first row of `shop.keyless`, always the same. */
  touch(): void {
    const before = this.rows.get('shop.keyless')?.[0]
    if (before) this.#replace('shop.keyless', 0, [...before.slice(0, 2), (before[2] ?? 0) + 1])
  }

  async describe(id: string, surrogateKey: string | null): Promise<ChunkTable | null> {
    await this.#turn()
    const record = RECORDS.get(id)
    if (record === undefined) return null
    const isKeyed = id === 'shop.keyed'
    return {
      record,
      keyColumns: isKeyed ? ['a', 'b'] : surrogateKey === null ? [] : [surrogateKey],
      isUnique: isKeyed,
      identity: (struct) => struct.values.slice(0, isKeyed ? 2 : 1)
    }
  }

  async maximumKey(table: ChunkTable): Promise<ChunkKey | null> {
    await this.#turn()
    const found = this.#sorted(table).at(-1)?.key ?? null
    await this.#turn()
    return found
  }

  async chunk(table: ChunkTable, range: ChunkRange): Promise<readonly ChunkRow[]> {
    await this.#turn()
    const all = range.kind === 'equal' ? this.#all(table) : this.#sorted(table)
    const found =
      range.kind === 'equal'
        ? all.filter(({ key }) => key.join() === range.key.join())
        : all
            .filter(({ key }) => range.after === null || compare(key, range.after) > 0)
            .filter(({ key }) => compare(key, range.upTo) <= 0)
            .slice(0, range.limit)
    await this.#turn()
    return found
  }

  async insert({ id }: { readonly id: string }): Promise<void> {
    await this.#turn()
    this.log.push({ kind: 'signal', op: 'c', id })
    await this.#turn()
  }

  async delete(id: string): Promise<void> {
    await this.#turn()
    this.log.push({ kind: 'signal', op: 'd', id })
    await this.#turn()
  }

  async current(): Promise<number> {
    await this.#turn()
    const { length } = this.log
    await this.#turn()
    return length
  }

  hasReached(position: number): boolean {
    return this.streamed >= position
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #insert(table: string): void {
    const after = this.#freshRow(table)
    if (!this.#isTaken(table, after, -1)) this.#replace(table, null, after)
  }

  /** Whether another row has the primary key of one. */
  #isTaken(table: string, row: Row, at: number): boolean {
    if (table !== 'shop.keyed') return false
    const rows = this.rows.get(table) ?? []
    return rows.some((other, i) => i !== at && other[0] === row[0] && other[1] === row[1])
  }

  #freshRow(table: string): Row {
    const random = this.#random
    if (table === 'shop.keyed') return [random.below(6), random.below(12), random.below(50)]
    return [random.below(10) === 0 ? null : random.below(9), random.below(6), random.below(50)]
  }

  #replace(table: string, at: number | null, after: Row | null): void {
    const rows = [...(this.rows.get(table) ?? [])]
    const before = at === null ? null : (rows[at] ?? null)
    if (at === null && after !== null) rows.push(after)
    else if (at !== null && after === null) rows.splice(at, 1)
    else if (at !== null && after !== null) rows[at] = after
    this.rows.set(table, rows)
    this.log.push({ kind: 'row', table, before, after })
  }

  #all({ record, isUnique }: ChunkTable): ChunkRow[] {
    return (this.rows.get(record.id) ?? []).map((values) => ({
      key: values
        .slice(0, isUnique ? 2 : 1)
        .map((value) => (value === null ? null : String(value))),
      row: new Struct(row, [...values])
    }))
  }

  #sorted(table: ChunkTable): ChunkRow[] {
    return this.#all(table)
      .filter(({ key }) => !key.includes(null))
      .sort((left, right) => compare(left.key, right.key))
  }
}

function compare(left: ChunkKey, right: ChunkKey): number {
  for (const [i, value] of left.entries()) {
    const difference = Number(value) - Number(right[i])
    if (difference !== 0) return difference
  }
  return 0
}

/** Rows by the events of the log: what the tables looked like at a place in it. */
export class Replica {
  readonly #rows: Map<string, string[]>

  constructor(rows: Iterable<readonly [string, readonly string[]]> = TABLES.map((id) => [id, []])) {
    this.#rows = new Map([...rows].map(([id, texts]) => [id, [...texts]]))
  }

  apply(entry: Entry): void {
    if (entry.kind === 'signal') return
    if (entry.kind === 'truncate') {
      this.#rows.set(entry.table, [])
      return
    }
    const rows = this.#rows.get(entry.table) ?? []
    if (entry.before !== null) rows.splice(rows.indexOf(textOf(entry.before)), 1)
    if (entry.after !== null) rows.push(textOf(entry.after))
  }

  has(table: string, values: readonly unknown[]): boolean {
    return this.#rows.get(table)?.includes(textOf(values)) ?? false
  }

  of(table: string): readonly string[] {
    return this.#rows.get(table) ?? []
  }

  copy(): Replica {
    return new Replica(this.#rows)
  }
}

export function textOf(values: readonly unknown[]): string {
  return values.map(String).join()
}

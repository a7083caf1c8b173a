import { ConnectError } from '../../runtime/api/errors.ts'
import type { SourceBatch, SourceOffset, SourcePartition } from '../../runtime/api/record.ts'
import { covers, type LogPoint } from './log-point.ts'
import { shapeText, tableFromShape } from './schema/shape-text.ts'
import type { TableModel } from './schema/table-model.ts'
import type { TableName } from './table-filter.ts'
import type { Flavor } from './types/column-codec.ts'

/** The shape of a table, and since when it has it. */
export interface Shape {
  /** Null: it was dropped there. */
  readonly table: TableModel | null
  readonly since: LogPoint
}

/**
 * Keeps the shapes of tables with the offsets of the connector, each in a source partition of its own: so
 * they are durable together with the position up to which they are right, and nothing else has to be kept.
 */
export class ShapeStore {
  readonly #prefix: string
  readonly #flavor: Flavor
  readonly #committed: (partition: SourcePartition) => Promise<SourceOffset | null>
  /** As last written, by `database.table`; null for one that is not stored. */
  readonly #known = new Map<string, Shape | null>()
  #pending: SourceBatch[] = []

  /** @param options committed: `SourceTaskContext.committed` */
  constructor(options: {
    readonly prefix: string
    readonly flavor: Flavor
    readonly committed: (partition: SourcePartition) => Promise<SourceOffset | null>
  }) {
    this.#prefix = options.prefix
    this.#flavor = options.flavor
    this.#committed = options.committed
  }

  /** What is known of a table, if it was asked for before, or written. */
  known(table: TableName): Shape | null | undefined {
    return this.#known.get(idOf(table))
  }

  /** @returns null when no shape is stored */
  async load(table: TableName): Promise<Shape | null> {
    const known = this.known(table)
    if (known !== undefined) return known
    const stored = await this.#read(table)
    const dropped = stored && (await this.#read(allOf(table.database)))
    if (!dropped || !covers(dropped.since, stored.since, this.#flavor)) return stored
    this.#known.set(idOf(table), dropped)
    return dropped
  }

  async #read(table: TableName): Promise<Shape | null> {
    const known = this.known(table)
    if (known !== undefined) return known
    const id = idOf(table)
    const offset = await this.#committed(this.#partition(id))
    const shape = offset === null ? null : parseShape(id, offset)
    this.#known.set(id, shape)
    return shape
  }

  /** Says of all tables that a database had, also those that were not loaded, that they are dropped. */
  dropDatabase(database: string, since: LogPoint): void {
    this.write(allOf(database), { table: null, since })
  }

  write(table: TableName, shape: Shape): void {
    const id = idOf(table)
    this.#known.set(id, shape)
    this.#pending.push({
      sourcePartition: this.#partition(id),
      sourceOffset: {
        shape: shape.table === null ? null : shapeText(shape.table),
        file: shape.since.file,
        pos: shape.since.pos,
        gtids: shape.since.gtids
      },
      records: []
    })
  }

  /** What was written since the last call: to be returned by the same poll as what follows from it. */
  take(): SourceBatch[] {
    const pending = this.#pending
    if (pending.length > 0) this.#pending = []
    return pending
  }

  #partition(id: string): SourcePartition {
    return { server: this.#prefix, table: id }
  }
}

/** @throws {ConnectError} MYSQL_OFFSET, MYSQL_SHAPE */
export function parseShape(id: string, offset: SourceOffset): Shape {
  const { shape, file, pos, gtids } = offset
  const isRight =
    typeof file === 'string' &&
    typeof pos === 'number' &&
    (shape === null || typeof shape === 'string')
  if (!isRight) {
    throw new ConnectError(
      'MYSQL_OFFSET',
      `The stored shape of table ${id} has no shape or place`,
      {
        hint: 'Reset the offsets of the connector'
      }
    )
  }
  return {
    table: shape === null ? null : tableFromShape(shape),
    since: { file, pos, gtids: typeof gtids === 'string' ? gtids : null }
  }
}

/** Stands for all tables of a database: a table cannot have this name. */
function allOf(database: string): TableName {
  return { database, name: '' }
}

function idOf(table: TableName): string {
  return `${table.database}.${table.name}`
}

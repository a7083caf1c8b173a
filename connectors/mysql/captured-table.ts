import type { Struct } from '../../runtime/api/schema.ts'
import type { Logger } from '../../runtime/api/task.ts'
import { type RecordTable, sameStruct } from '../relational/change-records.ts'
import { NameFilter } from '../relational/name-filter.ts'
import type { RowGaps } from '../relational/row-gaps.ts'
import { TableWarnings } from '../relational/table-warnings.ts'
import { messageKey, nameAdjusters, topicName } from '../relational/topic-naming.ts'
import type { TableMap } from './binlog/binlog-event.ts'
import { ColumnChanger } from './column-changes.ts'
import type { TableModel } from './schema/table-model.ts'
import { sourceSchema } from './source-block.ts'
import type { SourceConfig } from './source-config.ts'
import type { Flavor, ValueOptions } from './types/column-codec.ts'
import type { RowImages } from './types/image-gaps.ts'
import type { RowReader } from './types/row-reader.ts'
import { compileTable, type TableCodec } from './types/table-codec.ts'

/** One version of a table whose rows become records. */
export interface CapturedTable extends RecordTable {
  readonly database: string
  readonly name: string
  readonly codec: TableCodec
  /** Whether two rows have different record keys. */
  keyDiffers(before: Struct, after: Struct): boolean
}

/** How rows of a table are read as one table map describes them. */
export interface ReadRows {
  readonly table: CapturedTable
  readonly reader: RowReader
  /** False for the signal table where only its rows are wanted, and no records. */
  readonly isCaptured: boolean
  /**
   * What row images leave out, with a warning for the first of a table; null when they have all that matters.
   * @throws {ConnectError} MYSQL_ROW_IMAGE when the record keys cannot be known
   */
  gaps(images: RowImages): RowGaps | null
}

/** Compiles tables for the connector's configuration. */
export class TableCompiler {
  readonly #flavor: Flavor
  readonly #config: SourceConfig
  readonly #warnings: TableWarnings
  readonly #columns: NameFilter
  readonly #changer: ColumnChanger
  readonly #compiled = new WeakMap<TableModel, CapturedTable>()

  constructor(options: {
    readonly flavor: Flavor
    readonly config: SourceConfig
    readonly logger: Logger
  }) {
    this.#flavor = options.flavor
    this.#config = options.config
    const warnings = new TableWarnings(options.logger.warn.bind(options.logger))
    this.#warnings = warnings
    this.#changer = new ColumnChanger(options.config, (column) => {
      const message = `Column ${column} is not masked: masks and hashes are for text only`
      warnings.once(`mask of ${column}`, message, { column })
    })
    this.#columns = new NameFilter(
      options.config['column.include.list'],
      options.config['column.exclude.list']
    )
  }

  /** How rows are read as one table map describes them. */
  rowsOf(model: TableModel, map: TableMap, isCaptured: boolean): ReadRows {
    const table = this.compile(model)
    const reader = table.codec.rowReader(map)
    const gaps = (images: RowImages) => {
      const found = reader.gaps(images)
      if (found !== null && isCaptured) this.#warnOfGaps(table.id, found)
      return found
    }
    return { table, reader, isCaptured, gaps }
  }

  compile(model: TableModel): CapturedTable {
    let table = this.#compiled.get(model)
    if (table === undefined) {
      table = this.#compile(model)
      this.#compiled.set(model, table)
    }
    return table
  }

  #compile(model: TableModel): CapturedTable {
    const { database, name } = model
    const id = `${database}.${name}`
    const topic = topicName(this.#config, database, name)
    const codec = compileTable(model, {
      values: valueOptions(this.#config, this.#flavor),
      source: sourceSchema(this.#flavor),
      topic,
      keyColumns: messageKey(this.#config['message.key.columns'], id),
      includes: (column) => this.#columns.isEmpty || this.#columns.includes(`${id}.${column}`),
      comments: true,
      changes: (column, own) => this.#changer.changesOf(id, column, own),
      ...nameAdjusters(this.#config),
      ...this.#warnings.unconvertible(this.#config['event.converting.failure.handling.mode'])
    })
    this.#warnings.leftOut(id, codec.unsupported, '')
    return {
      database,
      name,
      id,
      topic,
      codec,
      keyDiffers: (before, after) => {
        const [old, now] = [codec.key(before), codec.key(after)]
        return old !== null && now !== null && !sameStruct(old, now)
      }
    }
  }

  /** Once for each table, and once more for columns whose new values nobody is told. */
  #warnOfGaps(id: string, { unknown }: RowGaps): void {
    this.#warnings.once(
      `gaps of ${id}`,
      `The binary log leaves out columns of rows of ${id} (binlog_row_image is not FULL): events have placeholders, nulls and zeros there. Headers __millrace.* name those columns; whoever reads the topic without looking at them takes them for values`,
      { table: id }
    )
    if (unknown.length === 0) return
    this.#warnings.once(
      `unknown of ${id}`,
      `The binary log does not have the new values of ${unknown.join(', ')} of ${id}: sinks leave such columns as they are. Set binlog_row_image=FULL, or leave them out with column.exclude.list`,
      { table: id, columns: unknown }
    )
  }
}

function valueOptions(config: SourceConfig, flavor: Flavor): ValueOptions {
  const time = config['time.precision.mode']
  return {
    decimal: config['decimal.handling.mode'],
    // The key refuses it.
    time: time === 'adaptive' ? 'adaptive_time_microseconds' : time,
    binary: config['binary.handling.mode'],
    bigintUnsigned: config['bigint.unsigned.handling.mode'],
    timeAdjuster: config['enable.time.adjuster'],
    placeholder: config['unavailable.value.placeholder'],
    flavor
  }
}

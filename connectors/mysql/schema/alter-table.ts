import { bytesPerCharacter } from './charsets.ts'
import { asBinary, type ColumnSettings, columnFrom } from './column-model.ts'
import type { AlterSpec, ColumnDefinition, Position } from './ddl-statement.ts'
import { serverType } from './server-type.ts'
import { addIndexes, columnNamed, sameName, tableOf, UnknownObject } from './table-from-ddl.ts'
import type { ColumnModel, IndexModel, TableModel } from './table-model.ts'

/**
 * The table after an ALTER TABLE, in the order in which a server works: columns that stay are changed
 * where they are, all by their old names; then those that are added or moved are put in; then the keys.
 *
 * @param settings with the character set of the database
 * @throws {UnknownObject} the statement names a column that the table does not have
 */
export function alterTable(
  table: TableModel,
  specs: readonly AlterSpec[],
  settings: ColumnSettings
): TableModel {
  const change = new Change(table, specs, settings)
  const columns = change.columns()
  const kept = change.indexes()
  const added = specs.flatMap((spec) => (spec.kind === 'add_index' ? [spec.index] : []))
  const keys = addIndexes({ columns, ...kept }, added)
  return tableOf({ ...table, columns, ...change.options(), ...pick(keys) })
}

function pick(keys: { primaryKey: readonly string[]; indexes: readonly IndexModel[] }) {
  return { primaryKey: keys.primaryKey, indexes: keys.indexes }
}

class Change {
  readonly #table: TableModel
  readonly #specs: readonly AlterSpec[]
  readonly #settings: ColumnSettings
  readonly #charset: string | null
  /** New names of the columns that stay, by old name; null for those that go. */
  readonly #names = new Map<string, string | null>()

  constructor(table: TableModel, specs: readonly AlterSpec[], settings: ColumnSettings) {
    this.#table = table
    this.#specs = specs
    this.#settings = settings
    this.#charset = this.#newCharset()
  }

  options(): { charset: string | null; comment: string | null } {
    let comment = this.#table.comment
    for (const spec of this.#specs) {
      if (spec.kind === 'options' && spec.options.comment !== null) {
        comment = spec.options.comment || null
      }
    }
    return { charset: this.#charset, comment }
  }

  /** What the options say, wherever they stand; CONVERT otherwise. */
  #newCharset(): string | null {
    let charset: string | null = null
    for (const spec of this.#specs) {
      if (spec.kind === 'options') charset = spec.options.charset ?? charset
    }
    return charset ?? this.#converted() ?? this.#table.charset
  }

  /** The character set of a CONVERT; null when there is none. */
  #converted(): string | null {
    const spec = this.#specs.findLast((each) => each.kind === 'convert_charset')
    return spec ? (spec.charset ?? this.#settings.charset) : null
  }

  columns(): ColumnModel[] {
    this.#checkNames()
    const columns: ColumnModel[] = []
    for (const column of this.#table.columns) {
      const spec = this.#specFor(column.name)
      const changed = spec ? this.#changed(column, spec) : this.#kept(column)
      this.#names.set(column.name, changed?.name ?? null)
      if (changed) columns.push(changed)
    }
    for (const spec of this.#specs) this.#place(spec, columns)
    return columns
  }

  /** What the statement says about a column by its old name: it goes, or has another definition. */
  #specFor(name: string): DefiningSpec | undefined {
    return this.#specs.find(
      (spec): spec is DefiningSpec =>
        (spec.kind === 'drop_column' ||
          spec.kind === 'change_column' ||
          spec.kind === 'modify_column') &&
        sameName(spec.name, name)
    )
  }

  /** The column with its new definition; null when it goes. */
  #changed(column: ColumnModel, spec: DefiningSpec): ColumnModel | null {
    if (spec.kind === 'drop_column') return null
    const changed = this.#defined(spec.column)
    // Debezium keeps the comment over a CHANGE, where the server forgets it.
    const keepsComment = spec.kind === 'change_column' && spec.column.comment === null
    return keepsComment ? { ...changed, comment: column.comment } : changed
  }

  #defined(definition: ColumnDefinition): ColumnModel {
    const column = columnFrom(definition, { ...this.#settings, charset: this.#charset })
    // CONVERT is about every column, also about one that names another character set.
    const charset = this.#converted()
    return charset === null ? column : this.#withCharset(column, charset)
  }

  #withCharset(column: ColumnModel, charset: string | null): ColumnModel {
    if (charset === null) return column
    // A word for LONGTEXT in utf8mb4, which it no longer is.
    const isText = column.typeName === 'JSON' && this.#settings.flavor === 'mariadb'
    if (!isText && (column.charset === null || column.charset === 'binary')) return column
    const text = isText ? { ...column, typeName: 'LONGTEXT' } : column
    return charset === 'binary' ? asBinary(text) : { ...text, charset }
  }

  /** A column without a new definition: renamed, with another default or character set. */
  #kept(column: ColumnModel): ColumnModel {
    let kept = column
    for (const spec of this.#specs) {
      if (spec.kind === 'convert_charset') {
        const charset = this.#converted()
        kept = this.#withCharset(grown(kept, charset, this.#settings.flavor), charset)
      } else if (spec.kind === 'rename_column' && sameName(spec.from, column.name)) {
        kept = { ...kept, name: spec.to }
      } else if (spec.kind === 'set_invisible' && sameName(spec.name, column.name)) {
        kept = { ...kept, invisible: spec.invisible }
      } else if (spec.kind === 'set_default' && sameName(spec.name, column.name)) {
        kept = {
          ...kept,
          hasDefault: spec.default !== null,
          defaultExpression: spec.default?.expression ?? null,
          defaultIsLiteral: spec.default?.isLiteral ?? false
        }
      }
    }
    return kept
  }

  /** Puts a column that is added or moved into its place. */
  #place(spec: AlterSpec, columns: ColumnModel[]): void {
    if (spec.kind === 'add_column') {
      // IF NOT EXISTS looks at the table before the statement, too.
      const others = spec.ifNotExists ? [...this.#table.columns, ...columns] : columns
      const isThere = others.some((column) => sameName(column.name, spec.column.name))
      if (!isThere) insert(columns, this.#defined(spec.column), spec.position)
      else if (!spec.ifNotExists) {
        throw new UnknownObject(`column '${spec.column.name}' is there already`)
      }
    } else if (spec.kind === 'change_column' || spec.kind === 'modify_column') {
      const at = columns.findIndex((column) => sameName(column.name, spec.column.name))
      if (at < 0 || spec.position === null) return
      for (const column of columns.splice(at, 1)) insert(columns, column, spec.position)
    }
  }

  /** @throws {UnknownObject} for a column that has to be there and is not */
  #checkNames(): void {
    for (const spec of this.#specs) {
      if (!('ifExists' in spec) || spec.ifExists) continue
      columnNamed(this.#table.columns, spec.kind === 'rename_column' ? spec.from : spec.name)
    }
  }

  /** The indexes that stay, with columns renamed and dropped. */
  indexes(): { primaryKey: readonly string[]; indexes: readonly IndexModel[] } {
    const dropped = this.#specs.flatMap((spec) => (spec.kind === 'drop_index' ? [spec.name] : []))
    const isDropped = (name: string) => dropped.some((each) => sameName(each, name))
    const dropsKey =
      isDropped('PRIMARY') || this.#specs.some((spec) => spec.kind === 'drop_primary_key')
    const indexes = this.#table.indexes
      .filter((index) => !isDropped(index.name))
      .map((index) => ({ ...index, name: this.#renamed(index.name), columns: this.#left(index) }))
      .filter((index) => index.columns.length > 0)
    const primaryKey = this.#table.primaryKey.flatMap((name) => this.#names.get(name) ?? [])
    return { primaryKey: dropsKey ? [] : primaryKey, indexes }
  }

  #left(index: IndexModel): IndexModel['columns'] {
    return index.columns.flatMap((column) => {
      if (column === null) return [null]
      return this.#names.get(column) ?? []
    })
  }

  #renamed(name: string): string {
    for (const spec of this.#specs) {
      if (spec.kind === 'rename_index' && sameName(spec.from, name)) return spec.to
    }
    return name
  }
}

type DefiningSpec = Extract<AlterSpec, { kind: 'drop_column' | 'change_column' | 'modify_column' }>

function insert(columns: ColumnModel[], column: ColumnModel, position: Position): void {
  if (position === null) columns.push(column)
  else if (position === 'first') columns.unshift(column)
  else columns.splice(columns.indexOf(columnNamed(columns, position.after)) + 1, 0, column)
}

/** Text types by the bytes that they hold, smallest first. */
const TEXT_SIZES = ['TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'] as const

/**
 * A TEXT becomes a larger one where its characters take more bytes:
 * https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, "Changing the Character Set".
 */
function grown(
  column: ColumnModel,
  charset: string | null,
  flavor: ColumnSettings['flavor']
): ColumnModel {
  if (charset === null || column.charset === null) return column
  const name = serverType(column, flavor).name.toUpperCase()
  const size = TEXT_SIZES.indexOf(name as (typeof TEXT_SIZES)[number])
  const grows = bytesPerCharacter(charset) > bytesPerCharacter(column.charset)
  const typeName = size >= 0 && grows ? TEXT_SIZES[size + 1] : undefined
  return typeName === undefined ? column : { ...column, typeName, length: null }
}

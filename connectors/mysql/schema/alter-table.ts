import { bytesPerCharacter } from './charsets.ts'
import { asBinary, type ColumnSettings, columnFrom, isTextType } from './column-model.ts'
import type { AlterSpec, ColumnDefinition, IndexDefinition, Position } from './ddl-statement.ts'
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
  const keys = addIndexes({ columns, ...kept }, change.withoutSkipped(added))
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
  /** Columns whose ADD did nothing, with the indexes that came with them. */
  readonly #skipped = new Set<string>()

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

  #newCharset(): string | null {
    let charset = this.#table.charset
    for (const spec of this.#specs) {
      if (spec.kind === 'convert_charset') charset = spec.charset ?? this.#settings.charset
      if (spec.kind === 'options') charset = spec.options.charset ?? charset
    }
    return charset
  }

  columns(): ColumnModel[] {
    this.#checkNames()
    const columns: ColumnModel[] = []
    for (const column of this.#table.columns) {
      const spec = this.#specFor(column.name)
      const changed = spec ? this.#changed(column, spec) : this.#kept(column)
      this.#names.set(column.name, changed?.name ?? null)
      const position = spec && 'position' in spec ? spec.position : null
      if (changed && position === null) columns.push(changed)
    }
    for (const spec of this.#specs) {
      const column = this.#placed(spec, columns)
      if (column && 'position' in spec) insert(columns, column, spec.position)
    }
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
    return columnFrom(definition, { ...this.#settings, charset: this.#charset })
  }

  /** A column without a new definition: renamed, with another default or character set. */
  #kept(column: ColumnModel): ColumnModel {
    let kept = column
    for (const spec of this.#specs) {
      if (spec.kind === 'convert_charset') kept = converted(kept, this.#charset)
      else if (spec.kind === 'rename_column' && sameName(spec.from, column.name)) {
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

  /** The column that a spec puts somewhere; null when it puts none. */
  #placed(spec: AlterSpec, columns: readonly ColumnModel[]): ColumnModel | null {
    if (spec.kind === 'add_column') {
      const isThere = columns.some((column) => sameName(column.name, spec.column.name))
      if (!isThere) return this.#defined(spec.column)
      if (!spec.ifNotExists)
        throw new UnknownObject(`column '${spec.column.name}' is there already`)
      this.#skipped.add(spec.column.name)
      return null
    }
    const isMove = spec.kind === 'change_column' || spec.kind === 'modify_column'
    if (!isMove || spec.position === null) return null
    const old = this.#table.columns.find((column) => sameName(column.name, spec.name))
    return old ? this.#changed(old, spec) : null
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
      .map((index) => ({ ...index, name: this.#renamed(index.name), parts: this.#parts(index) }))
      .filter((index) => index.parts.length > 0)
    const primaryKey = this.#table.primaryKey.flatMap((name) => this.#names.get(name) ?? [])
    return { primaryKey: dropsKey ? [] : primaryKey, indexes }
  }

  #parts(index: IndexModel): IndexModel['parts'] {
    return index.parts.flatMap((part) => {
      if (part.column === null) return [part]
      const column = this.#names.get(part.column) ?? null
      return column === null ? [] : [{ ...part, column }]
    })
  }

  #renamed(name: string): string {
    for (const spec of this.#specs) {
      if (spec.kind === 'rename_index' && sameName(spec.from, name)) return spec.to
    }
    return name
  }

  /** An ADD COLUMN IF NOT EXISTS that does nothing adds no index either. */
  withoutSkipped(added: readonly IndexDefinition[]): IndexDefinition[] {
    return added.filter(
      (index) => !(index.name === null && this.#skipped.has(index.parts[0]?.column ?? ''))
    )
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
 * A column after CONVERT TO CHARACTER SET. A TEXT becomes a larger one where its characters take more
 * bytes: https://dev.mysql.com/doc/refman/8.4/en/alter-table.html, "Changing the Character Set".
 */
function converted(column: ColumnModel, charset: string | null): ColumnModel {
  if (!isTextType(column.typeName) || charset === null) return column
  if (charset === 'binary') return asBinary(column)
  const size = TEXT_SIZES.indexOf(column.typeName as (typeof TEXT_SIZES)[number])
  const grows = bytesPerCharacter(charset) > bytesPerCharacter(column.charset ?? charset)
  const typeName = (size >= 0 && grows && TEXT_SIZES[size + 1]) || column.typeName
  return { ...column, charset, typeName }
}

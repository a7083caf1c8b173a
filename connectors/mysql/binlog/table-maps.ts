import type { TableMap } from './binlog-event.ts'
import type { ByteReader } from './byte-reader.ts'
import { type CharacterColumns, readTableMap } from './table-map.ts'

/** Table ids whose descriptions are kept in case the next statement has the same ones. */
const MAX_IDS = 4096

interface Described {
  /** The body of the event behind the id. */
  readonly body: Buffer
  readonly table: TableMap
}

/**
 * The tables of the statement under way, by the ids that the server gives them. An id says nothing for long:
 * every statement describes its tables again, and after FLUSH TABLES or a restart under other ids. Equal
 * descriptions are the same object.
 */
export class TableMaps {
  readonly #byId = new Map<number, Described>()
  readonly #byBody = new Map<string, TableMap>()

  /** Reads the body of a TABLE_MAP event behind id and flags. */
  describe(id: number, reader: ByteReader, characterColumns: CharacterColumns): TableMap {
    const start = reader.position
    const known = this.#byId.get(id)
    if (known !== undefined && isEqual(known.body, reader.buffer, start, reader.end)) {
      return known.table
    }
    const body = reader.buffer.toString('latin1', start, reader.end)
    const table = this.#byBody.get(body) ?? readTableMap(reader, characterColumns)
    this.#byBody.set(body, table)
    this.#byId.set(id, { body: Buffer.from(body, 'latin1'), table })
    return table
  }

  get(id: number): TableMap | undefined {
    return this.#byId.get(id)?.table
  }

  /** The statement is complete: its ids are not needed any more. */
  endStatement(): void {
    if (this.#byId.size > MAX_IDS) this.#byId.clear()
  }
}

function isEqual(known: Buffer, buffer: Buffer, start: number, end: number): boolean {
  return known.length === end - start && known.compare(buffer, start, end) === 0
}

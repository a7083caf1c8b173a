import { string } from '../../../runtime/api/schema.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import { ColumnType } from '../binlog/table-map.ts'
import type { ColumnModel } from '../schema/table-model.ts'
import { type TextReader, textReader } from './charset.ts'
import type { BinlogReader, ColumnCodec, MakeCodec, ValueOptions } from './column-codec.ts'
import { parseDefault } from './default-value.ts'
import { littleEndian, uint16, uint32 } from './row-bytes.ts'
import { TableMismatch, wrongType } from './table-mismatch.ts'

/** ENUM. What was no member of it when it was written, is empty text. */
export const enumCodec: MakeCodec = (column, options) => ({
  ...memberCodec(column, options, 'Enum'),
  reader(found) {
    const members = ['', ...membersOf(column, found, ColumnType.ENUM)]
    const { name } = column
    return found.meta === 1 ? singleByteEnum(name, members) : enumReader(name, members, found.meta)
  },
  defaultOf(of) {
    const given = parseDefault(of)
    return given.kind === 'text' ? memberLike(column.values, given.text) : undefined
  }
})

function singleByteEnum(name: string, members: readonly string[]): BinlogReader {
  return (cursor) => members[cursor.buffer[cursor.position++] as number] ?? unknownMember(name)
}

function enumReader(name: string, members: readonly string[], size: number): BinlogReader {
  return (cursor) => {
    const index = uint16(cursor.buffer, cursor.position)
    cursor.position += size
    return members[index] ?? unknownMember(name)
  }
}

function unknownMember(name: string): never {
  throw new TableMismatch(`column ${name} has a member that is not known`)
}

/** SET: its members in the order of their declaration. */
export const setCodec: MakeCodec = (column, options) => ({
  ...memberCodec(column, options, 'EnumSet'),
  reader(found) {
    return setReader(column.name, membersOf(column, found, ColumnType.SET), found.meta)
  },
  defaultOf(of) {
    const given = parseDefault(of)
    if (given.kind !== 'text') return undefined
    const chosen = given.text.split(',').map((text) => memberLike(column.values, text))
    return column.values.filter((member) => chosen.includes(member)).join(',')
  }
})

function setReader(name: string, members: readonly string[], size: number): BinlogReader {
  const chosen = (first: number, bits: number) => chosenOf(name, members, { first, bits })
  // Tables have few combinations, and put them into many rows.
  const texts = new Map<number, string>()
  if (size > 4) {
    return (cursor) => {
      const low = uint32(cursor.buffer, cursor.position)
      const high = littleEndian(cursor.buffer, cursor.position + 4, size - 4)
      cursor.position += size
      return [...chosen(0, low), ...chosen(32, high)].join(',')
    }
  }
  return (cursor) => {
    const bits = littleEndian(cursor.buffer, cursor.position, size)
    cursor.position += size
    const known = texts.get(bits)
    if (known !== undefined) return known
    const text = chosen(0, bits).join(',')
    if (texts.size < MAX_TEXTS) texts.set(bits, text)
    return text
  }
}

/** Combinations of a SET whose text is kept. */
const MAX_TEXTS = 1024

/** Members from one on, for each bit that is set. */
function chosenOf(
  name: string,
  members: readonly string[],
  { first, bits }: { readonly first: number; readonly bits: number }
): string[] {
  const found: string[] = []
  for (let rest = bits, i = first; rest !== 0; rest >>>= 1, i++) {
    if ((rest & 1) !== 0) found.push(members[i] ?? unknownMember(name))
  }
  return found
}

function memberCodec(
  column: ColumnModel,
  { placeholder }: ValueOptions,
  kind: 'Enum' | 'EnumSet'
): Pick<ColumnCodec, 'schema' | 'readText' | 'zero' | 'unavailable'> {
  const read = memberReader(column)
  // Debezium escapes commas in the list, so that it can be split.
  const allowed = column.values.map((member) => member.replaceAll(',', '\\,')).join(',')
  return {
    schema: string({ name: `io.debezium.data.${kind}`, version: 1, parameters: { allowed } }),
    readText: (bytes) => read(bytes, 0, bytes.length),
    zero: '',
    unavailable: placeholder
  }
}

/** The member that the server takes a text for: upper and lower case are the same, mostly. */
function memberLike(members: readonly string[], text: string): string {
  const lower = text.toLowerCase()
  return (
    members.find((member) => member === text) ??
    members.find((member) => member.toLowerCase() === lower) ??
    text
  )
}

function memberReader({ charset }: ColumnModel): TextReader {
  return textReader(charset === null || charset === 'binary' ? 'utf8mb4' : charset)
}

/** The members as the log has them, or else as the table has them. */
function membersOf(column: ColumnModel, found: BinlogColumn, type: number): readonly string[] {
  if (found.type !== type) throw wrongType(column, found)
  if (found.values === null) return column.values
  if (found.values.length !== column.values.length) {
    throw new TableMismatch(
      `column ${column.name} has ${column.values.length} members, and ${found.values.length} there`
    )
  }
  const read = memberReader(column)
  return found.values.map((member) => read(member, 0, member.length))
}

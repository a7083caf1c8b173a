import type { Random } from '../random.ts'
import { asBytes, type ColumnType, hexBytes, quotedText, textLiteral } from './column-type.ts'

/** Character sets, the most bytes of a character, and characters that only some of them have. */
const CHARSETS = [
  ['utf8mb4', 4, 'aZ é ß € 漢 😀 \u0000'],
  ['utf8mb3', 3, 'aZ é ß € 漢 ﬁ'],
  ['latin1', 1, 'aZ é ß € ÿ ‰'],
  ['latin2', 1, 'aZ ą Ł ž ő'],
  ['cp1251', 1, 'aZ П р и є №'],
  ['koi8r', 1, 'aZ Д ж ░'],
  ['greek', 1, 'aZ α Ω ώ'],
  ['sjis', 2, 'aZ ｶ か 漢 表'],
  ['gbk', 2, 'aZ 汉 字 誠'],
  ['big5', 2, 'aZ 漢 功 字'],
  ['euckr', 2, 'aZ 한 글'],
  ['ucs2', 2, 'aZ é 漢 Ω'],
  ['utf16', 4, 'aZ é 漢 😀'],
  ['utf16le', 4, 'aZ é 漢 😀'],
  ['utf32', 4, 'aZ é 漢 😀'],
  ['ascii', 1, 'aZ ~ \u007f']
] as const

const PUNCTUATION = ["'", '"', '\\', ',', '\n', '\t', ' ', '%', '{', '`']

type Charset = readonly [name: string, bytes: number, characters: string]

const ASCII: Charset = ['ascii', 1, 'aZ 5 ~']

function text(random: Random, [, , own]: Charset, length: number): string {
  const characters = [...own.replaceAll(' ', ''), ...PUNCTUATION]
  return Array.from({ length }, () => random.pick(characters)).join('')
}

const lengths = (random: Random, most: number) =>
  random.pick([0, 1, most, random.below(most + 1), random.below(Math.min(most, 12) + 1)])

/** CHAR or VARCHAR; a short one may be part of a key. */
export function varcharType(random: Random): ColumnType {
  const charset = random.pick(CHARSETS)
  const length = random.pick([1, 10, 60, 300])
  const isChar = length <= 60 && random.below(3) === 0
  const compressed = !isChar && random.below(6) === 0 ? ' compressed' : ''
  return {
    sql: `${isChar ? 'char' : 'varchar'}(${length})${compressed} character set ${charset[0]}`,
    keyPart: length <= 60 && compressed === '' ? '' : null,
    literal: (random) => textLiteral(text(random, charset, lengths(random, length))),
    fallback: (random) => quotedText(text(random, charset, lengths(random, length))),
    bits: asBytes
  }
}

export function longTextType(random: Random): ColumnType {
  const charset = random.pick(CHARSETS)
  const [name, most] = random.pick([
    ['tinytext', Math.floor(255 / charset[1])],
    ['text', 2000],
    ['mediumtext', 5000],
    ['longtext', 8000]
  ] as const)
  return {
    sql: `${name} character set ${charset[0]}`,
    keyPart: null,
    literal: (random) => textLiteral(text(random, charset, lengths(random, most))),
    // The server keeps it in the character set of the table.
    fallback: (random) => quotedText(text(random, ASCII, random.below(20))),
    bits: asBytes
  }
}

export function binaryType(random: Random): ColumnType {
  const length = random.pick([1, 4, 16, 60, 255])
  const [name, keyPart] = random.pick([
    [`binary(${length})`, length <= 60 ? '' : null],
    [`varbinary(${length})`, length <= 60 ? '' : null],
    ['tinyblob', null],
    ['blob', '(40)'],
    ['mediumblob', null],
    ['longblob', null]
  ] as const)
  const most = name.includes('binary') ? length : 255
  return {
    sql: name,
    keyPart,
    literal: (random) => {
      const bytes = random.pick(['00'.repeat(3), '20', null, null, null])
      const value = bytes ?? hexBytes(random, lengths(random, most))
      return `x'${value.slice(0, 2 * most)}'`
    },
    bits: asBytes
  }
}

const MEMBERS = ['a', 'B', 'with space', 'com;ma', "quo'te", 'back\\slash', 'ünï', '漢字', 'x']

/** A SET cannot have a comma in a member, an ENUM can. */
export function memberType(random: Random): ColumnType {
  const isSet = random.below(2) === 0
  const many = random.below(4) === 0
  const numbered = Array.from({ length: isSet ? 55 : 300 }, (_, i) => `member ${i}`)
  const members = [...MEMBERS, ...(isSet ? [] : ['a,b', '']), ...(many ? numbered : [])]
  const list = members.map(quotedText)
  const value = (random: Random) =>
    isSet ? members.filter(() => random.below(4) === 0).join(',') : random.pick(members)
  return {
    sql: `${isSet ? 'set' : 'enum'}(${list.join(',')}) character set utf8mb4`,
    keyPart: isSet ? null : '',
    literal: (random) => textLiteral(value(random)),
    fallback: (random) => quotedText(value(random)),
    bits: asBytes
  }
}

export function jsonType(): ColumnType {
  return {
    sql: 'json',
    keyPart: null,
    literal: (random) =>
      textLiteral(
        random.pick([
          '{}',
          'null',
          ' [1, 2.50,  "a"] ',
          '{"big":12345678901234567890.000, "b": [true, null], "b": 1}',
          JSON.stringify({ ü: random.below(1000), nested: [{ q: '"\\' }, '😀'] })
        ])
      ),
    fallback: (random) => quotedText(random.pick(['{}', '[1, 2.50]', '{"a": "it\'s"}'])),
    bits: asBytes
  }
}

/**
 * Character sets by name, with the most bytes that a character takes:
 * https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html
 */
const BYTES_PER_CHARACTER: Readonly<Record<string, number>> = {
  armscii8: 1,
  ascii: 1,
  big5: 2,
  binary: 1,
  cp1250: 1,
  cp1251: 1,
  cp1256: 1,
  cp1257: 1,
  cp850: 1,
  cp852: 1,
  cp866: 1,
  cp932: 2,
  dec8: 1,
  eucjpms: 3,
  euckr: 2,
  gb18030: 4,
  gb2312: 2,
  gbk: 2,
  geostd8: 1,
  greek: 1,
  hebrew: 1,
  hp8: 1,
  keybcs2: 1,
  koi8r: 1,
  koi8u: 1,
  latin1: 1,
  latin2: 1,
  latin5: 1,
  latin7: 1,
  macce: 1,
  macroman: 1,
  sjis: 2,
  swe7: 1,
  tis620: 1,
  ucs2: 2,
  ujis: 3,
  utf16: 4,
  utf16le: 4,
  utf32: 4,
  utf8: 3,
  utf8mb3: 3,
  utf8mb4: 4
}

/** The most bytes that one character of the set takes; 4 for a set that is not known. */
export function bytesPerCharacter(charset: string): number {
  return BYTES_PER_CHARACTER[charset] ?? 4
}

/**
 * The character set that a collation belongs to, which its name begins with.
 * @returns null for a name that does not tell, as `uca1400_ai_ci` (MariaDB): any set's
 */
export function charsetOfCollation(collation: string): string | null {
  const name = collation.toLowerCase()
  const charset = name.split('_', 1)[0] ?? ''
  return charset in BYTES_PER_CHARACTER ? charset : null
}

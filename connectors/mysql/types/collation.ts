/**
 * Ids of collations by character set, single ones and ranges. MySQL:
 * https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html (information_schema.COLLATIONS);
 * MariaDB: https://mariadb.com/kb/en/supported-character-sets-and-collations/. What MariaDB has without
 * padding (`_nopad_`) is 1024 further on; 2048 and more are its uca1400 collations.
 */
const IDS: Readonly<Record<string, readonly (number | readonly [first: number, last: number])[]>> =
  {
    big5: [1, 84],
    latin2: [2, 9, 21, 27, 77],
    dec8: [3, 69],
    cp850: [4, 80],
    latin1: [5, 8, 15, 31, [47, 49], 94],
    hp8: [6, 72],
    koi8r: [7, 74],
    swe7: [10, 82],
    ascii: [11, 65],
    ujis: [12, 91],
    sjis: [13, 88],
    cp1251: [14, 23, [50, 52]],
    hebrew: [16, 71],
    tis620: [18, 89],
    euckr: [19, 85],
    latin7: [20, 41, 42, 79],
    koi8u: [22, 75],
    gb2312: [24, 86],
    greek: [25, 70],
    cp1250: [26, 34, 44, 66, 99],
    gbk: [28, 87],
    cp1257: [29, 58, 59],
    latin5: [30, 78],
    armscii8: [32, 64],
    cp866: [36, 68],
    keybcs2: [37, 73],
    macce: [38, 43],
    macroman: [39, 53],
    cp852: [40, 81],
    utf16le: [56, 62],
    cp1256: [57, 67],
    binary: [63],
    geostd8: [92, 93],
    cp932: [95, 96],
    eucjpms: [97, 98],
    gb18030: [[248, 250]],
    utf8mb3: [33, 76, 83, [192, 223], [576, 578], [2048, 2303]],
    utf8mb4: [45, 46, [224, 247], [255, 323], [608, 610], [2304, 2559]],
    ucs2: [35, 90, [128, 159], [640, 642], [2560, 2815]],
    utf16: [54, 55, [101, 124], [672, 674], [2816, 3071]],
    utf32: [60, 61, [160, 183], [736, 738], [3072, 3327]]
  }

const CHARSETS = new Map(
  Object.entries(IDS).flatMap(([charset, ids]) =>
    ids.flatMap((entry) => {
      const [first, last] = typeof entry === 'number' ? [entry, entry] : entry
      return Array.from({ length: last - first + 1 }, (_, i) => [first + i, charset] as const)
    })
  )
)

const NO_PADDING = 1024

/** The character set that a collation is of; null for one that is not known. */
export function charsetOfCollation(id: number): string | null {
  const known = CHARSETS.get(id)
  if (known !== undefined) return known
  return id > NO_PADDING && id < 2 * NO_PADDING ? (CHARSETS.get(id - NO_PADDING) ?? null) : null
}

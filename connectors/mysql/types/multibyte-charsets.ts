/**
 * Character sets of several bytes: Node's decoders, and what the server does otherwise. Found by comparing
 * every code with a server's own conversion; test/connectors/mysql-charsets.test.ts does it again.
 */

/** A run of codes that follow one another in the second or third byte, and their characters. */
type Run = readonly [start: number, characters: string]

interface MultibyteCharset {
  readonly decoder: string
  /** Bytes of a character, by its first. */
  readonly lengthOf: (lead: number) => number
  /** Codes that the decoder reads otherwise. */
  readonly runs: readonly Run[]
  /** Characters that show that the decoder may have been wrong. */
  readonly suspects: RegExp
  /** A byte from which on that is so, too. */
  readonly suspectFrom?: number
}

const twoBytes = (lead: number): number => (lead < 0x80 ? 1 : 2)
const shiftJis = (lead: number): number => (lead < 0x80 || (lead > 0x9f && lead < 0xe0) ? 1 : 2)
const eucJp = (lead: number): number => (lead < 0x80 ? 1 : lead === 0x8f ? 3 : 2)

const SAME_IN_NODE: Readonly<Record<string, string>> = {
  gb18030: 'gb18030',
  gbk: 'gbk'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Node's Shift_JIS mixes them up with one another
const SWAPPED = /[\u001a\u001c\u007f]/

/** Rows for characters of one's own: the area of Unicode for private use. */
const EUC_OWN: readonly Run[] = [...ownRows(0xf5, 0xe000), ...ownRows(0x8ff5, 0xe3ac)]

const CHARSETS: Readonly<Record<string, MultibyteCharset>> = {
  big5: {
    decoder: 'big5',
    lengthOf: twoBytes,
    suspects: /[\ufffd\ue000-\uf8ff‧﹑¯～⊕⊙∕﹨￥￠￡]/,
    runs: [
      [0xa145, '•'],
      [0xa14e, '､'],
      [0xa1c2, '‾'],
      [0xa1e3, '∼'],
      [0xa1f2, '♁☉'],
      [0xa241, '／＼'],
      [0xa244, '¥'],
      [0xa246, '¢£'],
      ...bigFiveRun(
        0xc6a1,
        'ヾゝゞ々ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺ' +
          'ほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅ' +
          'テデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶДЕЁЖЗИЙКЛМУФХ' +
          'ЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑷⑸⑹⑺⑻⑼' +
          '⑽'
      )
    ]
  },
  cp932: { decoder: 'shift_jis', lengthOf: shiftJis, suspects: SWAPPED, runs: [] },
  eucjpms: {
    decoder: 'euc-jp',
    lengthOf: eucJp,
    suspects: /[\ufffd¦]/,
    suspectFrom: 0xf5,
    runs: [
      [0x8fa2c3, '￤'],
      [0x8ff3f3, 'ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡ'],
      [
        0x8ff4a1,
        'ⅢⅣⅤⅥⅦⅧⅨⅩ＇＂㈱№℡炻仼僴凬匇匤\ufa0e咊坙\ufa0f\ufa10增寬峵嵓\ufa11德悅愠敎昻晥\ufa12\uf929栁\ufa13\ufa14橫櫢淸淲瀨\ufa15\ufa16' +
          '甁皂皞\ufa17礰\ufa18\ufa19\ufa1a\ufa1b竧\ufa1c\ufa1d綠緖\ufa1e荢\ufa1f薰\ufa20\ufa21蠇\ufa22譿賴赶\ufa23\ufa24\ufa25郞\ufa26鄕\ufa27\ufa28閒\uf9dc\ufa29霻靍靑\ufa2a\ufa2b\ufa2c馞髙魲\ufa2d黑'
      ],
      ...EUC_OWN
    ]
  },
  euckr: {
    decoder: 'euc-kr',
    lengthOf: twoBytes,
    suspects: /[\ufffd\u0080-\u009f]/,
    runs: [[0xa2e6, '€®'], ...unifiedHangul()]
  },
  gb2312: {
    decoder: 'gbk',
    lengthOf: twoBytes,
    suspects: /[·—]/,
    runs: [
      [0xa1a4, '・'],
      [0xa1aa, '―']
    ]
  },
  sjis: {
    decoder: 'shift_jis',
    lengthOf: shiftJis,
    suspects: new RegExp(`[～∥￠￡＼－￢]|${SWAPPED.source}`),
    runs: [
      [0x815f, '\\〜‖'],
      [0x817c, '−'],
      [0x8191, '¢£'],
      [0x81ca, '¬']
    ]
  },
  ujis: {
    decoder: 'euc-jp',
    lengthOf: eucJp,
    suspects: /[\ufffd＼～∥－￠￡￢]/,
    suspectFrom: 0xf5,
    runs: [
      [0xa1c0, '\\〜‖'],
      [0xa1dd, '−'],
      [0xa1f1, '¢£'],
      [0xa2cc, '¬'],
      [0x8fa2b7, '~'],
      ...EUC_OWN
    ]
  }
}

/** Reads text in a character set of several bytes; undefined for any other character set. */
export function multibyteReader(charset: string): ((bytes: Uint8Array) => string) | undefined {
  const same = SAME_IN_NODE[charset]
  if (same !== undefined) {
    const decoder = new TextDecoder(same)
    return (bytes) => decoder.decode(bytes)
  }
  const about = CHARSETS[charset]
  if (about === undefined) return undefined
  const decoder = new TextDecoder(about.decoder)
  const { suspectFrom = 0x100 } = about
  const special = new Map(
    about.runs.flatMap(([start, run]) => Array.from(run, (char, i) => [start + i, char] as const))
  )
  return (bytes) => {
    const text = decoder.decode(bytes)
    const isSuspect =
      about.suspects.test(text) ||
      (suspectFrom < 0x100 && bytes.some((byte) => byte >= suspectFrom))
    return isSuspect ? byCharacter(bytes, about, special, decoder) : text
  }
}

function byCharacter(
  bytes: Uint8Array,
  { lengthOf }: MultibyteCharset,
  special: ReadonlyMap<number, string>,
  decoder: InstanceType<typeof TextDecoder>
): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + lengthOf(bytes[at] ?? 0))
    const code = bytes.subarray(at, end)
    const [first = 0] = code
    if (first < 0x80) text += String.fromCharCode(first)
    else
      text += special.get(code.reduce((sum, byte) => sum * 256 + byte, 0)) ?? decoder.decode(code)
    at = end
  }
  return text
}

/** Ten rows of 94 characters, by the bytes before the last. */
function ownRows(first: number, character: number): Run[] {
  return Array.from({ length: 10 }, (_, row) => [
    (first + row) * 256 + 0xa1,
    characters(character + row * 94, 94)
  ])
}

function characters(first: number, count: number): string {
  return String.fromCharCode(...Array.from({ length: count }, (_, i) => first + i))
}

/** Second bytes of Big5 are 40 to 7e and a1 to fe. */
function bigFiveRun(start: number, run: string): Run[] {
  let code = start
  return Array.from(run, (char) => {
    const entry: Run = [code, char]
    code++
    if ((code & 0xff) === 0x7f) code += 0xa1 - 0x7f
    if ((code & 0xff) === 0xff) code += 0x100 + 0x40 - 0xff
    return entry
  })
}

/**
 * What Unified Hangul Code adds to EUC-KR: all syllables that KS X 1001 does not have, in the order of
 * Unicode, from 8141 on, wherever EUC-KR has no codes.
 */
function unifiedHangul(): Run[] {
  const decoder = new TextDecoder('euc-kr')
  const known = new Set<string>()
  for (let lead = 0xb0; lead <= 0xc8; lead++) {
    for (let next = 0xa1; next <= 0xfe; next++) known.add(decoder.decode(Uint8Array.of(lead, next)))
  }
  const missing = [...characters(0xac00, 11_172)].filter((syllable) => !known.has(syllable))
  const runs: Run[] = []
  let taken = 0
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    const last = lead <= 0xa0 ? 0xfe : 0xa0
    for (const [from, to] of [
      [0x41, 0x5a],
      [0x61, 0x7a],
      [0x81, last]
    ] as const) {
      runs.push([lead * 256 + from, missing.slice(taken, taken + to - from + 1).join('')])
      taken += to - from + 1
    }
  }
  return runs
}

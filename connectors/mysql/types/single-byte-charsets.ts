/**
 * Character sets of one byte, as the server itself converts them; a byte that means nothing there is
 * U+FFFD. https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html
 */

/** What a table is made of: a decoder of Node's, or the code points 0 to 255, with runs put over it. */
interface SingleByteCharset {
  readonly decoder?: string
  /** Characters by the byte of the first. */
  readonly runs?: Readonly<Record<number, string>>
}

const CHARSETS: Readonly<Record<string, SingleByteCharset>> = {
  // In MySQL, latin1 is Windows code page 1252.
  latin1: { decoder: 'windows-1252' },
  latin2: { decoder: 'iso-8859-2' },
  latin5: { runs: { 208: 'Ğ', 221: 'İŞ', 240: 'ğ', 253: 'ış' } },
  latin7: { decoder: 'iso-8859-13' },
  ascii: { runs: { 128: '\ufffd'.repeat(128) } },
  cp1250: { decoder: 'windows-1250' },
  cp1251: { decoder: 'windows-1251' },
  cp1256: { decoder: 'windows-1256' },
  cp1257: { decoder: 'windows-1257' },
  cp866: { decoder: 'ibm866', runs: { 252: 'ⁿ²' } },
  greek: { decoder: 'iso-8859-7', runs: { 161: 'ʽʼ' } },
  hebrew: { decoder: 'iso-8859-8', runs: { 175: '‾' } },
  koi8r: { decoder: 'koi8-r' },
  koi8u: { decoder: 'koi8-u', runs: { 149: '•', 174: '╝', 190: '╬' } },
  macroman: { decoder: 'macintosh' },
  tis620: {
    decoder: 'windows-874',
    runs: { 128: '\u0080', 133: '\u0085', 145: '\u0091\u0092\u0093\u0094\u0095\u0096\u0097' }
  },
  dec8: { runs: { 168: '¤', 215: 'Œ', 221: 'Ÿ', 247: 'œ', 253: 'ÿ' } },
  swe7: { runs: { 64: 'É', 91: 'ÄÖÅÜ', 96: 'é', 123: 'äöåü' } },
  cp850: {
    runs: {
      128: 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ',
      160: 'áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐',
      192: '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀',
      224: 'ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0'
    }
  },
  cp852: {
    runs: {
      128: 'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×č',
      160: 'áíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐',
      192: '└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀',
      224: 'ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0'
    }
  },
  hp8: {
    runs: {
      160: '\u00a0ÀÂÈÊËÎÏ´ˋˆ¨˜ÙÛ₤¯Ýý°ÇçÑñ¡¿¤£¥§ƒ¢',
      192: 'âêôûáéóúàèòùäëöüÅîØÆåíøæÄìÖÜÉïßÔ',
      224: 'ÁÃãÐðÍÌÓÒÕõŠšÚŸÿÞþ·µ¶¾—¼½ªº«■»±\ufffd'
    }
  },
  macce: {
    runs: {
      128: 'ÄĀāÉĄÖÜáąČäčĆćéŹźĎíďĒēĖóėôöõúĚěü',
      160: '†°Ę£§•¶ß®©™ę¨≠ģĮįĪ≤≥īĶ∂∑łĻļĽľĹĺŅ',
      192: 'ņŃ¬√ńŇ∆«»…\u00a0ňŐÕőŌ–—“”‘’÷◊ōŔŕŘ‹›řŖ',
      224: 'ŗŠ‚„šŚśÁŤťÍŽžŪÓÔūŮÚůŰűŲųÝýķŻŁżĢˇ'
    }
  },
  keybcs2: {
    runs: {
      128: 'ČüéďäĎŤčěĚĹÍľĺÄÁÉžŽôöÓůÚýÖÜŠĽÝŘť',
      160: 'áíóúňŇŮÔšřŕŔ¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐',
      192: '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀',
      224: 'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
    }
  },
  armscii8: {
    runs: {
      160: '\u00a0❁§։)(»«—.՝,-՟…՜՛՞ԱաԲբԳգԴդԵեԶզԷէ',
      192: 'ԸըԹթԺժԻիԼլԽխԾծԿկՀհՁձՂղՃճՄմՅյՆնՇշ',
      224: "ՈոՉչՊպՋջՌռՍսՎվՏտՐրՑցՒւՓփՔքՕօՖֆ’'"
    }
  },
  geostd8: {
    runs: {
      128: '€\ufffd‚\ufffd„…†‡\ufffd‰\ufffd‹\ufffd\ufffd\ufffd\ufffd\ufffd‘’“”•–—\ufffd\ufffd\ufffd›\ufffd\ufffd\ufffd\ufffd',
      160: '\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿',
      192: 'აბგდევზჱთიკლმნჲოპჟრსტჳუფქღყშჩცძწ',
      224: 'ჭხჴჯჰჵ\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd№\ufffd\ufffd'
    }
  }
}

/** The 256 characters of a character set of one byte; undefined for any other character set. */
export function singleByteTable(charset: string): readonly string[] | undefined {
  const about = CHARSETS[charset]
  if (about === undefined) return undefined
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const decoder = about.decoder === undefined ? undefined : new TextDecoder(about.decoder)
  const table = Array.from(bytes, (byte) =>
    decoder === undefined ? String.fromCharCode(byte) : decoder.decode(Uint8Array.of(byte))
  )
  for (const [start, run] of Object.entries(about.runs ?? {})) {
    for (let i = 0; i < run.length; i++) table[Number(start) + i] = run.charAt(i)
  }
  return table
}

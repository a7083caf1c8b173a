import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { textReader } from '../../connectors/mysql/types/charset.ts'
import { charsetOfCollation } from '../../connectors/mysql/types/collation.ts'
import { requireEngine } from '../support/engines.ts'
import { type MariadbServer, startMariadb } from '../support/mariadb.ts'

/** Codes that may mean something: one byte, two bytes, and the three bytes of EUC-JP. */
const CODES: Readonly<Record<number, readonly string[]>> = {
  1: ['seq_0_to_255'],
  2: ['seq_0_to_255', `seq_${0x8030}_to_${0xffff}`],
  3: ['seq_0_to_255', `seq_${0x8ea1}_to_${0xfefe}`, `seq_${0x8fa1a1}_to_${0x8ffefe}`]
}

describe('character sets', requireEngine('mariadb'), () => {
  let server: MariadbServer

  before(async () => {
    server = await startMariadb()
  })
  after(() => server.stop())

  async function conversions(charset: string, sequence: string): Promise<[string, string][]> {
    const code = 'UNHEX(IF(LENGTH(HEX(seq)) % 2, CONCAT("0", HEX(seq)), HEX(seq)))'
    const rows = await server.query<{ code: string; text: string }>(
      `SELECT HEX(${code}) AS code, HEX(CONVERT(CONVERT(${code} USING ${charset}) USING utf16)) AS text
       FROM ${sequence}`
    )
    return rows.map(({ code, text }) => [
      code,
      Buffer.from(text ?? '', 'hex')
        .swap16()
        .toString('utf16le')
    ])
  }

  /** Codes that are read otherwise than by the server; a question mark of its own says that it knows none. */
  async function misread(charset: string, maxLength: number): Promise<string[]> {
    const read = textReader(charset)
    const wrong: string[] = []
    let known = 0
    for (const sequence of CODES[maxLength] ?? []) {
      for (const [code, text] of await conversions(charset, sequence)) {
        const bytes = Buffer.from(code, 'hex')
        const isUnknown =
          text === '' || text.includes('\ufffd') || (text.includes('?') && code !== '3F')
        if (isUnknown) continue
        known++
        const got = read(bytes, 0, bytes.length)
        if (got !== text) wrong.push(`${code}: ${text} ${got}`)
      }
    }
    assert.ok(known > 120, `${charset}: ${known} codes`)
    return wrong
  }

  it('of bytes are read as the server reads every code of them', async () => {
    const charsets = await server.query<{ name: string; length: number }>(
      `SELECT character_set_name AS name, maxlen AS length FROM information_schema.character_sets
       WHERE character_set_name NOT REGEXP '^(utf|ucs|binary)'`
    )
    assert.equal(charsets.length, 33)
    for (const { name, length } of charsets) {
      assert.deepEqual(await misread(name, Number(length)), [], name)
    }
  })

  it('of Unicode are read beyond the first plane as well', async () => {
    const text = 'é ☃ 日本 𝄞 \u{10ffff}'
    for (const charset of ['utf8mb4', 'utf16', 'utf16le', 'utf32']) {
      const [row] = await server.query<{ hex: string }>(
        `SELECT HEX(CONVERT(CONVERT(UNHEX('${Buffer.from(text).toString('hex')}') USING utf8mb4) USING ${charset})) AS hex`
      )
      const bytes = Buffer.from(row?.hex ?? '', 'hex')
      assert.equal(textReader(charset)(bytes, 0, bytes.length), text, charset)
    }
    const ucs2 = Buffer.from('00e92603', 'hex')
    assert.equal(textReader('ucs2')(ucs2, 0, 4), 'é☃')
    const utf8 = Buffer.from('é☃')
    assert.equal(textReader('utf8mb3')(utf8, 0, utf8.length), 'é☃')
  })

  it('follow from all collations that the server has', async () => {
    const collations = await server.query<{ id: number; name: string }>(
      `SELECT id, character_set_name AS name FROM information_schema.collation_character_set_applicability
       WHERE id IS NOT NULL`
    )
    const wrong = collations.filter(({ id, name }) => charsetOfCollation(Number(id)) !== name)
    assert.deepEqual(wrong, [])
    assert.ok(collations.length > 300)
  })

  it('follow from the collations that only MySQL has', () => {
    const ids = { 255: 'utf8mb4', 278: 'utf8mb4', 309: 'utf8mb4', 248: 'gb18030', 76: 'utf8mb3' }
    for (const [id, charset] of Object.entries(ids)) {
      assert.equal(charsetOfCollation(Number(id)), charset)
    }
    assert.equal(charsetOfCollation(9999), null)
  })

  it('that are not known are an error that says what to do', () => {
    assert.throws(() => textReader('klingon'), {
      code: 'MYSQL_UNKNOWN_CHARSET',
      hint: /CHARACTER SET utf8mb4/
    })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader } from '../../connectors/mysql/binlog/byte-reader.ts'
import { GtidList } from '../../connectors/mysql/binlog/gtid-list.ts'
import { GtidSet } from '../../connectors/mysql/binlog/gtid-set.ts'
import { parseGtids } from '../../connectors/mysql/binlog/gtids.ts'
import { Random } from '../support/random.ts'

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const B = '896e7882-18fe-11ef-ab88-22222d34d411'
const set = (text: string) => GtidSet.parse(text)
const list = (text: string) => GtidList.parse(text)
const syntax = { code: 'MYSQL_GTID_SYNTAX' }

describe('a GTID set of MySQL', () => {
  it('is written in one way, however it was given', () => {
    assert.equal(set('').toString(), '')
    assert.equal(set(` ${B}:1 ,\n${A}:7-9:1-3:4-5:11`).toString(), `${A}:1-5:7-9:11,${B}:1`)
    assert.equal(set(`${A.toUpperCase()}:3-3`).toString(), `${A}:3`)
    assert.equal(set(`${A}:1-3,${A}:2-8`).toString(), `${A}:1-8`)
    assert.equal(set(`${A}:b_1:5:1-2:3:c:9,${A}:4`).toString(), `${A}:4:b_1:1-3:5:c:9`)
  })

  it('refuses what is none', () => {
    const wrong = [
      '0-1-100',
      A,
      `${A}:`,
      `${A}:0`,
      `${A}:5-3`,
      `${A}:1-`,
      `${A}:9007199254740993`,
      `${A}:Tag!:1`,
      'x:1'
    ]
    for (const text of wrong) assert.throws(() => set(text), syntax, text)
  })

  it('takes transactions as they come', () => {
    const read = set(`${A}:1-5`)
    for (const gtid of [`${A}:6`, `${A}:9`, `${A}:7`, `${A}:8`, `${B}:t:3`, `${A}:2`])
      read.add(gtid)
    assert.equal(read.toString(), `${A}:1-9,${B}:t:3`)
    assert.ok(read.has(`${A}:9`) && read.has(`${B}:t:3`))
    assert.ok(!read.has(`${A}:10`) && !read.has(`${B}:3`) && !read.has(`${B}:u:3`))
    assert.throws(() => read.add('0-1-100'), syntax)
  })

  it('is compared, added to, taken from and cut to sources', () => {
    const all = set(`${A}:1-10:t:1-3,${B}:1-4`)
    assert.ok(all.covers(set(`${A}:2-5:t:3`)) && all.covers(set('')))
    assert.ok(!all.covers(set(`${A}:11`)) && !set('').covers(all))
    assert.equal(all.minus(set(`${A}:3-4:10:t:1,${B}:1-9`)).toString(), `${A}:1-2:5-9:t:2-3`)
    assert.equal(all.plus(set(`${B}:5:7`)).toString(), `${A}:1-10:t:1-3,${B}:1-5:7`)
    assert.equal(all.filter((source) => source === A).toString(), `${A}:1-10:t:1-3`)
    const copy = all.copy()
    copy.add(`${B}:5`)
    assert.ok(!all.has(`${B}:5`))
  })

  it('is the same set when it is encoded and read, with tags and without', () => {
    for (const text of ['', `${A}:1-5:7,${B}:9`, `${A}:1:t:2-3,${B}:long_tag_9:4`]) {
      const bytes = set(text).encode()
      assert.equal(GtidSet.read(new ByteReader(bytes, 0, bytes.length)).toString(), text)
    }
    // Count, UUID, count of intervals, first, behind the last: page_protocol_com_binlog_dump_gtid.html.
    const uuid = A.replaceAll('-', '')
    const bytes = `0100000000000000${uuid}010000000000000001000000000000000600000000000000`
    assert.equal(set(`${A}:1-5`).encode().toString('hex'), bytes)
    // With tags: the format around the count, and the tag behind the UUID (Gtid_set::encode of MySQL 8.3).
    const tagged = `0101000000000001${uuid}0474760100000000000000${'0100000000000000'}0600000000000000`
    assert.equal(set(`${A}:tv:1-5`).encode().toString('hex'), tagged)
  })

  it('does what a set of numbers does, whatever the order', () => {
    const random = new Random(20)
    for (let round = 0; round < 200; round++) {
      const [left, right] = [1, 2].map(() => {
        const numbers = new Set(
          Array.from({ length: random.below(30) }, () => 1 + random.below(40))
        )
        const gtids = set('')
        for (const number of numbers) gtids.add(`${A}:${number}`)
        return { numbers, gtids }
      }) as [Side, Side]
      const expect = (gtids: GtidSet, numbers: Set<number>) => {
        const parts = [...numbers].map((number) => `${A}:${number}`).join(',')
        assert.equal(gtids.toString(), set(parts).toString(), `round ${round}`)
        for (let n = 1; n <= 41; n++) assert.equal(gtids.has(`${A}:${n}`), numbers.has(n))
      }
      expect(left.gtids.plus(right.gtids), new Set([...left.numbers, ...right.numbers]))
      expect(
        left.gtids.minus(right.gtids),
        new Set([...left.numbers].filter((n) => !right.numbers.has(n)))
      )
      assert.equal(
        left.gtids.covers(right.gtids),
        [...right.numbers].every((n) => left.numbers.has(n))
      )
    }
  })
})

interface Side {
  readonly numbers: Set<number>
  readonly gtids: GtidSet
}

describe('a GTID list of MariaDB', () => {
  it('has the last transaction of every domain', () => {
    assert.equal(list('').toString(), '')
    assert.equal(list('7-1-3, 0-2-60,0-1-5').toString(), '0-2-60,7-1-3')
    const read = list('0-1-5')
    read.add('0-2-6')
    read.add('3-1-1')
    assert.equal(read.toString(), '0-2-6,3-1-1')
    assert.ok(read.has('0-9-6') && !read.has('0-2-7') && !read.has('1-1-1'))
    assert.equal(list('0-1-18446744073709551615').toString(), '0-1-18446744073709551615')
  })

  it('refuses what is none', () => {
    for (const text of ['0-1', `${A}:1-5`, '0-1-x', '0-1-5-6', '-1-2-3']) {
      assert.throws(() => list(text), syntax, text)
    }
  })

  it('is compared, added to, taken from and cut to domains', () => {
    const read = list('0-1-10,1-1-5')
    assert.ok(read.covers(list('0-2-10')) && read.covers(list('')))
    assert.ok(!read.covers(list('0-1-11')) && !read.covers(list('2-1-1')))
    assert.equal(list('0-1-11,1-1-5,2-1-1').minus(read).toString(), '0-1-11,2-1-1')
    assert.equal(read.plus(list('0-1-9,1-2-6,2-1-1')).toString(), '0-1-10,1-2-6,2-1-1')
    assert.equal(read.filter((domain) => domain === '1').toString(), '1-1-5')
  })

  it('is what the flavor of the server says', () => {
    assert.equal(parseGtids('mariadb', '0-1-5').toString(), '0-1-5')
    assert.equal(parseGtids('mysql', `${A}:5`).toString(), `${A}:5`)
    assert.throws(() => parseGtids('mysql', '0-1-5'), { ...syntax, message: /GTID set of MySQL/ })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BinlogClient, type BinlogOptions } from '../../connectors/mysql/binlog/binlog-client.ts'
import { GtidSet } from '../../connectors/mysql/binlog/gtid-set.ts'
import { BinlogWriter, join, text, u8, u16, u32, u64 } from '../support/binlog-bytes.ts'
import { settingsOf } from '../support/binlog-reading.ts'
import { OK, ScriptedMysql } from '../support/scripted-mysql.ts'

const GTIDS = '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:tag:7'

const OPTIONS: BinlogOptions = {
  flavor: 'mysql',
  serverId: 4711,
  start: { gtids: GTIDS },
  maxBytes: 1 << 20,
  heartbeatMs: 10_000
}

const open = (mysql: ScriptedMysql, changes: Partial<BinlogOptions> = {}) =>
  BinlogClient.open(
    settingsOf(mysql, { sslMode: 'disabled' }),
    { ...OPTIONS, ...changes },
    AbortSignal.timeout(60_000)
  )

/** Two events, as packets of the answer to a dump. */
function shortLog(): Buffer[] {
  const writer = new BinlogWriter({ checksums: true })
  const rotate = writer.event({ code: 4, fields: join(u64(4), text('binlog.000007')), flags: 0x20 })
  return [rotate, writer.format('8.4.3'), writer.event({ code: 16, fields: u64(1) })].map((event) =>
    join(u8(0), event)
  )
}

const isDump = (command: Buffer) => command[0] === 0x12 || command[0] === 0x1e

async function readAll(client: BinlogClient): Promise<string[]> {
  const read: string[] = []
  while (client.error === undefined) {
    client.drain((event, header) => {
      read.push(`${event.kind} ${client.file} ${header.position}-${header.nextPosition}`)
      return true
    })
    if (client.error === undefined) {
      await new Promise<void>((resolve) => client.onChange(resolve))
    }
  }
  return read
}

describe('asking MySQL for its log', () => {
  it('by a set of GTIDs', async () => {
    const end = u8(0xfe, 0, 0, 2, 0)
    await using mysql = await ScriptedMysql.start((command) =>
      isDump(command) ? [...shortLog(), end] : [OK]
    )
    const client = await open(mysql)
    assert.deepEqual(await readAll(client), [
      'rotate binlog.000007 4-4',
      'format binlog.000007 4-127',
      'xid binlog.000007 127-158'
    ])
    assert.equal(client.error?.code, 'MYSQL_CONNECTION_LOST')
    client.close()

    assert.deepEqual(mysql.statements, [
      "SET @master_binlog_checksum = 'CRC32', @master_heartbeat_period = 10000000000",
      "SET @source_binlog_checksum = 'CRC32', @source_heartbeat_period = 10000000000"
    ])
    const [register, dump] = mysql.commands.slice(-2)
    assert.deepEqual(register, join(u8(0x15), u32(4711), Buffer.alloc(13)))
    const set = GtidSet.parse(GTIDS).encode()
    // page_protocol_com_binlog_dump_gtid.html: flags, server id, no file, position 4, the set.
    const expected = join(u8(0x1e), u16(4), u32(4711), u32(0), u64(4), u32(set.length), set)
    assert.deepEqual(dump, expected)
  })

  it('by file and position', async () => {
    await using mysql = await ScriptedMysql.start((command) =>
      isDump(command) ? shortLog() : [OK]
    )
    const client = await open(mysql, { start: { file: 'binlog.000007', position: 123456 } })
    client.close()
    // page_protocol_com_binlog_dump.html: position, flags, server id, file.
    const expected = join(u8(0x12), u32(123456), u16(0), u32(4711), text('binlog.000007'))
    assert.deepEqual(mysql.commands.at(-1), expected)
  })

  it('and being refused', async () => {
    const message = 'Cannot replicate because the source purged required binary logs.'
    const refusal = join(u8(0xff), u16(1236), text(`#HY000${message}`))
    await using mysql = await ScriptedMysql.start((command) => (isDump(command) ? [refusal] : [OK]))
    await assert.rejects(open(mysql), {
      code: 'MYSQL_BINLOG_PURGED',
      message: new RegExp(`asked for: GTIDs ${GTIDS}.*${message}`)
    })
  })

  it('and being refused later, after events that are taken first', async () => {
    const refusal = join(u8(0xff), u16(1236), text('#HY000bogus data in log event'))
    await using mysql = await ScriptedMysql.start((command) =>
      isDump(command) ? [...shortLog(), refusal] : [OK]
    )
    const client = await open(mysql)
    assert.equal((await readAll(client)).length, 3)
    assert.equal(client.error?.code, 'MYSQL_BINLOG_POSITION')
    client.close()
  })

  it('and getting something else', async () => {
    await using mysql = await ScriptedMysql.start((command) =>
      isDump(command) ? [...shortLog(), text('what?')] : [OK]
    )
    const client = await open(mysql)
    assert.equal((await readAll(client)).length, 3)
    assert.equal(client.error?.code, 'MYSQL_PROTOCOL')
  })

  it('and stopping where the handler has enough, to go on from there', async () => {
    await using mysql = await ScriptedMysql.start((command) =>
      isDump(command) ? shortLog() : [OK]
    )
    const client = await open(mysql)
    const read: string[] = []
    while (read.length < 3) {
      const before = read.length
      client.drain((event) => {
        read.push(event.kind)
        return false
      })
      if (read.length === before) await new Promise<void>((resolve) => client.onChange(resolve))
    }
    assert.deepEqual(read, ['rotate', 'format', 'xid'])
    client.close()
    client.drain(() => assert.fail('nothing comes after the end'))
    assert.equal(client.error?.code, 'MYSQL_CLOSED')
  })
})

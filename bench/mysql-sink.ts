import { readFileSync } from 'node:fs'
import mysqlSink from '../connectors/mysql/sink.ts'
import type { SinkRecord } from '../runtime/api/record.ts'
import * as s from '../runtime/api/schema.ts'
import { startMariadb } from '../test/support/mariadb.ts'
import { sinkRecord, startSink } from '../test/support/sink-harness.ts'

/** How fast `mysql-sink` writes, by INSERT and by LOAD DATA LOCAL: `node bench/mysql-sink.ts [rows]`. */

const key = s.struct({ id: s.int64() })
const row = s.struct({
  id: s.int64(),
  name: s.string(),
  mail: s.string({ optional: true }),
  price: s.decimal(2, { parameters: { 'connect.decimal.precision': '12' } }),
  at: s.int64({ name: 'io.debezium.time.MicroTimestamp' }),
  count: s.int32(),
  rate: s.float64(),
  ok: s.boolean()
})

function recordsOf(total: number, round: number): SinkRecord[] {
  return Array.from({ length: total }, (_, id) =>
    sinkRecord({
      offset: round * total + id,
      keySchema: key,
      key: new s.Struct(key, [id]),
      valueSchema: row,
      value: new s.Struct(row, [
        id,
        `name ${id} it's ${round}`,
        `user${id}@example.com`,
        `${id % 1000}.25`,
        1_795_412_637_250_719 + id,
        (id * 7) % 100_000,
        id / 8 + round,
        id % 2 === 0
      ])
    })
  )
}

const total = Number(process.argv[2] ?? 100_000)
await using server = await startMariadb({ durable: true })

/** Microseconds of processor time that the server has used so far (Linux: a tick is 10 ms). */
function serverCpu(): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function measure(batch: number, loads: boolean): Promise<string[]> {
  const database = await server.createDatabase()
  const config = {
    'connector.class': 'mysql-sink',
    'connection.url': `mysql://${server.host}:${server.port}/${database}`,
    'connection.username': server.user,
    'connection.password': server.password,
    'load.data.enabled': String(loads)
  }
  const sink = await startSink(mysqlSink, config)
  const rates: string[] = []
  for (const round of [0, 1]) {
    const records = recordsOf(total, round)
    const cpu = process.cpuUsage()
    const ofServer = serverCpu()
    const start = performance.now()
    for (let at = 0; at < total; at += batch) await sink.put(records.slice(at, at + batch))
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const own = ((user + system) / total).toFixed(1)
    rates.push(`${Math.round(total / seconds)}`, own, ((serverCpu() - ofServer) / total).toFixed(1))
  }
  await sink.task.stop()
  return rates
}

process.stdout.write(
  '| batch | way | new rows/s | CPU us/row | server | changed rows/s | CPU us/row | server |\n'
)
process.stdout.write('|---|---|---|---|---|---|---|---|\n')
for (const batch of [500, 2000, 5000]) {
  for (const loads of [false, true]) {
    const rates = await measure(batch, loads)
    const way = loads ? 'LOAD DATA LOCAL' : 'INSERT'
    process.stdout.write(`| ${batch} | ${way} | ${rates.join(' | ')} |\n`)
  }
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { runScenario } from '../support/golden-driver.ts'
import { loadEvents, loadScenario, type TextRecord } from '../support/golden-scenario.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

// The golden tests mask positions and times. How they hang together is the same in every run, so
// these rules are held against Debezium's own records as well as against the connector's.

const SCENARIOS = ['postgres-ops-default', 'postgres-ops-truncate', 'postgres-types-defaults']

/** What an event says about its position and its times; numbers as they are written. */
interface Position {
  readonly topic: string
  readonly snapshot: string
  readonly lastCommit: bigint | null
  readonly lsn: bigint
  readonly xid: bigint
  readonly ms: bigint
  readonly us: bigint
  readonly ns: bigint
  readonly sequence: string
  readonly processed: readonly [ms: bigint, us: bigint, ns: bigint]
}

describe('positions and times of events', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres({ version: '15' })
  })
  after(() => server.stop())

  for (const name of SCENARIOS) {
    test(`${name}: those of Debezium follow the rules`, () => holdRules(loadEvents(name)))

    test(`${name}: those of the connector follow the same rules`, async () => {
      holdRules(await runScenario(server, loadScenario(name)))
    })
  }
})

function holdRules(records: readonly TextRecord[]): void {
  const positions = records.flatMap(positionOf)
  const [snapshot, stream] = [
    positions.filter((one) => one.snapshot !== 'false'),
    positions.filter((one) => one.snapshot === 'false')
  ]
  assert.ok(snapshot.length > 0 && stream.length > 0)
  for (const position of positions) holdTimes(position)
  const distinct = (facts: (position: Position) => unknown[]) =>
    new Set(snapshot.map((position) => facts(position).join())).size
  assert.equal(
    distinct(({ lsn, xid, us, lastCommit }) => [lsn, xid, us, lastCommit]),
    1
  )
  assert.equal(snapshot[0]?.lastCommit, null)
  holdTransactions(stream)
  for (const ofTopic of Map.groupBy(positions, ({ topic }) => topic).values()) {
    for (const [i, { lsn }] of ofTopic.entries()) assert.ok(lsn >= (ofTopic[i - 1]?.lsn ?? 0n))
  }
}

function holdTimes({ ms, us, ns, processed, sequence, lsn }: Position): void {
  assert.equal(ns, us * 1000n, 'commit times have microseconds')
  assert.equal(ms, us / 1000n)
  const [processedMs, processedUs, processedNs] = processed
  assert.equal(processedMs, processedNs / 1_000_000n)
  assert.equal(processedUs, processedNs / 1000n)
  assert.ok(processedMs >= ms, 'processed after the commit')
  assert.match(sequence, /^\[(null|"\d+"),"\d+"\]$/)
  assert.ok(sequence.endsWith(`,"${lsn}"]`))
}

function holdTransactions(stream: readonly Position[]): void {
  const transactions = [...Map.groupBy(stream, ({ xid }) => xid).values()]
  for (const events of transactions) {
    const facts = events.map(({ us, lastCommit }) => `${us} ${lastCommit}`)
    assert.equal(new Set(facts).size, 1, 'one transaction has one commit time')
    const lsns = events.map(({ lsn }) => lsn)
    assert.ok(lsns.every((lsn) => lsn >= (events[0]?.lastCommit ?? 0n)))
  }
  // The transaction before ended where `sequence` says, which is after its last change.
  const ordered = transactions.toSorted(([a], [b]) => Number((a?.lsn ?? 0n) - (b?.lsn ?? 0n)))
  for (const [i, [first]] of ordered.entries()) {
    const earlier = ordered[i - 1]?.map(({ lsn }) => lsn) ?? []
    for (const lsn of earlier) assert.ok(lsn < (first?.lastCommit ?? 0n))
  }
}

function positionOf({ topic, value }: TextRecord): Position[] {
  if (value === null) return []
  const source =
    /"source":(\{[^}]*\})/.exec(value.slice(value.indexOf('"payload":') + 1))?.[1] ?? ''
  const end = value.slice(value.lastIndexOf('"op":'))
  const number = (text: string, name: string) =>
    BigInt(new RegExp(`"${name}":(\\d+)[,}]`).exec(text)?.[1] ?? assert.fail(`${name} in ${text}`))
  const facts = JSON.parse(source) as { sequence: string; snapshot: string }
  const [lastCommit] = JSON.parse(facts.sequence) as [string | null]
  return [
    {
      topic,
      snapshot: facts.snapshot,
      sequence: facts.sequence,
      lastCommit: lastCommit === null ? null : BigInt(lastCommit),
      lsn: number(source, 'lsn'),
      xid: number(source, 'txId'),
      ms: number(source, 'ts_ms'),
      us: number(source, 'ts_us'),
      ns: number(source, 'ts_ns'),
      processed: [number(end, 'ts_ms'), number(end, 'ts_us'), number(end, 'ts_ns')]
    }
  ]
}

import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { requireEngine } from '../support/engines.ts'
import { Fleet } from '../support/fleet.ts'
import { sharedKafka, uniqueName } from '../support/kafka.ts'
import { until } from '../support/until.ts'

const SESSION_MS = 2000

/** One thread for all tasks, so that the one that blocks holds the others up. */
const SETTINGS = {
  'session.timeout.ms': String(SESSION_MS),
  'task.threads': '1',
  'task.shutdown.graceful.timeout.ms': '300'
}

describe('a connector that blocks its thread, on embedded topics', () => {
  it('leaves the worker in its group, and can be stopped', () =>
    staysInGroup({ 'data.dir': 'FOLDER/data', 'group.id': 'blocked' }))
})

describe('a connector that blocks its thread, on Kafka', requireEngine('kafka'), () => {
  it('leaves the worker in its group, and can be stopped', async () => {
    const { bootstrap } = await sharedKafka()
    const name = uniqueName('blocked')
    const topics = ['config', 'offset', 'status'].map((of) => [
      `${of}.storage.topic`,
      `${name}-${of}`
    ])
    await staysInGroup({
      'bootstrap.servers': bootstrap,
      'group.id': name,
      ...Object.fromEntries(topics)
    })
  })
})

async function staysInGroup(place: Readonly<Record<string, string>>): Promise<void> {
  await using fleet = await Fleet.start({ workers: 1, settings: { ...SETTINGS, ...place } })
  const [worker] = fleet.workers
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${worker?.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) })
    })
    return { status: answer.status, text: await answer.text() }
  }
  const get = async (path: string) => (await ask('GET', path)).text
  const file = join(fleet.folder, 'lines.txt')
  writeFileSync(file, 'one\n')
  const topic = `${place['group.id']}-lines`
  const lines = { 'connector.class': 'FileStreamSource', file, topic }
  assert.equal((await ask('PUT', '/connectors/good/config', lines)).status, 201)
  const hasRead = (bytes: number) =>
    until(async () => (await get('/connectors/good/offsets')).includes(`"position":${bytes}`))
  await hasRead(4)
  const numbers = { 'connector.class': 'number-source', topic: `${topic}-2`, 'block.ms': '600000' }
  assert.equal((await ask('PUT', '/connectors/bad/config', numbers)).status, 201)
  await until(async () => /"id":0,"state":"RUNNING"/.test(await get('/connectors/bad/status')))
  const rebalances = async () =>
    /^\S*completed_rebalances_total\S* (\S+)$/m.exec(await get('/metrics'))?.[1]
  const before = await rebalances()
  assert.ok(before)
  appendFileSync(file, 'two\n')
  // Longer than the group waits for a worker whose heartbeats are held up.
  await new Promise((resolve) => setTimeout(resolve, 3 * SESSION_MS))
  assert.equal(await rebalances(), before)
  assert.match(await get('/connectors?expand=status'), /"good"/)
  assert.equal((await ask('PUT', '/connectors/bad/stop')).status, 204)
  await hasRead(8)
  await until(async () => /"STOPPED".*"tasks":\[\]/.test(await get('/connectors/bad/status')))
}

import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Broker } from '../../runtime/broker/broker.ts'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import { requireEngine } from '../support/engines.ts'
import { Fleet } from '../support/fleet.ts'
import { sharedKafka, uniqueName } from '../support/kafka.ts'
import { readTopic } from '../support/read-topic.ts'
import { projectRoot } from '../support/source-files.ts'
import { until } from '../support/until.ts'

const CONNECTORS = ['p', 'q', 'r', 's']
const TASKS_MAX = 3
const FILES = 6
const SETTINGS = {
  'key.converter': 'string',
  'value.converter': 'string',
  'plugin.path': join(projectRoot, 'test/support/connectors')
}

describe('connectors that notice new tables, in a group of two workers', () => {
  it('have their tasks made anew, on embedded topics', async () => {
    await using fleet = await Fleet.start({
      workers: 2,
      settings: { 'data.dir': 'FOLDER/data', ...SETTINGS }
    })
    await using topics = closing(await openLmdbBroker({ path: join(fleet.folder, 'data') }))
    await grow(fleet, topics.broker, 'folder')
  })

  it('have their tasks made anew, on Kafka', requireEngine('kafka'), async () => {
    const { bootstrap } = await sharedKafka()
    const group = uniqueName('tables')
    const topicNames = ['config', 'offset', 'status'].map((of) => [
      `${of}.storage.topic`,
      `${group}-${of}`
    ])
    const settings = {
      'bootstrap.servers': bootstrap,
      'group.id': group,
      ...Object.fromEntries(topicNames),
      ...SETTINGS
    }
    await using fleet = await Fleet.start({ workers: 2, settings })
    await using topics = closing(await openKafkaBroker({ 'bootstrap.servers': bootstrap }))
    await grow(fleet, topics.broker, group)
  })
})

/** Lines come in all the time, and with them ever more files. Each line arrives once, in order. */
async function grow(fleet: Fleet, broker: Broker, prefix: string): Promise<void> {
  const folderOf = (name: string) => join(fleet.folder, name)
  let lines = 0
  const write = (files: number) => {
    lines++
    for (const name of CONNECTORS) {
      for (let file = 0; file < files; file++) {
        appendFileSync(join(folderOf(name), `file-${file}`), `${file} ${lines}\n`)
      }
    }
  }
  for (const name of CONNECTORS) mkdirSync(folderOf(name))
  write(1)
  for (const name of CONNECTORS) {
    await fleet.configure(name, {
      'connector.class': 'folder-source',
      folder: folderOf(name),
      topic: `${prefix}-${name}`,
      'tasks.max': String(TASKS_MAX)
    })
  }
  const tasks = (count: number) => new Map(CONNECTORS.map((name) => [name, count]))
  const places = await fleet.running(tasks(1))
  // Those that the leader has not ask it over REST.
  const owners = new Set(CONNECTORS.map((name) => places.get(name)))
  assert.equal(owners.size, 2)
  const writer = setInterval(() => write(seen), 5)
  let seen = 1
  try {
    while (seen < FILES) {
      seen++
      await fleet.running(tasks(Math.min(seen, TASKS_MAX)))
    }
  } finally {
    clearInterval(writer)
  }
  for (const name of CONNECTORS) await arrived(broker, `${prefix}-${name}`, lines)
}

async function arrived(broker: Broker, topic: string, last: number): Promise<void> {
  const byFile = async () => {
    const values = (await readTopic(broker, topic)).map(({ value }) => String(value).split(' '))
    return Map.groupBy(values, ([file]) => file)
  }
  await until(async () => {
    const files = [...(await byFile()).values()]
    return files.length === FILES && files.every((lines) => lines.at(-1)?.[1] === String(last))
  })
  for (const lines of (await byFile()).values()) {
    const numbers = lines.map(([, line]) => Number(line))
    const first = numbers[0] ?? 0
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => first + index)
    )
    assert.equal(numbers.at(-1), last)
  }
}

function closing(broker: Broker) {
  return { broker, [Symbol.asyncDispose]: () => broker.close() }
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openKafkaBroker } from '../../runtime/broker/kafka/kafka-broker.ts'
import { openLmdbBroker } from '../../runtime/broker/lmdb/lmdb-broker.ts'
import type { KafkaAddress } from '../support/kafka.ts'
import { type KillRun, surviveKills } from './kill-contract.ts'

type KillBroker = Pick<KillRun, 'brokerKeys' | 'openBroker'>

export const onEmbeddedTopics: KillBroker = {
  brokerKeys: (folder) => `data.dir: ${join(folder, 'topics')}`,
  openBroker: (folder) => openLmdbBroker({ path: join(folder, 'topics') })
}

/** @param prefix of the group and its internal topics */
export function onKafka({ bootstrap }: KafkaAddress, prefix: string): KillBroker {
  const keys = [
    `bootstrap.servers: ${bootstrap}`,
    `group.id: ${prefix}`,
    ...['config', 'offset', 'status'].map((kind) => `${kind}.storage.topic: ${prefix}-${kind}`)
  ].join('\n')
  return {
    brokerKeys: () => keys,
    openBroker: () => openKafkaBroker({ 'bootstrap.servers': bootstrap })
  }
}

/** As {@link surviveKills}, and enough kills fall in the snapshot and in the stream. */
export async function surviveKillsInEachPhase(run: KillRun): Promise<void> {
  const { snapshot, stream } = await surviveKills(run)
  assert.ok(snapshot >= 3, `kills in the snapshot: ${snapshot}`)
  assert.ok(stream >= 10, `kills in the stream: ${stream}`)
}

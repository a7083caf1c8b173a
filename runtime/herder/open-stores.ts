import { systemClock } from '../api/clock.ts'
import type { RawConfig } from '../api/config.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from '../broker/broker.ts'
import type { BrokerSettings } from '../broker/open-broker.ts'
import type { WorkerConfig } from '../config/worker-keys.ts'
import { ConfigStore } from '../stores/config-store.ts'
import { OffsetStore } from '../stores/offset-store.ts'
import { OwnOffsets } from '../stores/own-offsets.ts'
import { StatusStore } from '../stores/status-store.ts'
import { BrokerCache } from '../worker/broker-cache.ts'
import { offsetsTopicSpec, ownOffsetsTopic, writesElsewhere } from '../worker/offsets-topic.ts'

export interface StoresOptions {
  readonly config: WorkerConfig
  /** The worker's config with references resolved. */
  readonly raw: RawConfig
  readonly logger: Logger
  readonly broker: BrokerSettings
}

/** Opens the internal topics of a worker; those of offsets with the first request that needs them. */
export async function openStores(
  broker: Broker,
  { config, raw, logger, broker: settings }: StoresOptions
) {
  // For sources that write to other clusters only.
  const brokers = new BrokerCache(settings, logger)
  const spec = (of: 'config' | 'status', partitions: number) => ({
    name: config[`${of}.storage.topic`],
    partitions,
    replicationFactor: config[`${of}.storage.replication.factor`]
  })
  const shared = { broker, clock: systemClock, logger }
  const [configs, statuses] = await Promise.all([
    ConfigStore.open({ ...shared, clientId: 'millrace-configs', spec: spec('config', 1) }),
    StatusStore.open({
      ...shared,
      clientId: 'millrace-statuses',
      spec: spec('status', config['status.storage.partitions'])
    })
  ])
  let offsets: Promise<OffsetStore> | undefined
  const clientId = 'millrace-offsets'
  const openOffsets = () => {
    offsets ??= OffsetStore.open({ ...shared, clientId, spec: offsetsTopicSpec(config) })
    return offsets
  }
  return {
    configs,
    statuses,
    openOffsets,
    openOwnOffsets: async (connector: RawConfig) => {
      const name = ownOffsetsTopic(config, connector)
      if (name === null) return null
      const place = writesElsewhere(connector)
        ? await brokers.forConnector('producer', raw, connector)
        : broker
      const [topic] = await place.describeTopics([name])
      if (topic === undefined) return null
      const spec = { name, partitions: topic.partitions }
      const own = await OffsetStore.open({ ...shared, broker: place, clientId, spec })
      return new OwnOffsets({ own, shared: await openOffsets(), logger })
    },
    close: async () => {
      await configs.close()
      await statuses.close()
      await (await offsets?.catch(() => undefined))?.close()
      await brokers.close()
    }
  }
}

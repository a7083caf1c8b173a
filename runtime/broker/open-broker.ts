import type { RawConfig } from '../api/config.ts'
import type { Logger } from '../api/task.ts'
import type { Broker } from './broker.ts'
import type { ClientObserver } from './client-observer.ts'

/** Which broker, as plain data that crosses threads. */
export type BrokerSettings =
  | { readonly kind: 'lmdb'; readonly path: string }
  /** Kafka client keys: `bootstrap.servers`, `security.protocol`, `sasl.*`... It may hold secrets. */
  | { readonly kind: 'kafka'; readonly config: RawConfig }

/**
 * Opens the broker, loading only the client that is needed.
 * @param observer hears what goes over the network; nothing does to embedded topics
 */
export async function openBroker(
  settings: BrokerSettings,
  logger: Logger,
  observer?: ClientObserver
): Promise<Broker> {
  if (settings.kind === 'lmdb') {
    const { openLmdbBroker } = await import('./lmdb/lmdb-broker.ts')
    return openLmdbBroker({ path: settings.path })
  }
  const { openKafkaBroker } = await import('./kafka/kafka-broker.ts')
  return openKafkaBroker(settings.config, { logger, ...(observer && { observer }) })
}

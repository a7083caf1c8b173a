import type { ConnectionOptions } from 'node:tls'
import { readKeyStores } from '../../tls/key-stores.ts'
import type { KafkaConfig } from './kafka-config.ts'

/** Reads `ssl.*` of a client. @throws {ConnectError} INVALID_TLS_CONFIG naming the key and the remedy */
export async function readTls(config: KafkaConfig): Promise<ConnectionOptions> {
  const checked = (config['ssl.endpoint.identification.algorithm'] ?? 'https') !== ''
  return {
    ...(await readKeyStores(config)),
    ...(!checked && { checkServerIdentity: () => undefined })
  }
}

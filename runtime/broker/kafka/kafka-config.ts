import { ConnectError } from '../../api/errors.ts'

/** Kafka client keys and values, as in a properties file. */
export type KafkaConfig = Readonly<Record<string, string>>

export function invalidConfig(message: string, hint?: string, cause?: unknown): ConnectError {
  return new ConnectError('INVALID_KAFKA_CONFIG', message, {
    cause,
    ...(hint !== undefined && { hint })
  })
}

import type { ConfigType } from '../api/config.ts'
import type { ConfigReport } from './config-report.ts'
import type { ConfigView } from './config-view.ts'
import { invalidValue, parseType } from './configdef.ts'

/** `connector.client.config.override.policy` of the worker: which client settings connectors may set. */
export type OverridePolicy = 'All' | 'None'

/** The settings of Kafka's clients that are numbers or switches, by type. */
const TYPES: Readonly<Partial<Record<ConfigType, readonly string[]>>> = {
  INT: [
    'auto.commit.interval.ms',
    'batch.size',
    'default.api.timeout.ms',
    'delivery.timeout.ms',
    'fetch.max.bytes',
    'fetch.max.wait.ms',
    'fetch.min.bytes',
    'heartbeat.interval.ms',
    'max.in.flight.requests.per.connection',
    'max.partition.fetch.bytes',
    'max.poll.interval.ms',
    'max.poll.records',
    'max.request.size',
    'receive.buffer.bytes',
    'request.timeout.ms',
    'retries',
    'send.buffer.bytes',
    'session.timeout.ms',
    'transaction.timeout.ms'
  ],
  LONG: [
    'buffer.memory',
    'connections.max.idle.ms',
    'linger.ms',
    'max.block.ms',
    'metadata.max.age.ms',
    'metadata.max.idle.ms',
    'reconnect.backoff.max.ms',
    'reconnect.backoff.ms',
    'retry.backoff.max.ms',
    'retry.backoff.ms',
    'socket.connection.setup.timeout.max.ms',
    'socket.connection.setup.timeout.ms'
  ],
  BOOLEAN: [
    'allow.auto.create.topics',
    'check.crcs',
    'enable.auto.commit',
    'enable.idempotence',
    'enable.metrics.push',
    'exclude.internal.topics'
  ]
}

const TYPE_OF = new Map(
  Object.entries(TYPES).flatMap(([type, names]) => names.map((name) => [name, type as ConfigType]))
)

type Client = 'producer' | 'consumer' | 'admin'

/**
 * Lists and checks the settings of the connector's own Kafka clients: their types, and whether the
 * worker allows them. Only of the clients that the connector has, as in Kafka Connect.
 */
export function checkOverrides(
  report: ConfigReport,
  config: ConfigView,
  { clients, policy }: { clients: readonly Client[]; policy: OverridePolicy }
): void {
  for (const client of clients) {
    const prefix = `${client}.override.`
    for (const full of Object.keys(config.given).filter((key) => key.startsWith(prefix))) {
      const name = full.slice(prefix.length)
      const text = config.value(full)
      const known = report.find(full)
      const entry =
        known ??
        report.add({ name: full, definition: null, value: config.display(full, text), errors: [] })
      const parsed = text === null ? null : parseType(TYPE_OF.get(name) ?? 'STRING', text)
      if (parsed && 'problem' in parsed) {
        entry.errors.push(invalidValue(name, config.quoted(full), parsed.problem))
      }
      if (policy === 'None') {
        entry.errors.push(
          `The '${policy}' policy does not allow '${name}' to be overridden in the connector configuration.`
        )
      }
    }
  }
}

/** The clients that a connector of the worker has. */
export function clientsOf(kind: 'source' | 'sink', config: ConfigView): Client[] {
  if (kind === 'source') {
    const creates = (config.value('topic.creation.default.partitions') ?? '') !== ''
    return creates ? ['producer', 'admin'] : ['producer']
  }
  const deadLetters = (config.value('errors.deadletterqueue.topic.name') ?? '').trim() !== ''
  return deadLetters ? ['producer', 'consumer', 'admin'] : ['consumer']
}

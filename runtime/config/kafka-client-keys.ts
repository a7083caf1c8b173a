import {
  type ConfigKey,
  type ConfigSpec,
  ignored,
  int,
  long,
  oneOf,
  password,
  sameKeys,
  string
} from '../api/config.ts'

const passedOn = (doc: string): ConfigKey<string | null> =>
  string({ doc, default: null, group: 'Kafka' })

/** Keys of the Kafka clients, given in a worker file without prefix as for Kafka Connect. */
export const kafkaClientKeys = {
  'security.protocol': oneOf(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], {
    doc: 'How to talk to the brokers.',
    default: 'PLAINTEXT',
    group: 'Kafka'
  }),
  'sasl.mechanism': string({
    doc: 'PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.',
    default: null,
    group: 'Kafka'
  }),
  'sasl.jaas.config': password({
    doc: "Credentials as a line of Java's login configuration, with username and password.",
    default: null,
    group: 'Kafka'
  }),
  'sasl.<key>': passedOn('Other SASL setting.'),
  'ssl.truststore.password': password({ doc: 'Password of the trust store.', default: null }),
  'ssl.keystore.password': password({ doc: 'Password of the key store.', default: null }),
  'ssl.keystore.key': password({ doc: 'Private key in PEM format.', default: null }),
  'ssl.key.password': password({ doc: 'Password of the private key.', default: null }),
  'ssl.<key>': passedOn('Other TLS setting.'),
  'request.timeout.ms': int({
    doc: 'How long a request to a broker may take, in milliseconds.',
    default: 40_000,
    min: 1,
    group: 'Kafka'
  }),
  'socket.connection.setup.timeout.ms': long({
    doc: 'How long connecting to a broker may take, in milliseconds.',
    default: 10_000,
    min: 1,
    group: 'Kafka'
  }),
  'retry.backoff.ms': long({
    doc: 'First pause after a failed request, in milliseconds.',
    default: 100,
    min: 0,
    group: 'Kafka'
  }),
  'retry.backoff.max.ms': long({
    doc: 'Longest pause after failed requests, in milliseconds.',
    default: 1000,
    min: 0,
    group: 'Kafka'
  }),
  'metadata.max.age.ms': long({
    doc: 'How long facts about topics are believed, in milliseconds.',
    default: 300_000,
    min: 0,
    group: 'Kafka'
  }),
  ...sameKeys(
    [
      'client.dns.lookup',
      'connections.max.idle.ms',
      'metadata.recovery.strategy',
      'metadata.recovery.rebootstrap.trigger.ms',
      'receive.buffer.bytes',
      'reconnect.backoff.max.ms',
      'reconnect.backoff.ms',
      'send.buffer.bytes',
      'socket.connection.setup.timeout.max.ms'
    ],
    ignored(
      string({ doc: 'Setting of the Java clients.', default: null, group: 'Kafka' }),
      'the Kafka client here has no such setting'
    )
  ),
  'producer.<key>': passedOn('Setting of the producers of all source connectors.'),
  'consumer.<key>': passedOn('Setting of the consumers of all sink connectors.'),
  'admin.<key>': passedOn('Setting of the admin clients of all connectors.')
} as const satisfies ConfigSpec

import { ConnectError, FencedError, RetriableError } from '../../api/errors.ts'
import { protocolError } from './kafkajs-internals.ts'

/** Error codes that are acted on; all others are only reported. From Kafka's protocol guide. */
export const CODE = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicAlreadyExists: 36,
  notController: 41,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  unknownProducerId: 59,
  groupIdNotFound: 69,
  memberIdRequired: 79,
  producerFenced: 90
} as const

const AUTHORIZATION: ReadonlySet<number> = new Set([29, 30, 31, 53, 65])
/** kafkajs reports a connection lost while logging in as a failed login. */
const LOST = /closed|not connected|connection error|timed? ?out/i
const TLS_ERROR = /CERT|SSL|TLS|SIGNATURE|altname/i

/**
 * The error for an error code in an answer.
 *
 * @param what what was tried, as in "write to topic orders, partition 0"
 * @param detail the broker's own words, where the answer has any
 */
export function brokerError(
  code: number,
  what: string,
  detail: string | null = null
): ConnectError {
  const { type, message, retriable } = protocolError(code)
  const text = `Kafka could not ${what}: ${detail || message} (${type})`
  if (code === CODE.producerFenced || code === CODE.invalidProducerEpoch) return fenced(what)
  if (code === CODE.invalidTxnState || code === CODE.invalidProducerIdMapping) {
    return new RetriableError('TRANSACTION_ABORTED', text)
  }
  if (AUTHORIZATION.has(code)) {
    return new ConnectError('KAFKA_AUTHORIZATION', text, {
      hint: 'grant the user of this worker the missing permission with kafka-acls'
    })
  }
  if (code === CODE.unknownTopicOrPartition) return unknownTopic(text)
  return retriable || isRefusedForNow(code)
    ? new RetriableError('KAFKA_ERROR', text)
    : new ConnectError('KAFKA_ERROR', text)
}

/** Where asking again, perhaps another node, can help. */
export function isRefusedForNow(code: number): boolean {
  return (
    code === CODE.coordinatorLoading ||
    code === CODE.coordinatorNotAvailable ||
    code === CODE.notCoordinator ||
    code === CODE.concurrentTransactions ||
    code === CODE.unknownTopicOrPartition ||
    protocolError(code).retriable
  )
}

export function isFencing(code: number): boolean {
  return code === CODE.producerFenced || code === CODE.invalidProducerEpoch
}

export function fenced(what: string): FencedError {
  return new FencedError(`Kafka could not ${what}: a newer producer has the same transactional id`)
}

function unknownTopic(text: string): ConnectError {
  return new RetriableError('UNKNOWN_TOPIC', text, {
    hint: 'create the topic, or check its name and the permission to describe it'
  })
}

/** The error of a connection that broke, could not be made, or timed out. */
export function connectionError(cause: unknown, servers: string): ConnectError {
  if (cause instanceof ConnectError) return cause
  const { name, message, code } = parts(cause)
  if (name.includes('SASL') && !LOST.test(message)) {
    return new ConnectError('KAFKA_AUTHENTICATION', `Kafka at ${servers} refused the login`, {
      cause,
      hint: 'check sasl.mechanism and the user name and password in sasl.jaas.config'
    })
  }
  if (TLS_ERROR.test(code) || TLS_ERROR.test(message)) {
    return new ConnectError('KAFKA_TLS', `No TLS connection to Kafka at ${servers}`, {
      cause,
      hint: 'check security.protocol, the port, ssl.truststore.* and that the certificate has this host name'
    })
  }
  return new RetriableError('KAFKA_UNREACHABLE', `Cannot reach Kafka at ${servers}`, {
    cause,
    hint:
      'check that it runs, that bootstrap.servers and its advertised.listeners can be reached from' +
      ' here, and that security.protocol is that of the listener'
  })
}

export function isConnectionLoss(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'KAFKA_UNREACHABLE'
}

function parts(cause: unknown): { name: string; message: string; code: string } {
  if (!(cause instanceof Error)) return { name: '', message: String(cause), code: '' }
  const code = 'code' in cause ? String(cause.code) : ''
  return { name: cause.name, message: cause.message, code }
}

import { ConnectError, type ConnectErrorOptions } from '../api/errors.ts'

/** The statuses of Kafka Connect's REST API that a refused request can have. */
export type RefusedStatus = 400 | 403 | 404 | 409 | 500 | 503

/**
 * A request that the herder refuses. Status and text are Kafka Connect's, because clients branch on
 * both (`RetryingKafkaConnectClient` of Kafka UI, terraform-provider-kafka-connect, Strimzi).
 */
export class RequestError extends ConnectError {
  readonly status: RefusedStatus

  constructor(status: RefusedStatus, message: string, options: ConnectErrorOptions = {}) {
    super('REQUEST_REFUSED', message, options)
    this.name = 'RequestError'
    this.status = status
  }
}

/** The request belongs to another worker: the leader, or the owner of the connector or task. */
export class ForwardError extends ConnectError {
  /** Base URL of that worker, or null while nobody is known to be it. */
  readonly url: string | null

  constructor(url: string | null) {
    super('NOT_OWNER', 'Another worker of the group carries this request out', {
      retriable: true,
      hint: url === null ? 'try again in a moment' : `ask ${url}`
    })
    this.name = 'ForwardError'
    this.url = url
  }
}

/** @throws {RequestError} for a change of what somebody else has changed, as Kafka Connect words it */
export function staleConfig(): RequestError {
  return new RequestError(
    409,
    'Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)'
  )
}

/** @throws {RequestError} for a request in the midst of a change, as Kafka Connect words it */
export function conflict(): RequestError {
  return new RequestError(
    409,
    'Cannot complete request because of a conflicting operation (e.g. worker rebalance)'
  )
}

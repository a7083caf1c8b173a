import { ConnectError, RetriableError } from '../../api/errors.ts'
import { parseJsonObject } from '../../stores/exact-json.ts'
import type { Answer, Call } from './http-exchange.ts'

/** What Kafka Connect says while plain reads have to wait for a rebalance, with a status of 500. */
const REBALANCE = /rebalance is expected/

/**
 * The error that an answer stands for, with the worker's own text.
 *
 * @param clean masks secrets: Kafka Connect repeats configurations in some of its texts
 */
export function refusalOf(
  { status, text }: Answer,
  call: Call,
  clean: (text: string) => string
): ConnectError {
  const said = parseJsonObject(text)?.['message']
  const message = clean(
    typeof said === 'string' && said !== ''
      ? said
      : `the worker answered ${status} without a reason`
  )
  if (status === 401) {
    return new ConnectError('WORKER_UNAUTHORIZED', `the worker does not let you in: ${message}`, {
      hint: 'give --user and MILLRACE_PASSWORD, or MILLRACE_TOKEN'
    })
  }
  if (status === 403) {
    return new ConnectError('WORKER_UNAUTHORIZED', `the worker does not allow it: ${message}`, {
      hint: 'ask with a user or token that may do it'
    })
  }
  if (isBusy(status, message)) {
    return new RetriableError('WORKER_BUSY', message, {
      hint: 'the group is changing: try again in a moment, or give --retry more seconds'
    })
  }
  if (status === 404) return notFound(call, message)
  if (status >= 500) {
    return new ConnectError('WORKER_FAILED', message, {
      hint: "the worker's log says more"
    })
  }
  if (/^Connector configuration is invalid/.test(message)) {
    return new ConnectError('INVALID_CONFIG', message.split('\nYou can also find')[0] ?? message)
  }
  return new ConnectError('REQUEST_REFUSED', message, hintFor(call, status, message))
}

function isBusy(status: number, message: string): boolean {
  if (status === 409) return !/already exists/.test(message)
  return status === 503 || (status === 500 && REBALANCE.test(message))
}

function notFound({ path }: Call, message: string): ConnectError {
  return /^HTTP 404|without a reason$/.test(message)
    ? new ConnectError('NOT_A_WORKER', `the worker does not know ${path}`, {
        hint: 'check the path of --url; a worker older than Kafka Connect 3.8 lacks some requests'
      })
    : new ConnectError('UNKNOWN_CONNECTOR', message, {
        hint: 'millrace connectors list shows the names'
      })
}

function hintFor({ path }: Call, status: number, message: string): { hint?: string } {
  const name = decodeURIComponent(/^\/connectors\/([^/?]+)/.exec(path)?.[1] ?? '')
  if (/STOPPED state before/.test(message)) {
    return { hint: `run millrace connectors stop '${name}' first, and resume it afterwards` }
  }
  if (/already exists/.test(message)) return { hint: 'millrace connectors update changes it' }
  if (status === 405) return { hint: 'the worker is too old for this request' }
  if (/[/%\\]/.test(name)) {
    return { hint: 'Kafka Connect cannot be asked about names with a slash, backslash or percent' }
  }
  return {}
}

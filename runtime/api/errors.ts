/** What every error of Millrace carries besides its message. */
export interface ConnectErrorOptions {
  readonly cause?: unknown
  /** Whether trying the same again later may succeed. */
  readonly retriable?: boolean
  /** What the reader can do about it: a command, a statement, a key to change. */
  readonly hint?: string
}

/**
 * An error that a person reads. `code` is stable and documented in `docs/errors.md`; a code is never
 * reused. The message says what went wrong with which thing, the hint says what to do next.
 */
export class ConnectError extends Error {
  readonly code: string
  readonly retriable: boolean
  readonly hint: string | undefined

  constructor(code: string, message: string, options: ConnectErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConnectError'
    this.code = code
    this.retriable = options.retriable ?? false
    this.hint = options.hint
  }
}

/** The operation may succeed later: a lost connection, a busy server. Retried with backoff. */
export class RetriableError extends ConnectError {
  constructor(code: string, message: string, options: Omit<ConnectErrorOptions, 'retriable'> = {}) {
    super(code, message, { ...options, retriable: true })
    this.name = 'RetriableError'
  }
}

/** One record cannot be converted, transformed or written, whatever the number of tries. */
export class DataError extends ConnectError {
  constructor(code: string, message: string, options: ConnectErrorOptions = {}) {
    super(code, message, options)
    this.name = 'DataError'
  }
}

/** Someone newer owns what this task or worker wanted to write. It must stop; retrying is wrong. */
export class FencedError extends ConnectError {
  constructor(message: string, options: ConnectErrorOptions = {}) {
    super('FENCED', message, options)
    this.name = 'FencedError'
  }
}

export function isRetriable(error: unknown): boolean {
  return error instanceof ConnectError && error.retriable
}

/** The error as one line for a status or a log: message, causes, hint. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  for (let current = error; current !== undefined && current !== null && parts.length < 5; ) {
    const text = current instanceof Error ? current.message || current.name : String(current)
    if (text !== '' && !parts.some((part) => part.includes(text))) parts.push(text)
    current = current instanceof Error ? current.cause : undefined
  }
  const hint = error instanceof ConnectError && error.hint ? ` (${error.hint})` : ''
  return parts.join(': ') + hint
}

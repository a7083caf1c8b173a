import { ConnectError, describeError } from '../api/errors.ts'
import { style } from './terminal.ts'

/**
 * Says what went wrong on standard error: message, causes, hint and code; with MILLRACE_TRACE the stack.
 *
 * @param about what it happened to, where a command does several things
 */
export function printError(error: unknown, about?: string): void {
  const code = error instanceof ConnectError && error.code !== 'USAGE' ? ` [${error.code}]` : ''
  const text = `${about === undefined ? '' : `${about}: `}${describeError(error)}${code}`
  process.stderr.write(`${style(process.stderr, 'red', 'error:')} ${text}\n`)
  if (process.env['MILLRACE_TRACE'] && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`)
  }
}

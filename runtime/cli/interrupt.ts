/**
 * A signal that aborts at the first Ctrl-C or SIGTERM, so that a command ends in order; a second one
 * ends the process at once.
 */
export function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort())
  }
  return controller.signal
}

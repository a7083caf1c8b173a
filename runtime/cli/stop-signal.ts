import type { Logger } from '../api/task.ts'
import { EXIT } from './exit-code.ts'

/** Resolves at the first SIGINT or SIGTERM; the second one ends the process at once. */
export function untilSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(EXIT.failed)
      asked = true
      logger.info('stopping', { signal })
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** Waits with the process kept up: signal handlers do not do that, and there may be no connector. */
export async function stayUp(until: Promise<void>): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30)
  await until.finally(() => clearInterval(alive))
}

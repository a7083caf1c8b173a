import { writeFile } from 'node:fs/promises'
import type { Logger } from '../api/task.ts'
import type { RestServer } from '../rest/server.ts'

/**
 * Says that the worker is ready, in the log and, for whoever waits for it, in a file:
 * `{"pid":...,"ms":...,"url":...}`, with the milliseconds since its start.
 */
export async function announce(
  logger: Logger,
  server: RestServer | null,
  readyFile: string | undefined
): Promise<void> {
  const ms = Math.round(performance.now())
  const url = server?.advertised.url
  logger.info('ready', { ms, ...(url && { url }) })
  if (readyFile === undefined) return
  await writeFile(readyFile, `${JSON.stringify({ pid: process.pid, ms, ...(url && { url }) })}\n`)
}

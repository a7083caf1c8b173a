import type { Logger } from '../../api/task.ts'
import { createKafkajsLogger, type KafkajsLogger } from './kafkajs-internals.ts'

const WARN_LEVEL = 2

/**
 * Passes on what kafkajs logs, as debug lines: every failure it logs is also thrown, reported once by
 * whoever handles it, and is often retried with success.
 */
export function kafkajsLogger(logger: Logger | undefined): KafkajsLogger {
  return createKafkajsLogger(WARN_LEVEL, ({ namespace, log }) => {
    logger?.debug(`kafkajs: ${log.message}`, { namespace })
  })
}

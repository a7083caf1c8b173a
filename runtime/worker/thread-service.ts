import type { MessagePort } from 'node:worker_threads'
import type { PluginRegistry } from '../config/plugins.ts'
import { LogLevels, PART_LOGGERS } from '../metrics/log-levels.ts'
import type { LogLevel } from '../metrics/logger.ts'
import { BrokerCache } from './broker-cache.ts'
import { postingLogger, TaskHost } from './task-host.ts'
import { TaskFactory } from './task-run.ts'
import type { TaskEnvironment } from './task-spec.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

/** Runs tasks as the messages of a port say. */
export async function serveTasks(port: MessagePort, environment: TaskEnvironment): Promise<void> {
  const post = (message: FromThread) => port.postMessage(message)
  // Until the main thread says more, all lines are posted to it.
  const levels = new LogLevels('ALL', Date.now)
  const allows = (level: LogLevel) => levels.allows(PART_LOGGERS.client, level)
  const logger = postingLogger(post, {}, allows)
  const waiting: ToThread[] = []
  const wait = (message: ToThread) => waiting.push(message)
  port.on('message', wait)
  const { registry }: { registry: PluginRegistry } = await import(environment.registryUrl)
  const brokers = new BrokerCache(environment.broker, logger)
  const factory = new TaskFactory(environment, { registry, brokers, logger })
  const host = new TaskHost({ factory, post, levels })
  port.off('message', wait)
  port.on('message', (message: ToThread) => host.handle(message))
  for (const message of waiting) host.handle(message)
}

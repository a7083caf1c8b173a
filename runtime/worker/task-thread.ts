import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { serveTasks } from './thread-service.ts'

/** By then the connectors of the first tasks have been loaded. */
const FLUSH_AFTER_MS = 10_000

if (parentPort) await serveTasks(parentPort, workerData)
// A thread that is terminated, or killed with its process, would leave nothing for the next start.
setTimeout(() => flushCompileCache(), FLUSH_AFTER_MS).unref()

import { enableCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

// The entry of a task thread: everything else is loaded after the compile cache is on.
enableCompileCache()

const { serveTasks } = await import('./thread-service.ts')
if (parentPort) await serveTasks(parentPort, workerData)

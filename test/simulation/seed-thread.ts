import { parentPort } from 'node:worker_threads'
import { simulate } from './simulate.ts'

// Thousands of errors are made that nobody reads the stack of.
Error.stackTraceLimit = 0

parentPort?.on('message', async (seed: number) => {
  const { violation, virtualMs } = await simulate(seed)
  // An error would lose its fields on the way.
  const plain = violation && { invariant: violation.invariant, message: violation.message }
  parentPort?.postMessage({ seed, violation: plain, virtualMs })
})

#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module'

// Compiled code of the last start is read from disk: a worker is ready sooner.
enableCompileCache()
// It is written at the end, but for a process that is killed.
setTimeout(() => flushCompileCache(), 10_000).unref()

const { main } = await import('./program.ts')
process.exitCode = await main(process.argv.slice(2))

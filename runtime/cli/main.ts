#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Compiled code of the last start is read from disk: a worker is ready sooner.
enableCompileCache()

const { main } = await import('./program.ts')
process.exitCode = await main(process.argv.slice(2))

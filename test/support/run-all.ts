/**
 * `npm test`: runs test/**\/*.test.ts with one Kafka for all suites that share one, and lists what was
 * skipped for lack of an engine. Words after `--` choose files by a part of their path; options go
 * to node's test runner: `npm test -- broker --test-name-pattern=abort`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingReason } from './engines.ts'
import { type KafkaServer, startKafka } from './kafka.ts'
import { projectRoot } from './source-files.ts'

/** Two heavy suites at a time fill two cores; more only makes them wait for each other. */
const CONCURRENCY = process.env['MILLRACE_TEST_CONCURRENCY'] ?? '2'
/** A suite that hangs must fail by name long before CI's own limit ends everything. */
const FILE_TIMEOUT_MS = 20 * 60_000

const words = process.argv.slice(2)
const options = words.filter((word) => word.startsWith('-'))
const filters = words.filter((word) => !word.startsWith('-'))

const files = globSync('test/**/*.test.ts', { cwd: projectRoot })
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort()

async function sharedBroker(): Promise<KafkaServer | undefined> {
  if (process.env['MILLRACE_KAFKA'] || missingReason('kafka')) return undefined
  const wanted = files.some((file) => /kafka/i.test(readFileSync(join(projectRoot, file), 'utf8')))
  return wanted ? startKafka() : undefined
}

async function run(): Promise<number> {
  await using kafka = await sharedBroker()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const skips = join(folder, 'skips')
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=./test/support/skip-reporter.ts', `--test-reporter-destination=${skips}`]
  ]
  const limits = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${FILE_TIMEOUT_MS}`]
  const child = spawn(process.execPath, ['--test', ...limits, ...reporters, ...options, ...files], {
    cwd: projectRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(kafka ? { MILLRACE_KAFKA: kafka.bootstrap } : {}) }
  })
  const [code] = await once(child, 'exit')
  const skipped = readFileSync(skips, 'utf8').trim()
  rmSync(folder, { recursive: true, force: true })
  if (skipped) console.log(`\nSkipped, the engine is not on this machine:\n${skipped}`)
  return typeof code === 'number' ? code : 1
}

if (files.length === 0) {
  console.error(`no test file matches ${filters.join(' ')}`)
  process.exitCode = 1
} else {
  process.exitCode = await run()
}

/**
 * `npm run simulate -- --seeds 10000`: runs the simulation for many seeds on all cores and stops at the
 * first that fails. `--from S` begins at another seed; `--seed X` runs one, with `--trace` line by line.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Outcome, simulate } from './simulate.ts'

const PROGRESS_MS = 10_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false }
  }
})

function whole(name: 'seeds' | 'from' | 'seed', text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  console.error(`--${name} takes a whole number, not ${text}`)
  process.exit(2)
}

/** @returns the exit code */
async function runOne(seed: number): Promise<number> {
  const { violation, virtualMs } = await simulate(seed, values.trace ? console.log : null)
  if (violation !== null) {
    console.error(`seed ${seed} fails: ${violation.message}`)
    return 1
  }
  console.log(`seed ${seed} is green, after ${Math.round(virtualMs / 1000)} simulated seconds`)
  return 0
}

/** Hands seeds out one by one to a thread for each core. @returns the exit code */
async function runMany(from: number, count: number): Promise<number> {
  const begun = performance.now()
  let next = from
  let done = 0
  let virtualMs = 0
  let failed: Outcome | null = null
  const seconds = () => ((performance.now() - begun) / 1000).toFixed(0)
  const progress = setInterval(() => {
    console.log(`${done} of ${count} seeds are green after ${seconds()} s`)
  }, PROGRESS_MS)
  const thread = async () => {
    const worker = new Worker(new URL('./seed-thread.ts', import.meta.url))
    const broken = new Promise<never>((_, reject) => worker.once('error', reject))
    while (next < from + count && failed === null) {
      const outcome = await Promise.race([ask(worker, next++), broken])
      if (outcome.violation !== null) failed ??= outcome
      done++
      virtualMs += outcome.virtualMs
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, thread))
  clearInterval(progress)
  return report(failed, () => {
    const hours = (virtualMs / 3_600_000).toFixed(1)
    console.log(`${done} seeds are green: ${hours} simulated hours in ${seconds()} s`)
  })
}

function report(failed: Outcome | null, green: () => void): number {
  if (failed === null) {
    green()
    return 0
  }
  console.error(`seed ${failed.seed} fails: ${failed.violation?.message}`)
  console.error(`replay it with: npm run simulate -- --seed ${failed.seed} --trace`)
  return 1
}

function ask(worker: Worker, seed: number): Promise<Outcome> {
  return new Promise((resolve) => {
    worker.once('message', resolve)
    worker.postMessage(seed)
  })
}

process.exitCode =
  values.seed === undefined
    ? await runMany(whole('from', values.from), whole('seeds', values.seeds))
    : await runOne(whole('seed', values.seed))

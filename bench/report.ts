import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../test/support/source-files.ts'

/** What was measured. The commit is read once: others may commit while a benchmark runs. */
export const version = `Millrace ${commit()} on Node.js ${process.version}`

/** The machine in a few words. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${cpus().length} cores (${cpu?.model.trim()}), ${memory} of memory, ${process.platform}`
}

/** Puts a report into bench/README.md, between `<!-- name -->` and `<!-- end of name -->`. */
export function publish(name: string, report: string): void {
  const file = join(projectRoot, 'bench/README.md')
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${file} has no ${begin}`)
  writeFileSync(file, `${before}${begin}\n${report}\n${end}${after}`)
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: projectRoot }).toString().trim()
  return git('rev-parse', '--short=10', 'HEAD')
}

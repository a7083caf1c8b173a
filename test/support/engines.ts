import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingMariadb } from './mariadb-binaries.ts'

/**
 * - `kafka`: a broker to share, started here or named by MILLRACE_KAFKA=host:port
 * - `kafka-server`: a broker of the suite's own, to kill or to reach by TLS and SASL
 * - `kcat`: the command line client
 * - `mariadb`: the system's MariaDB server, or the one that MILLRACE_MARIADB names
 */
export type Engine = 'kafka' | 'kafka-server' | 'kcat' | 'mariadb'

/** Options for `describe` or `it`: empty, or a skip with the reason. */
export interface Requirement {
  readonly skip?: string
}

/** What every skip reason of a missing engine begins with; the runner lists these at the end. */
export const MISSING_ENGINE = 'no engine: '

/**
 * Lets a suite run where the engine is, and skips it with a reason elsewhere:
 * `describe('kafka broker', requireEngine('kafka'), () => ...)`.
 *
 * @throws Error instead of skipping when MILLRACE_REQUIRE_ENGINES is 1, as in CI.
 */
export function requireEngine(...engines: Engine[]): Requirement {
  const reasons = engines.flatMap((engine) => missingReason(engine) ?? [])
  if (reasons.length === 0) return {}
  const reason = `${MISSING_ENGINE}${reasons.join('; ')}`
  if (process.env['MILLRACE_REQUIRE_ENGINES'] === '1') throw new Error(reason)
  return { skip: reason }
}

/** Why an engine cannot be had on this machine, or undefined. Fetches Kafka's jars if need be. */
export function missingReason(engine: Engine): string | undefined {
  if (engine === 'kcat') return runs('kcat', '-V') ? undefined : 'kcat is not installed'
  if (engine === 'mariadb') return missingMariadb()
  if (engine === 'kafka' && process.env['MILLRACE_KAFKA']) return undefined
  if (!runs('java', '-version')) return `${engine} needs Java (java is not on the path)`
  if (existsSync(kafkaJars())) return undefined
  if (!runs('mvn', '-version')) return `${engine} needs Maven to fetch its jars once`
  try {
    fetchKafkaJars()
    return undefined
  } catch (error) {
    return `${engine}: Maven could not fetch its jars: ${String(error).slice(0, 300)}`
  }
}

/** The folder that engines are kept in between runs. */
export function engineCache(): string {
  return process.env['MILLRACE_ENGINES'] ?? join(homedir(), '.cache', 'millrace-engines')
}

/** The folder with the jars of Kafka, its tools and Kafka Connect; there once they are fetched. */
export function kafkaJars(): string {
  return join(engineCache(), 'kafka-4.3.0')
}

/** A file beside this module, in `engines/`. */
export function engineFile(name: string): string {
  return fileURLToPath(new URL(`engines/${name}`, import.meta.url))
}

/** Copies what a pom names into a folder that appears whole or not at all. */
export function fetchJars(pom: string, target: string, args: readonly string[] = []): void {
  const draft = `${target}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${draft}`]
  try {
    execFileSync('mvn', ['-q', '-B', '-f', pom, ...goal, ...args], { stdio: 'pipe' })
    if (!existsSync(target)) renameSync(draft, target)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function fetchKafkaJars(): void {
  fetchJars(engineFile('pom.xml'), kafkaJars())
}

function runs(command: string, flag: string): boolean {
  return spawnSync(command, [flag], { stdio: 'ignore' }).status === 0
}

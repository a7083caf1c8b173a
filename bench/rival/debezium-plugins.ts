import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineCache, fetchJars } from '../../test/support/engines.ts'

export const DEBEZIUM_POSTGRES = '3.6.0.Final'
export const DEBEZIUM_MARIADB = '3.5.0.Final'
export const DEBEZIUM_JDBC = '3.2.0.Final'

/** Jars that the worker has itself: a second copy in a plugin's folder clashes with it. */
const WORKERS_OWN = /^(connect-api|kafka-clients|slf4j-api|snappy-java|zstd-jni|lz4-java)-/

const PLUGINS = [
  { folder: `debezium-postgres-${DEBEZIUM_POSTGRES}`, pom: 'debezium-postgres', drop: WORKERS_OWN },
  { folder: `debezium-mariadb-${DEBEZIUM_MARIADB}`, pom: 'debezium-mariadb', drop: WORKERS_OWN },
  {
    folder: `debezium-jdbc-${DEBEZIUM_JDBC}`,
    pom: 'debezium-jdbc',
    drop: new RegExp(`${WORKERS_OWN.source}|^jackson-`)
  }
]

/** Fetches the plugins once; returns the folder to name in `plugin.path`. */
export function debeziumPlugins(): string {
  const root = join(engineCache(), 'connect-plugins')
  mkdirSync(root, { recursive: true })
  for (const { folder, pom, drop } of PLUGINS) {
    const target = join(root, folder)
    if (existsSync(target)) continue
    const draft = join(engineCache(), `${folder}.${process.pid}`)
    const file = fileURLToPath(new URL(`${pom}.pom.xml`, import.meta.url))
    fetchJars(file, draft, ['-DincludeScope=runtime'])
    for (const jar of readdirSync(draft)) if (drop.test(jar)) rmSync(join(draft, jar))
    moveInto(draft, target)
  }
  return root
}

function moveInto(draft: string, target: string): void {
  if (existsSync(target)) rmSync(draft, { recursive: true })
  else renameSync(draft, target)
}

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the programs of MariaDB are, and how they are told to run as root. */
export interface MariadbBinaries {
  readonly server: string
  readonly installDb: string
  readonly client: string
  readonly userArgs: readonly string[]
}

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/**
 * The binaries of the system's MariaDB, or those that MILLRACE_MARIADB (the path of `mariadbd`)
 * names.
 *
 * @throws Error when there are none; `requireEngine('mariadb')` asks before.
 */
export function mariadbBinaries(): MariadbBinaries {
  const found = programs()
  if (!found) throw new Error(MISSING_MARIADB)
  // The server refuses to run as root unless it is told to; a test's data folder is root's then.
  const userArgs = process.getuid?.() === 0 ? ['--user=root'] : []
  return { ...found, userArgs }
}

/** Why MariaDB cannot be started on this machine, or undefined. */
export function missingMariadb(): string | undefined {
  return programs() ? undefined : MISSING_MARIADB
}

function programs(): Omit<MariadbBinaries, 'userArgs'> | undefined {
  const server = mariadbServer()
  const installDb = server && besides(server, 'mariadb-install-db')
  const client = server && besides(server, 'mariadb')
  return server && installDb && client ? { server, installDb, client } : undefined
}

const MISSING_MARIADB =
  'MariaDB is not installed (Debian package mariadb-server, or MILLRACE_MARIADB=/path/to/mariadbd)'

function mariadbServer(): string | undefined {
  const named = process.env['MILLRACE_MARIADB']
  if (named) return existsSync(named) ? named : undefined
  return [...FOLDERS, ...searchPath()].map((at) => join(at, 'mariadbd')).find(existsSync)
}

/** Packages put the server into sbin and the programs into bin, or everything into one folder. */
function besides(server: string, program: string): string | undefined {
  const folder = dirname(server)
  const beside = [folder, join(folder, '../bin'), join(folder, '../scripts')]
  return [...beside, ...searchPath()].map((at) => join(at, program)).find(existsSync)
}

function searchPath(): string[] {
  return (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '')
}

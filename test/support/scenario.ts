import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MariadbServer } from './mariadb.ts'
import type { PostgresServer } from './postgres.ts'
import { WorkerProcess } from './worker-process.ts'

/** A folder with a worker file and connector files, and the worker process that runs them. */
export class Scenario implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-scenario-'))
  readonly worker: WorkerProcess
  readonly #files: string[]

  /** @param files file name to YAML; `FOLDER` in a text stands for the scenario's folder */
  constructor(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
    this.#files = Object.keys(files).map((name) => join(this.folder, name))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    this.worker = new WorkerProcess([...this.#files, ...options], {}, join(this.folder, 'log'))
  }

  get topicsPath(): string {
    return join(this.folder, 'topics')
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text.replaceAll('FOLDER', this.folder))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const EMBEDDED_WORKER = 'data.dir: FOLDER/topics\n'

export interface Keys {
  readonly [key: string]: string | number | boolean
}

/** The YAML of a connector from flat keys. */
export function connectorYaml(name: string, keys: Keys): string {
  const lines = Object.entries(keys).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return `name: ${name}\nconfig:\n${lines.join('\n')}\n`
}

/** Keys of a PostgreSQL source on a test server; the database's name is prefix, slot and publication too. */
export function sourceKeys(server: PostgresServer, database: string, more: Keys = {}): Keys {
  return {
    'connector.class': 'postgres',
    'topic.prefix': database,
    'database.hostname': server.host,
    'database.port': server.port,
    'database.user': server.user,
    'database.password': server.password,
    'database.dbname': database,
    'slot.name': database,
    'publication.name': database,
    ...more
  }
}

/** Keys of a PostgreSQL sink that copies the tables of such a source. */
export function sinkKeys(
  server: PostgresServer,
  names: { readonly prefix: string; readonly database: string },
  more: Keys = {}
): Keys {
  return {
    'connector.class': 'postgres-sink',
    'topics.regex': `${names.prefix}\\.public\\..*`,
    'connection.url': `postgresql://${server.host}:${server.port}/${names.database}`,
    'connection.username': server.user,
    'connection.password': server.password,
    'collection.name.format': '${source.table}',
    ...more
  }
}

/** Numbers of MariaDB sources, each of which is a replica of its server. */
let replicas = 70_000 + (process.pid % 1000) * 10

/** Keys of a MariaDB source on a test server; the database's name is the prefix of its topics too. */
export function mariadbSourceKeys(server: MariadbServer, database: string, more: Keys = {}): Keys {
  return {
    'connector.class': 'mariadb',
    'topic.prefix': database,
    'database.hostname': server.host,
    'database.port': server.port,
    'database.user': server.user,
    'database.password': server.password,
    'database.server.id': replicas++,
    'database.include.list': database,
    ...more
  }
}

/** Keys of a sink that copies tables of any source into a MariaDB. */
export function mariadbSinkKeys(
  server: MariadbServer,
  to: { readonly database: string; readonly topicsRegex: string },
  more: Keys = {}
): Keys {
  return {
    'connector.class': 'mysql-sink',
    'topics.regex': to.topicsRegex,
    'connection.url': `mariadb://${server.host}:${server.port}/${to.database}`,
    'connection.username': server.user,
    'connection.password': server.password,
    'collection.name.format': '${source.table}',
    ...more
  }
}

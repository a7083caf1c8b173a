import { rmSync } from 'node:fs'
import { freePort, type GuardedProcess } from './guarded-process.ts'

/** How a database server of tests is set up, and where it keeps its data. */
export interface ServerOptions {
  /** Added to the server's own configuration file, last word. */
  readonly settings?: Readonly<Record<string, string>>
  /** Waits for the disk on every commit (for benchmarks). Default: not, which is safe against kill -9. */
  readonly durable?: boolean
  /** An existing data folder of this kind of server, or where to make one. Default: a temporary folder. */
  readonly dataDir?: string
  readonly port?: number
  /** Keeps the data folder when stopped. Default: false, or true when `dataDir` is given. */
  readonly persistent?: boolean
}

export type Row = Record<string, unknown>

/** A real database server on 127.0.0.1, with a pool of connections for each database that is asked. */
export abstract class DatabaseServer<Pool extends { end(): Promise<unknown> }>
  implements AsyncDisposable
{
  readonly host = '127.0.0.1'
  readonly folder: string
  readonly #options: ServerOptions
  readonly #pools = new Map<string, Pool>()
  #port = 0
  #process: GuardedProcess | undefined
  #databases = 0

  constructor(folder: string, options: ServerOptions) {
    this.folder = folder
    this.#options = options
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  /** The last lines of the server's log. */
  get log(): string {
    return this.#process?.output ?? ''
  }

  /** The signals that end the server in order, and at once. */
  protected abstract readonly signals: {
    readonly stop: NodeJS.Signals
    readonly crash: NodeJS.Signals
  }

  /** Starts the process on {@link port}. */
  protected abstract launch(): GuardedProcess

  protected abstract openPool(database: string): Pool

  /** Whether the data folder outlives the server. */
  protected get keeps(): boolean {
    return this.#options.persistent ?? this.#options.dataDir !== undefined
  }

  protected pool(database: string): Pool {
    const found = this.#pools.get(database)
    if (found) return found
    const pool = this.openPool(database)
    this.#pools.set(database, pool)
    return pool
  }

  /** A name for a database that nobody else has. */
  protected newName(): string {
    return `db_${++this.#databases}_${process.pid}`
  }

  /** Starts the server again on the same port and data. */
  async start(): Promise<void> {
    this.#port ||= this.#options.port ?? (await freePort())
    for (let attempt = 1; ; attempt++) {
      this.#process = this.launch()
      try {
        await this.#process.ready
        return
      } catch (error) {
        const taken = this.#process.output.includes('Address already in use')
        if (!taken || this.#options.port || attempt === 5) throw error
        this.#port = await freePort()
      }
    }
  }

  /** Stops the server in order and starts it again; a binary log goes on in a new file. */
  async restart(): Promise<void> {
    await this.#halt(this.signals.stop)
    await this.start()
  }

  /** Ends the server at once: the next start recovers from its logs. */
  async crash(): Promise<void> {
    await this.#halt(this.signals.crash)
  }

  async stop(): Promise<void> {
    await this.#halt(this.signals.stop)
    if (this.keeps) return
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #halt(signal: NodeJS.Signals): Promise<void> {
    const ending = [...this.#pools.values()].map((pool) => pool.end())
    this.#pools.clear()
    const server = this.#process
    this.#process = undefined
    await server?.stop(signal)
    await Promise.allSettled(ending)
  }
}

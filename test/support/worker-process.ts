import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, readFileSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guard } from './guarded-process.ts'
import { projectRoot } from './source-files.ts'
import { until } from './until.ts'

/** One line of the worker's JSON log. */
export interface LogLine {
  readonly msg: string
  readonly [field: string]: unknown
}

/** The worker as its own process, as a user starts it; its JSON log lines come in as objects. */
export class WorkerProcess {
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  readonly #command: 'run' | 'worker'
  readonly #main: string
  readonly #log: WriteStream
  readonly #listeners = new Set<(line: LogLine) => void>()
  #child: ChildProcess | undefined
  #lines: string[] = []
  #peakBytes = 0
  #url = ''

  /**
   * @param args files and options of the command
   * @param main path of the program; `dist/runtime/cli/main.js` is the one that is packed
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    logFile: string,
    command: 'run' | 'worker' = 'run',
    main = 'runtime/cli/main.ts'
  ) {
    this.#args = args
    this.#env = env
    this.#command = command
    this.#main = main
    this.#log = createWriteStream(logFile, { flags: 'a' })
  }

  get peakBytes(): number {
    return this.#peakBytes
  }

  /** Base of its REST API; empty before it is ready, and when it has none. */
  get url(): string {
    return this.#url
  }

  /** Of the process that runs now; -1 before the first start. */
  get pid(): number {
    return this.#child?.pid ?? -1
  }

  get alive(): boolean {
    return (
      this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
    )
  }

  onLine(listener: (line: LogLine) => void): void {
    this.#listeners.add(listener)
  }

  /**
   * Waits for a line of the log that holds a text, counted from the last start.
   * @throws {Error} when it does not come within `limitMs`
   */
  async says(text: string, limitMs = 30_000): Promise<string> {
    const find = () => this.#lines.find((line) => line.includes(text))
    await until(() => find() !== undefined, { limitMs, what: `the worker says '${text}'` })
    return find() ?? ''
  }

  /**
   * @param fileBlocks stands for a disk with so much room: files end at so many blocks of 512 bytes
   * @returns milliseconds from the start of the process to its `ready` line
   */
  async start(fileBlocks?: number): Promise<number> {
    const started = performance.now()
    const main = join(projectRoot, this.#main)
    const command = [process.execPath, main, this.#command, ...this.#args]
    const limit = `trap "" XFSZ; ulimit -f ${fileBlocks}; exec "$0" "$@"`
    const [program = '', ...args] =
      fileBlocks === undefined ? command : ['sh', '-c', limit, ...command]
    const child = spawn(program, args, {
      cwd: projectRoot,
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#child = child
    const watcher = guard(child.pid ?? -1, 'SIGKILL')
    const ready = Promise.withResolvers<void>()
    this.#lines = []
    const take = (text: string) => {
      this.#log.write(`${text}\n`)
      this.#lines.push(text)
      if (!text.startsWith('{')) return
      const line = JSON.parse(text) as LogLine
      if (line.msg === 'ready') {
        this.#url = typeof line['url'] === 'string' ? line['url'] : ''
        ready.resolve()
      }
      for (const listener of this.#listeners) listener(line)
    }
    createInterface({ input: child.stdout }).on('line', take)
    createInterface({ input: child.stderr }).on('line', take)
    child.once('exit', (code) => {
      watcher.kill('SIGKILL')
      ready.reject(
        new Error(`The worker ended with ${code}:\n${this.#lines.slice(-12).join('\n')}`)
      )
    })
    await ready.promise
    return performance.now() - started
  }

  /** Kills the process without any warning. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** SIGSTOP: it stands still, with all its connections, until {@link resume}. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Looks at the memory of the process, see `residentBytes`; the peak is kept over restarts. */
  measureMemory(): void {
    const pid = this.#child?.pid
    if (pid === undefined || !this.alive) return
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes(pid))
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.alive) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

/**
 * Memory that the process holds for itself. Pages of the embedded log that are mapped into it are
 * the system's file cache and are not counted, where the system tells them apart (Linux).
 */
function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`
  const kilobytes = existsSync(status)
    ? /RssAnon:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(kilobytes ?? 0) * 1024
}

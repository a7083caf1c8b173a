import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** How one server process is started, and what is left to do when this process dies before it. */
export interface GuardedOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly spawn?: SpawnOptions
  /** Resolves `ready` when a line of the output matches; without it, `ready` resolves at once. */
  readonly readyWhen?: RegExp
  /** Sent to the server when this process ends without having stopped it. */
  readonly lastSignal?: NodeJS.Signals
  /** Folder removed after that. */
  readonly folder?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const KEPT_LINES = 400

/**
 * A server as a child process. A small shell watches a pipe to this process and, when this one is
 * gone for whatever reason (SIGKILL too), kills the server and removes its folder.
 */
export class GuardedProcess {
  readonly pid: number
  /** Rejects with the end of the output when the process ends first. */
  readonly ready: Promise<void>
  readonly exited: Promise<Exit>
  #child: ChildProcess
  #guard: ChildProcess
  #lines: string[] = []
  #watchers = new Set<(line: string) => void>()

  constructor(options: GuardedOptions) {
    this.#child = spawn(options.command, options.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.spawn
    })
    this.pid = this.#child.pid ?? -1
    this.#guard = guard(this.pid, options.lastSignal ?? 'SIGKILL', options.folder)
    this.#readOutput()
    this.exited = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: null, signal: null }))
      this.#child.once('close', (code, signal) => resolve({ code, signal }))
    })
    this.ready = options.readyWhen ? this.line(options.readyWhen).then(() => {}) : Promise.resolve()
    this.ready.catch(() => {})
    // A test that forgets to stop a server must end all the same: the guard stops the server.
    this.#child.unref()
  }

  /** The last lines of the output, standard error included. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** Waits for the next line that matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const watcher = (line: string) => {
      if (pattern.test(line)) resolve(line)
    }
    this.#watchers.add(watcher)
    this.exited.then((exit) =>
      reject(
        new Error(`process ended (${exit.code ?? exit.signal}) before ${pattern}:\n${this.output}`)
      )
    )
    // An unreferenced child does not keep the loop alive, so the wait itself must.
    const alive = setInterval(() => {}, 1000)
    return promise.finally(() => {
      clearInterval(alive)
      this.#watchers.delete(watcher)
    })
  }

  /** Sends a signal and waits until the process is gone; SIGKILL after the grace time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 20_000): Promise<Exit> {
    const last = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    this.#child.kill(signal)
    const exit = await this.exited
    clearTimeout(last)
    this.#guard.kill('SIGKILL')
    return exit
  }

  #readOutput(): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#take(line)
      })
      unref(stream)
    }
  }

  #take(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    for (const watcher of this.#watchers) watcher(line)
  }
}

/**
 * Lets a small shell watch over another process: when this one is gone, for whatever reason, it sends
 * the signal and removes the folder. End it with SIGKILL when the other process has ended.
 */
export function guard(pid: number, signal: NodeJS.Signals, folder?: string): ChildProcess {
  const script = 'read -r _; kill -s "$1" "$2"; [ -z "$3" ] || { sleep 1; rm -rf "$3"; }'
  const args = ['-c', script, 'guard', signal.slice(3), String(pid), folder ?? '']
  const shell = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.unref()
  unref(shell.stdin)
  return shell
}

function unref(stream: unknown): void {
  const socket = stream as { unref?: () => void } | null
  socket?.unref?.()
}

/**
 * A TCP port of 127.0.0.1 that was free a moment ago. It lies below the range that outgoing
 * connections take theirs from, so that a server can come back to it later.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

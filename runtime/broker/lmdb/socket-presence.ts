import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Presence } from '../group-store.ts'

/** A new one with each start of the machine, and the same in all its containers (random(4)). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id'
/** What fits into the address of a Unix domain socket (unix(7)), with its closing zero. */
const LONGEST_PATH_BYTES = 107
/** A process that ends may close its connections shortly before its socket. */
const AGAIN_MS = 20
/** The socket of a process that has ended is proof for as long as a session lasts; that is shorter. */
const KEPT_MS = 3_600_000

/**
 * Every member listens on a Unix domain socket in the folder that all share, and the others keep a
 * connection to it. The kernel ends both with the process, however it ends; those of a process that is
 * only stopped stay. A connection that is refused is proof, because the file is named after the running
 * kernel: nobody listens there, and nobody will again. Whatever else goes wrong proves nothing, and the
 * member's session decides.
 *
 * Only on Linux, which has the names.
 */
export class SocketPresence implements Presence {
  readonly #folder: string
  readonly #boot = readBoot()
  readonly #watched = new Map<string, Socket | null>()
  #announced = ''
  #server: Server | null = null
  #gone: (memberId: string) => void = () => {}

  constructor(folder: string) {
    this.#folder = folder
  }

  async announce(memberId: string): Promise<void> {
    if (this.#announced === memberId) return
    this.close()
    this.#announced = memberId
    const path = this.#path(memberId)
    if (path === null) return
    try {
      mkdirSync(this.#folder, { recursive: true })
      await this.#sweep()
      this.#server = await listen(path)
    } catch {
      // Such as a file system without sockets: the session is what remains.
    }
  }

  watch(memberIds: readonly string[], gone: (memberId: string) => void): void {
    this.#gone = gone
    for (const [memberId, socket] of this.#watched) {
      if (memberIds.includes(memberId)) continue
      this.#watched.delete(memberId)
      socket?.destroy()
    }
    for (const memberId of memberIds) if (!this.#watched.has(memberId)) this.#connect(memberId)
  }

  close(): void {
    this.watch([], () => {})
    this.#server?.close()
    this.#server = null
    this.#announced = ''
  }

  #connect(memberId: string): void {
    const path = this.#path(memberId)
    this.#watched.set(memberId, null)
    if (path === null) return
    let code: string | undefined
    let connected = false
    const socket = connect(path)
    socket.unref().resume()
    socket.once('connect', () => {
      connected = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    socket.once('close', () => {
      if (this.#watched.get(memberId) !== socket) return
      this.#watched.set(memberId, null)
      if (connected) this.#connectAgain(memberId)
      else if (code === 'ECONNREFUSED') {
        rmSync(path, { force: true })
        this.#gone(memberId)
      }
    })
    this.#watched.set(memberId, socket)
  }

  #connectAgain(memberId: string): void {
    setTimeout(() => {
      if (this.#watched.get(memberId) === null) this.#connect(memberId)
    }, AGAIN_MS).unref()
  }

  /** Removes what processes left that ended while nobody watched them, once it proves nothing new. */
  async #sweep(): Promise<void> {
    const before = Date.now() - KEPT_MS
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      const isOld = (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < before
      if (isOld && (await isRefused(path))) rmSync(path, { force: true })
    }
  }

  #path(memberId: string): string | null {
    if (this.#boot === null) return null
    const name = createHash('sha256').update(memberId).digest('hex').slice(0, 16)
    const path = join(this.#folder, `${this.#boot}-${name}`)
    return Buffer.byteLength(path) > LONGEST_PATH_BYTES ? null : path
  }
}

function readBoot(): string | null {
  try {
    return readFileSync(BOOT_ID, 'latin1').slice(0, 8)
  } catch {
    return null
  }
}

/** The file is removed when the server closes. */
function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.unref().resume()
      socket.on('error', () => {})
    })
    server.unref()
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED')
    })
  })
}

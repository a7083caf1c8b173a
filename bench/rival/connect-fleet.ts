import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectOptions, ConnectServer } from '../../test/support/connect.ts'
import { Fleet, type Member } from '../../test/support/fleet.ts'
import { freePort } from '../../test/support/guarded-process.ts'

/** A worker of Kafka Connect in a fleet. */
class ConnectWorker implements Member {
  readonly id: string
  readonly #server: ConnectServer
  #there = false

  constructor(server: ConnectServer) {
    this.#server = server
    this.id = new URL(server.url).host
  }

  get url(): string {
    return this.#server.url
  }

  get alive(): boolean {
    return this.#there
  }

  get isUp(): boolean {
    return this.#there
  }

  async start(): Promise<void> {
    await this.#server.start()
    this.#there = true
  }

  async stop(): Promise<void> {
    this.#there = false
    await this.#server.pause()
  }

  async kill(): Promise<void> {
    this.#there = false
    await this.#server.kill()
  }

  resume(): void {}
}

/** Starts a group of Kafka Connect's workers. */
export async function startConnectFleet(
  count: number,
  options: ConnectOptions
): Promise<Fleet<Member>> {
  const workers: ConnectWorker[] = []
  for (let number = 0; number < count; number++) {
    workers.push(new ConnectWorker(new ConnectServer(options, await freePort())))
  }
  const fleet = new Fleet<Member>(mkdtempSync(join(tmpdir(), 'millrace-rival-')), workers)
  try {
    // One after the other: the first makes the internal topics.
    for (const worker of workers) await worker.start()
  } catch (error) {
    await fleet[Symbol.asyncDispose]()
    throw error
  }
  return fleet
}

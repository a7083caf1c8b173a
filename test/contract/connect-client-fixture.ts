import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { millrace, type Ran } from '../runtime/cli/millrace.ts'
import { type HttpRecorder, recordHttp } from '../support/http-recorder.ts'

/** A worker, of whichever make, with the file connectors and nothing else that runs. */
export interface WorkerUnderTest extends AsyncDisposable {
  /** Base URL of its REST API. */
  readonly url: string
}

/** What the tests of a suite share: the worker, behind a proxy that notes requests, and a folder. */
export class ConnectClientFixture {
  readonly #start: () => Promise<WorkerUnderTest>
  #worker: WorkerUnderTest | undefined
  #recorder: HttpRecorder | undefined
  #folder = ''

  constructor(start: () => Promise<WorkerUnderTest>) {
    this.#start = start
  }

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'millrace-client-'))
    this.#worker = await this.#start()
    this.#recorder = await recordHttp(this.#worker.url)
  }

  async close(): Promise<void> {
    await this.#recorder?.[Symbol.asyncDispose]()
    await this.#worker?.[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** What was asked of the worker since `clear`, reads and checks left out. */
  get changes(): readonly string[] {
    const asked = this.#recorder?.requests ?? []
    return asked.filter((line) => !/^GET |\/validate$/.test(line))
  }

  clear(): void {
    this.#recorder?.requests.splice(0)
  }

  /** Runs `millrace` in the folder against the worker. */
  run(...args: string[]): Promise<Ran> {
    const url = this.#recorder?.url ?? ''
    return millrace(args, { cwd: this.#folder, env: { MILLRACE_URL: url } })
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Writes a file and returns its name. */
  async write(name: string, text: string): Promise<string> {
    await mkdir(join(this.path(name), '..'), { recursive: true })
    await writeFile(this.path(name), text)
    return name
  }

  /** A connector that copies lines of a file to a topic, as YAML. */
  source(name: string, more = ''): string {
    return `name: ${JSON.stringify(name)}
config:
  connector.class: FileStreamSource
  file: ${this.path('lines.txt')}
  topic: lines
  topic.creation.default: {partitions: 1, replication.factor: 1}
${more}`
  }

  /** As the worker answers it. */
  async config(name: string): Promise<Readonly<Record<string, string>>> {
    const path = `/connectors/${encodeURIComponent(name)}/config`
    const response = await fetch(`${this.#worker?.url}${path}`)
    return (await response.json()) as Readonly<Record<string, string>>
  }

  /** Deletes every connector. */
  async removeAll(): Promise<void> {
    const url = `${this.#worker?.url}/connectors`
    const names = (await (await fetch(url)).json()) as string[]
    for (const name of names) {
      await fetch(`${url}/${encodeURIComponent(name)}`, { method: 'DELETE' })
    }
  }
}

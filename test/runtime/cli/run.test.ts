import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { readAll } from '../../support/embedded.ts'
import { projectRoot } from '../../support/source-files.ts'

const SOURCE = join(projectRoot, 'test/support/connectors/number-source.ts')

type Line = Readonly<Record<string, unknown>>

/** `millrace run` as a process of its own. */
class RunProcess {
  readonly lines: Line[] = []
  text = ''
  readonly #child: ChildProcess
  #waiting: { matches: (line: Line) => boolean; resolve: (line: Line) => void }[] = []

  constructor(folder: string, args: readonly string[]) {
    const main = join(projectRoot, 'runtime/cli/main.ts')
    this.#child = spawn(process.execPath, [main, 'run', ...args], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'pipe']
    })
    assert.ok(this.#child.stderr)
    createInterface({ input: this.#child.stderr }).on('line', (text) => this.#take(text))
  }

  /** The first line that matches, of those that have come or will come. */
  line(matches: (line: Line) => boolean): Promise<Line> {
    const found = this.lines.find(matches)
    if (found) return Promise.resolve(found)
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }))
  }

  said(msg: string): Promise<Line> {
    return this.line((line) => line['msg'] === msg)
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'close')
    }
    return this.#child.exitCode
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #take(text: string): void {
    this.text += `${text}\n`
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as Line
    this.lines.push(line)
    for (const { matches, resolve } of this.#waiting) if (matches(line)) resolve(line)
  }
}

describe('millrace run', () => {
  let folder: string
  const running: RunProcess[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-run-'))
    file('worker.yaml', 'data.dir: ./topics\nkey.converter: string\nvalue.converter: string\n')
  })

  afterEach(async () => {
    for (const process of running.splice(0)) {
      process.signal('SIGKILL')
      await process.ended()
    }
    rmSync(folder, { recursive: true, force: true })
  })

  function file(name: string, text: string): void {
    writeFileSync(join(folder, name), text)
  }

  function numbers(name: string, more: readonly string[] = []): void {
    const config = [`connector.class: ${SOURCE}`, `topic: ${name}`, 'end: 1000', ...more]
    file(`${name}.yaml`, [`name: ${name}`, 'config:', ...config.map((l) => `  ${l}`)].join('\n'))
  }

  function run(...args: string[]): RunProcess {
    const process = new RunProcess(folder, args)
    running.push(process)
    return process
  }

  it('says when it is ready, shows progress, and ends with 0 after SIGTERM', async () => {
    numbers('a')
    const process = run('worker.yaml', 'a.yaml', '--ready-file', 'ready.json')
    const ready = await process.said('ready')
    assert.equal(typeof ready['ms'], 'number')
    const progress = await process.said('progress')
    const { connector, task, phase, total } = progress
    assert.deepEqual(
      { connector, task, phase, total },
      { connector: 'a', task: 0, phase: 'counting', total: 1000 }
    )
    process.signal('SIGTERM')
    assert.equal(await process.ended(), 0)
    assert.match(readFileSync(join(folder, 'ready.json'), 'utf8'), /"ms":\d+/)
    const broker = await openLmdbBroker({ path: join(folder, 'topics') })
    const found = await readAll(broker, 'a')
    found.forEach(({ value }, at) => void assert.equal(value?.toString(), String(at)))
    await broker.close()
  })

  it('names every problem of the files with its place, and starts nothing', async () => {
    file('bad.yaml', `name: bad\nconfig:\n  connector.class: ${SOURCE}\n  end: many\n`)
    const process = run('worker.yaml', 'bad.yaml')
    assert.equal(await process.ended(), 2)
    assert.match(process.text, /bad\.yaml:4:\d+: error: .*end/)
    assert.match(process.text, /bad\.yaml:\d+:\d+: error: .*topic/)
    assert.deepEqual(process.lines, [])
  })

  it('applies changed files and leaves the rest alone', async () => {
    numbers('a')
    const process = run('--watch', '.')
    await process.said('ready')
    numbers('b')
    await process.line(({ msg, connector }) => msg === 'progress' && connector === 'b')
    file('b.yaml', 'name: b\nconfig:\n  connector.class: nothing\n')
    await process.line(({ msg }) => /not applied/.test(String(msg)))
    const started = process.lines.filter(
      ({ msg, connector }) => msg === 'progress' && connector === 'a'
    )
    assert.equal(started.length, 1)
    process.signal('SIGINT')
    assert.equal(await process.ended(), 0)
  })

  it('ends at once at the second signal', async () => {
    // A task that blocks its thread would be waited for, five seconds long.
    numbers('a', ['block.ms: 60000'])
    const process = run('worker.yaml', 'a.yaml')
    await process.said('ready')
    process.signal('SIGTERM')
    await process.said('stopping')
    process.signal('SIGTERM')
    assert.equal(await process.ended(), 1)
    assert.ok(process.lines.every(({ msg }) => msg !== 'stopped'))
  })
})

/**
 * `npm run bench:rest`: how long `GET /connectors?expand=...` takes with many connectors while tasks run
 * at full rate, in one worker process on embedded topics.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../test/support/source-files.ts'
import { until } from '../test/support/until.ts'
import { WorkerProcess } from '../test/support/worker-process.ts'
import { cpuMs } from './process-usage.ts'

const { values } = parseArgs({
  options: {
    connectors: { type: 'string', default: '200' },
    /** How many of them write records as fast as they can. */
    busy: { type: 'string', default: '2' },
    requests: { type: 'string', default: '1000' },
    /** Between two requests, in milliseconds. */
    pause: { type: 'string', default: '10' }
  }
})

const PATHS = ['/connectors?expand=status', '/connectors?expand=info', '/connectors/idle-0/status']

type Config = Readonly<Record<string, string>>

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rest-'))
  const file = join(folder, 'worker.yaml')
  const plugins = join(projectRoot, 'test/support/connectors')
  const keys = ['listeners: http://127.0.0.1:0', `plugin.path: ${plugins}`]
  writeFileSync(file, [`data.dir: ${folder}/data`, ...keys].join('\n'))
  const worker = new WorkerProcess([file], {}, join(folder, 'log'), 'worker')
  try {
    await worker.start()
    await createAll(worker.url, folder)
    const rows = []
    const before = { cpu: cpuMs(worker.pid), at: performance.now(), written: await records(worker) }
    for (const path of PATHS) rows.push(await measure(worker.url, path))
    const seconds = (performance.now() - before.at) / 1000
    const cpu = (cpuMs(worker.pid) - before.cpu) / 10 / seconds
    const rate = ((await records(worker)) - before.written) / seconds
    console.log(
      '| request | p50, ms | p99, ms | most, ms | KiB |\n| --- | ---: | ---: | ---: | ---: |'
    )
    for (const { path, times, bytes } of rows) {
      const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)
      const most = (times.at(-1) ?? 0).toFixed(1)
      console.log(
        `| \`${path}\` | ${at(0.5)} | ${at(0.99)} | ${most} | ${(bytes / 1024).toFixed(0)} |`
      )
    }
    worker.measureMemory()
    const memory = worker.peakBytes / 2 ** 20
    console.log(
      `\n${Math.round(rate).toLocaleString('en-US')} records/s meanwhile; the worker took ${cpu.toFixed(0)} %` +
        ` of a core and ${memory.toFixed(0)} MiB, without the pages of the log.`
    )
  } finally {
    await worker.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function createAll(url: string, folder: string): Promise<void> {
  const [count, busy] = [Number(values.connectors), Number(values.busy)]
  const lines = join(folder, 'lines.txt')
  writeFileSync(lines, 'one line\n')
  for (let n = 0; n < count - busy; n++) {
    await create(url, `idle-${n}`, {
      'connector.class': 'FileStreamSource',
      file: lines,
      topic: `lines-${n % 10}`
    })
  }
  for (let n = 0; n < busy; n++) {
    await create(url, `busy-${n}`, {
      'connector.class': 'number-source',
      topic: `numbers-${n}`,
      'per.poll': '1000',
      'value.bytes': '200',
      'topic.creation.default.partitions': '1',
      'topic.creation.default.retention.bytes': '50000000'
    })
  }
  await until(async () => (await running(url)) === count, { limitMs: 180_000 })
}

async function create(url: string, name: string, config: Config): Promise<void> {
  const answer = await fetch(`${url}/connectors/${name}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(config)
  })
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
}

async function running(url: string): Promise<number> {
  const text = await (await fetch(`${url}/connectors?expand=status`)).text()
  return text.match(/"id":0,"state":"RUNNING"/g)?.length ?? 0
}

/** Records that the busy tasks have written so far. */
async function records(worker: WorkerProcess): Promise<number> {
  const text = await (await fetch(`${worker.url}/metrics`)).text()
  const lines = text.matchAll(/^\S*source_record_write_total\{[^}]*busy[^}]*\} (\S+)$/gm)
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
}

async function measure(url: string, path: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  let bytes = 0
  for (let n = -20; n < Number(values.requests); n++) {
    const began = performance.now()
    bytes = await get(`${url}${path}`, agent)
    if (n >= 0) times.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, Number(values.pause)))
  }
  agent.destroy()
  return { path, bytes, times: times.sort((a, b) => a - b) }
}

/** @returns the length of the answer, once all of it has come */
function get(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (answer) => {
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () => resolve(bytes))
    })
    asked.on('error', reject)
    asked.end()
  })
}

await main()

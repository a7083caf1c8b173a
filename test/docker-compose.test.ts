import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { projectRoot } from './support/source-files.ts'

interface Service {
  readonly build?: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, unknown>>
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const text = readFileSync(join(projectRoot, 'docker-compose.yml'), 'utf8')
const compose = parse(text, { merge: true }) as Compose
const services = Object.entries(compose.services)
const workers = services.filter(([, service]) => service.build !== undefined)
const run = promisify(execFile)

/** A path in a worker's container as the path in the project that is mounted there. */
function mounted(service: Service, path: string): string {
  for (const volume of service.volumes ?? []) {
    const [source = '', target = ''] = volume.split(':')
    if (path.startsWith(`${target}/`)) return join(projectRoot, source + path.slice(target.length))
  }
  throw new Error(`${path} is not mounted`)
}

describe('docker compose', () => {
  it('starts a database, a broker and two workers of one group, and gives them connectors', () => {
    const names = ['postgres', 'kafka', 'worker-1', 'worker-2', 'connectors']
    assert.deepEqual(Object.keys(compose.services), names)
    const files = workers.map(([, service]) =>
      service.command?.find((word) => /worker\.yaml$/.test(word))
    )
    assert.deepEqual(files, ['/etc/millrace/worker.yaml', '/etc/millrace/worker.yaml'])
  })

  it('mounts only paths and volumes that exist', () => {
    for (const [name, service] of services) {
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':')
        const exists = source.startsWith('.')
          ? existsSync(join(projectRoot, source))
          : source in compose.volumes
        assert.ok(exists, `${name} mounts ${source}`)
      }
    }
  })

  it('publishes only ports that the server in the container listens on', () => {
    const kafka = compose.services['kafka']?.environment ?? {}
    const listening: Record<string, string[]> = {
      postgres: ['5432'],
      kafka: [...(kafka['KAFKA_LISTENERS'] ?? '').matchAll(/:(\d+)/g)].map(
        (match) => match[1] ?? ''
      ),
      'worker-1': ['8083']
    }
    for (const [name, service] of services) {
      for (const port of service.ports ?? []) {
        const [host = '', published, target = ''] = port.split(':')
        assert.equal(host, '127.0.0.1')
        assert.ok(listening[name]?.includes(target), `${name} publishes ${target}`)
        if (name === 'kafka') {
          assert.match(
            kafka['KAFKA_ADVERTISED_LISTENERS'] ?? '',
            new RegExp(`localhost:${published}`)
          )
        }
      }
    }
  })

  it('sends workers to services, ports and users that are there', () => {
    const { postgres, kafka } = compose.services
    for (const [, { environment = {}, depends_on: needs = {} }] of workers) {
      assert.equal(environment['POSTGRES_HOST'], 'postgres')
      assert.equal(environment['POSTGRES_USER'], postgres?.environment?.['POSTGRES_USER'])
      assert.equal(environment['POSTGRES_PASSWORD'], postgres?.environment?.['POSTGRES_PASSWORD'])
      const advertised = kafka?.environment?.['KAFKA_ADVERTISED_LISTENERS'] ?? ''
      assert.ok(advertised.includes(`//${environment['MILLRACE_KAFKA']},`))
      assert.deepEqual(Object.keys(needs), ['postgres', 'kafka'])
    }
  })

  it('checks the health of every service', () => {
    for (const [name, service] of services) {
      if (name !== 'connectors') assert.ok(service.healthcheck?.test[1], name)
    }
    assert.match(compose.services['postgres']?.command?.join(' ') ?? '', /wal_level=logical/)
  })

  it('gives every reference in a mounted file a variable, on each worker', () => {
    for (const [name, service] of workers) {
      for (const path of readdirSync(mounted(service, '/etc/millrace/'), { recursive: true })) {
        if (!/\.yaml$/.test(String(path))) continue
        const content = readFileSync(join(mounted(service, '/etc/millrace/'), String(path)), 'utf8')
        for (const [, variable = ''] of content.matchAll(/\$\{env:(\w+)\}/g)) {
          assert.ok(service.environment?.[variable], `${name}: ${path} needs ${variable}`)
        }
      }
    }
  })

  it('runs only commands that the program has, with files that are valid', async () => {
    const main = join(projectRoot, 'runtime/cli/main.ts')
    const { connectors } = compose.services
    assert.ok(connectors)
    for (const service of [...workers.map(([, worker]) => worker), connectors]) {
      const health = service.healthcheck?.test.slice(2) ?? []
      for (const words of [service.command ?? [], health]) {
        const verbs = words.filter((word) => /^\w/.test(word) && !word.includes('://'))
        if (words.length === 0) continue
        const help = await run(process.execPath, [main, ...verbs, '--help'])
        assert.ok(help.stdout.includes(`Usage: millrace ${verbs.join(' ')} `), verbs.join(' '))
        for (const word of words.filter((each) => each.startsWith('-'))) {
          assert.ok(help.stdout.includes(`${word} `), word)
        }
      }
      const files = service.command?.filter((word) => word.startsWith('/')) ?? []
      const paths = files.map((path) => mounted(service, path))
      const env = { ...process.env, ...workers[0]?.[1].environment }
      await run(process.execPath, [main, 'validate', ...paths], { cwd: projectRoot, env })
    }
  })

  it('copies only what exists into the image, and links a program that the package has', () => {
    const dockerfile = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8')
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    const sources = copies.flatMap((match) => match[1]?.split(' ') ?? [])
    assert.ok(sources.length > 5)
    for (const source of sources) assert.ok(statSync(join(projectRoot, source)), source)
    const { bin } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))
    assert.ok(dockerfile.includes(`/app/${bin.millrace} `))
  })
})

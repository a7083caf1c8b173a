import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../../support/source-files.ts'
import { tempFolder } from '../config/temp-folder.ts'
import { millrace } from './millrace.ts'

const api = (name: string) => pathToFileURL(`${projectRoot}/runtime/api/${name}.ts`).href

/** A connector of one's own, whose check of the outside always finds something. */
const plugin = `
import { defineSource } from '${api('connector')}'
import { int, password, string } from '${api('config')}'
export default defineSource({
  summary: 'Mine.',
  config: {
    host: string({ doc: 'Host.' }),
    port: int({ doc: 'Port.', default: 1 }),
    secret: password({ doc: 'Secret.', default: null })
  },
  check: async (config) => [
    { key: 'secret', message: \`\${config.host} does not take the password \${config.secret}\` }
  ],
  createTask: () => { throw new Error('validation creates no task') }
})`

const five = `name: mine
config:
  connector.class: ./mine.ts
  hots: db
  port: many
  tasks.max: 0
  secret: \${env:MISSING}
  errors:
    tolerance: al
`

const right = `name: mine
config:
  connector.class: ./mine.ts
  host: db
  secret: \${env:SECRET}
`

test('reports five different mistakes at once, with place and what to write, and ends with 1', async (t) => {
  const cwd = await tempFolder(t, { 'mine.ts': plugin, 'five.yaml': five })
  const { code, out, err } = await millrace(['validate', 'five.yaml'], { cwd })
  assert.equal(
    out,
    `five.yaml:4:3: error: hots is not a known key
    write host: db
five.yaml:5:3: error: port must be a whole number, not 'many'
    write for example port: 1 (the default)
five.yaml:6:3: error: tasks.max must be at least 1, not 0
    write for example tasks.max: 1 (the default)
five.yaml:7:3: error: secret refers to \${env:MISSING}, but the environment variable MISSING is not set
    set MISSING, or give a default: \${env:MISSING:default}
five.yaml:9:5: error: errors.tolerance must be one of none, all, not 'al'
    write errors.tolerance: all
1 connector: not valid, 5 errors, 0 warnings
`
  )
  assert.equal(err, '')
  assert.equal(code, 1)
})

test('prints problems as JSON for machines', async (t) => {
  const cwd = await tempFolder(t, { 'mine.ts': plugin, 'five.yaml': five })
  const { code, out } = await millrace(['validate', '--json', 'five.yaml'], { cwd })
  const { valid, connectors, worker, problems } = JSON.parse(out)
  assert.equal(code, 1)
  assert.deepEqual(
    { valid, connectors, worker },
    { valid: false, connectors: ['mine'], worker: false }
  )
  assert.equal(problems.length, 5)
  assert.deepEqual(problems[0], {
    severity: 'error',
    file: 'five.yaml',
    line: 4,
    column: 3,
    connector: 'mine',
    key: 'hots',
    message: 'hots is not a known key',
    suggestion: 'write host: db'
  })
})

test('ends with 0 for right files, and finds the worker file among them', async (t) => {
  const cwd = await tempFolder(t, {
    'mine.ts': plugin,
    'conf/right.yaml': right.replace('./mine.ts', '../mine.ts'),
    'conf/worker.yaml': 'data.dir: ./data\nkey.converter: json\n'
  })
  const { code, out } = await millrace(['validate', 'conf'], { cwd, env: { SECRET: 'hunter22' } })
  assert.equal(out, '1 connector and a worker: valid, 0 errors, 0 warnings\n')
  assert.equal(code, 0)
})

test('asks the systems themselves with --connect, and shows no secret', async (t) => {
  const cwd = await tempFolder(t, { 'mine.ts': plugin, 'right.yaml': right })
  const env = { SECRET: 'hunter22' }
  const { code, out } = await millrace(['validate', '--connect', 'right.yaml'], { cwd, env })
  assert.equal(
    out,
    'right.yaml:5:3: error: db does not take the password ********\n1 connector: not valid, 1 error, 0 warnings\n'
  )
  assert.equal(code, 1)
})

test('colours only where it is asked for when it does not write to a terminal', async (t) => {
  const cwd = await tempFolder(t, { 'mine.ts': plugin, 'five.yaml': five })
  const plain = await millrace(['validate', 'five.yaml'], { cwd })
  const forced = await millrace(['validate', 'five.yaml'], { cwd, env: { FORCE_COLOR: '1' } })
  const refused = await millrace(['validate', 'five.yaml'], { cwd, env: { NO_COLOR: '1' } })
  assert.equal(plain.out.includes('\u001b['), false)
  assert.equal(forced.out.includes('\u001b['), true)
  assert.equal(refused.out, plain.out)
})

test('prints a JSON Schema that knows the keys of a plugin', async (t) => {
  const cwd = await tempFolder(t, { 'mine.ts': plugin })
  const { code, out } = await millrace(['schema', './mine.ts'], { cwd })
  assert.equal(code, 0)
  const schema = JSON.parse(out)
  const [branch] = schema.properties.config.allOf
  assert.deepEqual(branch.if.properties['connector.class'].enum, ['./mine.ts'])
  assert.equal(branch.then.properties.host.description, 'Host.')
  assert.equal(branch.then.properties.port.default, 1)
  assert.equal('tasks.max' in branch.then.properties, true)
  assert.deepEqual(JSON.parse((await millrace(['schema'])).out).$schema, schema.$schema)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { outdated } from '../../../runtime/cli/generate.ts'
import { projectRoot } from '../../support/source-files.ts'
import { millrace } from './millrace.ts'

const COMMANDS = [
  ...['run', 'validate', 'topics', 'offsets', 'connectors', 'apply', 'export'],
  ...['plugins', 'schema', 'hash-password', 'generate']
]

test('shows every command, examples and exit codes in its help', async () => {
  for (const args of [['--help'], ['help'], ['-h']]) {
    const { code, out } = await millrace(args)
    assert.equal(code, 0)
    for (const command of COMMANDS) assert.match(out, new RegExp(`^  ${command} `, 'm'))
    assert.match(out, /Examples:\n {2}\$ millrace run/)
    assert.match(out, /Exit codes: 0/)
  }
})

test('teaches every command and every command below it with examples', async () => {
  const below = ['topics list', 'topics tail', 'topics copy', 'offsets show', 'offsets reset']
  const remote = ['list', 'get', 'status', 'create', 'update', 'pause', 'resume', 'stop', 'restart']
  const connectors = [...remote, 'delete', 'offsets'].map((name) => `connectors ${name}`)
  const all = [...COMMANDS, ...below, ...connectors, 'plugins list', 'plugins describe']
  const helps = await Promise.all(all.map((name) => millrace([...name.split(' '), '--help'])))
  for (const [index, { code, out }] of helps.entries()) {
    assert.equal(code, 0, all[index])
    const parent = ['topics', 'offsets', 'connectors', 'plugins'].includes(all[index] ?? '')
    assert.match(out, parent ? /Commands:/ : /Examples:/, all[index])
  }
})

test('documents every command in docs/cli.md', () => {
  const page = readFileSync(`${projectRoot}/docs/cli.md`, 'utf8')
  for (const command of COMMANDS) assert.match(page, new RegExp(`millrace ${command}`))
})

test('prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(`${projectRoot}/package.json`, 'utf8'))
  assert.deepEqual(await millrace(['--version']), { code: 0, out: `${version}\n`, err: '' })
})

const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['valdate'], /unknown command 'valdate'\n\(Did you mean validate\?\)/],
  [['validate'], /missing required argument 'files'/],
  [['validate', '--connekt', 'x'], /unknown option '--connekt'\n\(Did you mean --connect\?\)/],
  [['topics', 'tial'], /unknown command 'tial'/],
  [['topics', 'list', '--data-dir', 'missing'], /no embedded topics in .*missing.*--data-dir/],
  [['topics', 'tail', 'x', '--format', 'xml'], /--format xml is neither/],
  [['topics', 'list', '--worker', 'missing.yaml'], /missing\.yaml does not exist/],
  [['plugins', 'describe', 'jsno'], /there is no connector 'jsno'/],
  [['plugins', 'list', '--kind', 'thing'], /Allowed choices are source/]
]

test('ends with 2 and a reason when it is called wrongly', async () => {
  const ran = await Promise.all(wrong.map(([args]) => millrace(args)))
  for (const [index, { code, out, err }] of ran.entries()) {
    const [args, says] = wrong[index] ?? [[], /never/]
    assert.match(err, says)
    assert.equal(code, 2, args.join(' '))
    assert.equal(out, '')
  }
})

test('ends with 3 when no broker answers', async () => {
  // The discard port: nothing listens there.
  const { code, err } = await millrace(['topics', 'list', '--bootstrap-servers', '127.0.0.1:9'])
  assert.match(err, /127\.0\.0\.1:9/)
  assert.equal(code, 3)
})

test('has the generated registry and reference pages up to date (else: npm run generate)', async () => {
  assert.deepEqual([...(await outdated(projectRoot)).keys()], [])
})

test('lists and describes plugins for people and for machines', async () => {
  const list = await millrace(['plugins', 'list', '--kind', 'converter'])
  assert.match(list.out, /^NAME +KIND +SUMMARY\n/)
  assert.match(list.out, /^json +converter +JSON/m)
  assert.doesNotMatch(list.out, /header_converter/)
  const listed = JSON.parse((await millrace(['plugins', 'list', '--json'])).out)
  assert.ok(listed.some(({ name }: { name: string }) => name === 'json'))
  const described = await millrace([
    'plugins',
    'describe',
    'org.apache.kafka.connect.json.JsonConverter',
    '--json'
  ])
  const { name, keys } = JSON.parse(described.out)
  assert.equal(name, 'json')
  const enable = keys.find((key: { name: string }) => key.name === 'schemas.enable')
  assert.equal(enable.default, true)
  assert.equal(enable.type, 'BOOLEAN')
})

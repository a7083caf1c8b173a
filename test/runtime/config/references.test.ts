import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectError } from '../../../runtime/api/errors.ts'
import { Redactor } from '../../../runtime/config/redact.ts'
import { References } from '../../../runtime/config/references.ts'
import { tempFolder } from './temp-folder.ts'

const env = { HOST: 'db', PORT: '5432', EMPTY: '', TRICKY: '${env:HOST}', PGPASSWORD: 'hunter22' }

const files = {
  'secrets.properties': 'password=p\\u0061ss\ndotted.key=d\n',
  'secrets.json': '{"db": {"password": "jason"}, "n": 010}',
  'secrets.yaml': 'db:\n  password: yamlet\nlist: [a, b]\n',
  'mounted/token': 'line\n',
  'broken.json': '{"a": "secret-in-file'
}

const values: readonly (readonly [text: string, resolved: string])[] = [
  ['plain', 'plain'],
  ['${env:HOST}', 'db'],
  ['${env::HOST}', 'db'],
  ['${env:HOST}:${env:PORT}/x', 'db:5432/x'],
  ['${env:MISSING:localhost}', 'localhost'],
  ['${env:MISSING:http://a:1}', 'http://a:1'],
  ['${env:MISSING:}', ''],
  ['${env:EMPTY:default}', ''],
  ['${env:TRICKY}', '${env:HOST}'],
  ['$${env:HOST}', '${env:HOST}'],
  ['a$${x}b', 'a${x}b'],
  ['${topic}-${timestamp}', '${topic}-${timestamp}'],
  ['$1 $ { ${', '$1 $ { ${'],
  ['${file:secrets.properties:password}', 'pass'],
  ['${file:secrets.properties:dotted.key}', 'd'],
  ['${file:secrets.json:db.password}', 'jason'],
  ['${file:secrets.json:n}', '010'],
  ['${file:secrets.yaml:db.password}', 'yamlet'],
  ['${file:secrets.yaml:list}', 'a,b'],
  ['${dir:mounted:token}', 'line']
]

test('resolves references and leaves all other text as it is', async (t) => {
  const references = new References({ env, cwd: await tempFolder(t, files) })
  for (const [text, resolved] of values) {
    assert.deepEqual(await references.resolve({ key: text }), { key: resolved }, text)
  }
})

const failures: readonly (readonly [text: string, message: string, suggestion: string])[] = [
  [
    '${env:HOTS}',
    'k refers to ${env:HOTS}, but the environment variable HOTS is not set',
    'write ${env:HOST}, or set HOTS'
  ],
  [
    '${env:QUITE_ELSE}',
    'k refers to ${env:QUITE_ELSE}, but the environment variable QUITE_ELSE is not set',
    'set QUITE_ELSE, or give a default: ${env:QUITE_ELSE:default}'
  ],
  [
    '${evn:HOST}',
    "k refers to ${evn:HOST}, but there is no config provider 'evn'",
    'write ${env:HOST}'
  ],
  [
    '${vault:a:b}',
    "k refers to ${vault:a:b}, but there is no config provider 'vault'",
    'use one of env, file, dir, or write $${vault:a:b} for the text itself'
  ],
  [
    '${file:missing.properties:a}',
    'k refers to ${file:missing.properties:a}, but the file missing.properties does not exist',
    'correct the path, or create the file and let the worker read it'
  ],
  [
    '${file:secrets.properties:pasword}',
    "k refers to ${file:secrets.properties:pasword}, but the file secrets.properties has no key 'pasword'",
    'write ${file:secrets.properties:password}'
  ],
  [
    '${file:secrets.properties}',
    'k refers to ${file:secrets.properties}, but it has no path and key',
    'write ${file:path:key}'
  ],
  [
    '${file:broken.json:a}',
    'k refers to ${file:broken.json:a}, but its file has no keys that can be read (line 1)',
    'give the file key=value lines, or JSON or YAML with a map and a matching name'
  ],
  [
    '${dir:mounted:../secrets.json}',
    "k refers to ${dir:mounted:../secrets.json}, but '../secrets.json' is not the name of a file in mounted",
    'name a file, not a path'
  ]
]

test('says which key and reference failed and what to write', async (t) => {
  const references = new References({ env, cwd: await tempFolder(t, files) })
  for (const [text, message, suggestion] of failures) {
    const { config, problems } = await references.tryResolve({ k: text })
    const noProvider = message.includes('no config provider')
    assert.deepEqual(problems, [{ key: 'k', reference: text, message, suggestion, noProvider }])
    assert.deepEqual(config, {})
  }
})

test('throws an error that names every failed reference', async () => {
  const references = new References({ env, cwd: '.' })
  await assert.rejects(references.resolve({ a: '${env:ONE}', b: '${env:TWO}' }), (error) => {
    assert.ok(error instanceof ConnectError)
    assert.equal(error.code, 'UNRESOLVED_REFERENCE')
    assert.match(error.message, /a refers to \$\{env:ONE\}.*b refers to \$\{env:TWO\}/)
    return true
  })
})

test('leaves a reference to a provider that does not exist as text, and says so', async () => {
  const references = new References({ env, cwd: '.' })
  const left: string[] = []
  const config = { a: '${env:HOST} ${nope:path:key} $${x:y}', b: '${evn:HOST}' }
  const resolved = await references.resolve(config, ({ key, reference }) =>
    left.push(`${key} ${reference}`)
  )
  assert.deepEqual(resolved, { a: 'db ${nope:path:key} ${x:y}', b: '${evn:HOST}' })
  assert.deepEqual(left, ['a ${nope:path:key}', 'b ${evn:HOST}'])
  await assert.rejects(
    references.resolve({ a: '${nope:b:c} ${env:MISSING}' }),
    /MISSING is not set/
  )
})

test("takes the providers' names and limits from Kafka Connect's worker keys", async (t) => {
  const cwd = await tempFolder(t, files)
  const references = new References({
    env,
    cwd,
    providers: {
      'config.providers': 'secrets, vars,directory',
      'config.providers.secrets.class':
        'org.apache.kafka.common.config.provider.FileConfigProvider',
      'config.providers.secrets.param.allowed.paths': `${cwd}/mounted`,
      'config.providers.vars.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
      'config.providers.vars.param.allowlist.pattern': 'PG.*',
      'config.providers.directory.class':
        'org.apache.kafka.common.config.provider.DirectoryConfigProvider'
    }
  })
  const { config, problems } = await references.tryResolve({
    a: '${vars:PGPASSWORD}',
    b: '${vars:HOST}',
    c: '${secrets:secrets.json:db.password}',
    d: '${directory:mounted:token}'
  })
  assert.deepEqual(config, { a: 'hunter22', d: 'line' })
  assert.deepEqual(
    problems.map((problem) => problem.message),
    [
      'b refers to ${vars:HOST}, but allowlist.pattern does not allow the variable HOST',
      'c refers to ${secrets:secrets.json:db.password}, but allowed.paths does not allow its path'
    ]
  )
})

test('refuses a provider class that it does not know', () => {
  const providers = {
    'config.providers': 'vault',
    'config.providers.vault.class': 'com.acme.VaultConfigProvider'
  }
  assert.throws(
    () => new References({ env, cwd: '.', providers }),
    /com\.acme\.VaultConfigProvider/
  )
})

test('tells the redactor what references stand for', async () => {
  const redactor = new Redactor()
  const references = new References({ env, cwd: '.', redactor })
  await references.resolve({ 'database.password': '${env:PGPASSWORD}' })
  assert.equal(redactor.text('login with hunter22 failed'), 'login with ******** failed')
})

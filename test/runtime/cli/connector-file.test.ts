import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectorYaml, type SecretStyle } from '../../../runtime/cli/connect/connector-file.ts'
import { loadFiles } from '../../../runtime/config/load-files.ts'
import { Random } from '../../support/random.ts'
import { tempFolder } from '../config/temp-folder.ts'

const write = (config: Record<string, string>, style: SecretStyle = 'masked') =>
  connectorYaml({ name: 'shop', config, state: null }, { spec: {}, style })

test('writes what a person would: first things first, no needless quotes, states that are not running', () => {
  const config = { topic: 't', name: 'shop', 'tasks.max': '2', on: 'true', 'connector.class': 'x' }
  assert.equal(
    connectorYaml({ name: 'shop', config, state: 'STOPPED' }, { spec: {}, style: 'masked' }),
    `name: shop
initial_state: STOPPED
config:
  connector.class: x
  tasks.max: 2
  on: true
  topic: t
`
  )
})

test('masks secrets in clear, or refers to where they could be, and leaves references', () => {
  const config = {
    'a.password': 'geheim',
    'b.password': '${file:/run/secrets/b:password}',
    url: 'postgresql://me:geheim@host/db'
  }
  assert.equal(
    write(config),
    `name: shop
config:
  a.password: "********" # stays as the worker has it; better: \${env:SHOP_A_PASSWORD}
  b.password: \${file:/run/secrets/b:password}
  url: postgresql://me:********@host/db # stays as the worker has it; better: postgresql://me:\${env:SHOP_URL}@host/db
`
  )
  assert.match(write(config, 'references'), /a\.password: \$\{env:SHOP_A_PASSWORD\}\n/)
  assert.match(write(config, 'references'), /url: postgresql:\/\/me:\$\{env:SHOP_URL\}@host\/db\n/)
  assert.match(write(config, 'clear'), /a\.password: geheim\n/)
})

const PIECES = [
  ...[
    'a',
    'Z',
    '0',
    '1',
    ' ',
    '.',
    '-',
    ':',
    '#',
    "'",
    '"',
    '\\',
    ',',
    '[',
    ']',
    '{',
    '}',
    '&',
    '*'
  ],
  ...[
    '!',
    '|',
    '>',
    '%',
    '@',
    '`',
    '?',
    '~',
    '=',
    '<<',
    '$',
    '${x}',
    '$${',
    '\n',
    '\t',
    '\r',
    ': '
  ],
  ...[
    ' #',
    '- ',
    'null',
    'true',
    'yes',
    '010',
    '1e3',
    '0x1f',
    '1.50',
    'é',
    '日本',
    '😀',
    '\u0085',
    '\u2028'
  ]
]

test('writes any text so that it is read back as it is', async (t) => {
  const random = new Random(7)
  const pick = () => PIECES[random.below(PIECES.length)] ?? ''
  const text = () => Array.from({ length: random.below(7) }, pick).join('')
  const all = Array.from({ length: 300 }, (_, index) => ({
    name: `c${index} ${text()}.`,
    config: Object.fromEntries(
      Array.from({ length: 4 }, (_each, key) => [`k${key}${text()}`, text()])
    )
  }))
  const documents = all.map((connector) =>
    connectorYaml({ ...connector, state: 'PAUSED' }, { spec: {}, style: 'clear' })
  )
  const cwd = await tempFolder(t, { 'all.yaml': documents.join('---\n') })
  const { connectors, problems } = await loadFiles(['all.yaml'], { cwd })
  assert.deepEqual(problems, [])
  assert.equal(connectors.length, all.length)
  for (const [index, { name, config }] of all.entries()) {
    const read = connectors[index]
    assert.deepEqual([read?.name, read?.initialState], [name, 'PAUSED'])
    assert.deepEqual(read?.config, { ...config, name })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema } from '../../../runtime/config/json-schema.ts'
import { pluginIndex, pluginPage } from '../../../runtime/config/plugin-docs.ts'
import { testContext } from './test-plugins.ts'

const { plugins } = testContext()

test('writes the reference page of a plugin from its declaration alone', async () => {
  const plugin = await plugins.find('source', 'acme')
  assert.equal(
    pluginPage({ name: 'acme', plugin }),
    `# acme

<!-- Written by \`npm run generate\` from the declaration of the plugin: change it there. -->

A source to test with.

- Source connector, named \`connector.class: acme\`
- also \`com.acme.AcmeSourceConnector\`

## Keys

| key | type | default | |
|---|---|---|---|
| \`database.hostname\` | string | **required** | Host of the database. |
| \`database.port\` | int | \`5432\` | Port. |
| \`database.password\` | secret |  | Password. |
| \`snapshot.mode\` | \`initial\`, \`no_data\`, \`never\` | \`initial\` | Mode. |
| \`poll.interval.ms\` | long | \`500\` | Pause. |
| \`table.include.list\` | list |  | Tables. Also: \`table.whitelist\`. |
| \`column.truncate.to.<n>.chars\` | list |  | Columns to truncate. |
| \`heartbeat.on\` | boolean | \`false\` | Heartbeat. |

## Not supported

An error, but for values that change nothing.

| key | why |
|---|---|
| \`plugin.name\` | only pgoutput is built in; accepted: \`pgoutput\` |

## Without effect

Accepted with a warning.

| key | why |
|---|---|
| \`old.style\` | it is always so |
`
  )
  const index = pluginIndex({ title: 'All', intro: 'Of them.' }, [{ name: 'acme', plugin }])
  assert.match(
    index,
    /^# All\n[\s\S]*\nOf them\.\n[\s\S]*\| \[acme\]\(acme\.md\) \| Source connector \|/
  )
})

test('makes a JSON Schema of every key, with types, defaults, patterns and references', async () => {
  const plugin = await plugins.find('source', 'acme')
  const schema = JSON.parse(
    JSON.stringify(configSchema([{ names: ['acme'], plugin }], { worker: false }))
  )
  const [{ then }] = schema.properties.config.allOf
  assert.deepEqual(then.properties['database.port'], {
    description: 'Port.',
    default: 5432,
    anyOf: [
      { type: 'integer' },
      { type: 'string', pattern: '^-?\\d+$' },
      { type: 'string', pattern: '\\$\\{' }
    ]
  })
  assert.deepEqual(then.properties['snapshot.mode'].anyOf[0], {
    enum: ['initial', 'no_data', 'never']
  })
  assert.equal(
    then.properties['table.whitelist'].description,
    'Another name of table.include.list.'
  )
  assert.equal(then.properties['old.style'].deprecated, true)
  assert.ok('^column\\.truncate\\.to\\.\\d+\\.chars$' in then.patternProperties)
  assert.deepEqual(then.additionalProperties, { type: ['object', 'array'] })
  assert.equal('name' in then.properties, false)
})

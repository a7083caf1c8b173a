import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as key from '../../../runtime/api/config.ts'
import { defineSink } from '../../../runtime/api/connector.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { References } from '../../../runtime/config/references.ts'
import { answerOf, connectValidation } from './captured-answers.ts'

const sink = defineSink({
  summary: 'A sink with secrets.',
  config: {
    url: key.string({ doc: 'Where.', default: '' }),
    'access.code': key.password({
      doc: 'Code.',
      default: null,
      validator: (code) =>
        code === null || /^\d+$/.test(code) ? undefined : `must be digits, not '${code}'`
    }),
    port: key.int({ doc: 'Port.', default: 1, max: 65_535 })
  },
  createTask: () => assert.fail('validation creates no task')
})

const validation = connectValidation({
  plugins: new Plugins({
    registry: {
      safe: { kind: 'sink', classNames: [], summary: '', load: async () => ({ default: sink }) }
    },
    pluginPath: [],
    cwd: '/'
  }),
  references: new References({ env: { CODE: 'hunter22', PORT: '99999' }, cwd: '/' })
})

const CONFIG = { name: 's', 'connector.class': 'safe', topics: 't' }

async function shownOf(name: string, given: string) {
  const infos = await validation.validate({ ...CONFIG, [name]: given })
  const found = infos.configs.find(({ value }) => value.name === name)
  assert.ok(found)
  return { value: found.value.value, errors: found.value.errors, whole: JSON.stringify(infos) }
}

describe('answers about configurations', () => {
  it('hide a password, also a wrong one', async () => {
    assert.equal((await shownOf('access.code', '4711')).value, '[hidden]')
    const wrong = await shownOf('access.code', 'hunter22')
    assert.equal(wrong.errors.length, 1)
    assert.ok(!wrong.whole.includes('hunter22'), wrong.whole)
  })

  it('mask a password inside of a URL', async () => {
    const { value, whole } = await shownOf('url', 'http://me:hunter22@host/')
    assert.equal(value, 'http://me:********@host/')
    assert.ok(!whole.includes('hunter22'))
  })

  it('show references as they are given, and check what they stand for', async () => {
    const code = await shownOf('access.code', '${env:CODE}')
    assert.equal(code.value, '${env:CODE}')
    assert.equal(code.errors.length, 1)
    assert.ok(!code.whole.includes('hunter22'), code.whole)
    const port = await shownOf('port', '${env:PORT}')
    assert.equal(port.value, '${env:PORT}')
    assert.deepEqual(port.errors, [
      'Invalid value ${env:PORT} for configuration port: Value must be no more than 65535'
    ])
  })

  it('say once that a reference points nowhere', async () => {
    const { value, errors } = await shownOf('port', '${env:NOPE}')
    assert.equal(value, '${env:NOPE}')
    assert.equal(errors.length, 1)
    assert.match(errors[0] ?? '', /^port refers to \$\{env:NOPE\}, but /)
  })

  it('say so of keys that lists do not show, too', async () => {
    const config = { ...CONFIG, 'consumer.override.max.poll.records': '${env:NOPE}' }
    const { status, body } = await answerOf(() => validation.check(config))
    assert.equal(status, 400)
    assert.match(String(body), /consumer\.override\.max\.poll\.records refers to \$\{env:NOPE\}/)
  })

  it('leave references alone in keys that nobody knows', async () => {
    const config = { ...CONFIG, other: '${nope:path:key}' }
    assert.deepEqual(await answerOf(() => validation.check(config)), {
      status: 200,
      body: undefined
    })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as key from '../../../runtime/api/config.ts'
import { defineSink, defineSource } from '../../../runtime/api/connector.ts'
import { ConfigRefusal } from '../../../runtime/config/config-refusal.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { References } from '../../../runtime/config/references.ts'
import { projectRoot } from '../../support/source-files.ts'
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

describe('guarded validation', () => {
  let asked = 0
  const source = defineSource({
    summary: 'A source that reaches out.',
    config: { url: key.string({ doc: 'Where.', validator: (url) => (url ? undefined : 'empty') }) },
    check: async () => {
      asked++
      return [{ key: 'url', message: 'nobody is there' }]
    },
    createTask: () => assert.fail('validation creates no task')
  })
  const load = async () => ({ default: source })
  const options = {
    plugins: new Plugins({
      registry: { far: { kind: 'source' as const, classNames: [], summary: '', load } },
      pluginPath: [],
      cwd: projectRoot
    }),
    references: new References({ env: { CODE: 'hunter22' }, cwd: '/' })
  }
  const whole = connectValidation(options)
  const guarded = whole.guarded
  const config = { name: 's', 'connector.class': 'far', url: 'http://x' }
  const FILE = './test/support/connectors/number-source.ts'

  it('reaches out to no system, and finds what is wrong all the same', async () => {
    assert.equal((await guarded.validate(config)).error_count, 0)
    assert.equal(asked, 0)
    assert.equal((await guarded.validate({ ...config, url: '' })).error_count, 1)
    assert.equal((await whole.validate(config)).error_count, 1)
    assert.equal(asked, 1)
  })

  it('refuses references, and says in which keys', async () => {
    const refused = guarded.validate({ ...config, url: 'http://evil/${env:CODE}', b: '${x:y}' })
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof ConfigRefusal)
      assert.equal(error.status, 403)
      assert.match(error.message, /role admin.*: url, b$/)
      return true
    })
    assert.equal((await guarded.validate({ ...config, url: '${topic} $${a:b}' })).error_count, 0)
  })

  it('loads no file and no package that is not listed', async () => {
    assert.ok((await whole.keys(FILE)).length > 0)
    await assert.rejects(guarded.keys(FILE), { status: 404 })
    await assert.rejects(guarded.keys('typescript'), { status: 404 })
    await assert.rejects(guarded.validate({ ...config, 'connector.class': FILE }), { status: 400 })
    const converter = await guarded.validate({ ...config, 'key.converter': FILE })
    assert.equal(converter.error_count, 1)
  })
})

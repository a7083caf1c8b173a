import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import { until } from '../support/until.ts'
import { applyContract } from './connect-apply-contract.ts'
import { ConnectClientFixture, type WorkerUnderTest } from './connect-client-fixture.ts'

/**
 * What `millrace connectors`, `apply` and `export` do with a worker, whether it is Kafka Connect or
 * Millrace.
 *
 * @param options `skip` is a reason not to run, such as a missing server
 */
export function connectClientContract(
  name: string,
  start: () => Promise<WorkerUnderTest>,
  options: { skip?: string } = {}
): void {
  describe(`the command line against ${name}`, { ...options, timeout: 600_000 }, () => {
    const fixture = new ConnectClientFixture(start)
    before(async () => {
      await fixture.open()
      await fixture.write('lines.txt', 'one\ntwo\n')
    })
    afterEach(() => fixture.removeAll())
    after(() => fixture.close())
    showContract(fixture)
    stateContract(fixture)
    writeContract(fixture)
    offsetContract(fixture)
    applyContract(fixture)
  })
}

function showContract(fixture: ConnectClientFixture): void {
  it('lists connectors with their states, for people and for machines', async () => {
    await fixture.write('shop.yaml', fixture.source('shop'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    const people = await fixture.run('connectors', 'list')
    assert.match(
      people.out,
      /^NAME +TYPE +STATE +TASKS +CLASS\nshop +source +RUNNING +1 running +File/
    )
    const [shop, ...more] = JSON.parse((await fixture.run('connectors', 'list', '--json')).out)
    assert.deepEqual(more, [])
    const { workerId, ...rest } = shop
    assert.match(workerId, /:\d+$/)
    assert.deepEqual(rest, {
      name: 'shop',
      type: 'source',
      class: 'FileStreamSource',
      state: 'RUNNING',
      tasks: [{ id: 0, state: 'RUNNING', workerId }]
    })
  })

  it('says why a connector failed, and starts again what failed', async () => {
    await fixture.write('log.yaml', fixture.source('log'))
    await fixture.run('connectors', 'create', 'log.yaml')
    const file = fixture.path('later/out.txt')
    const sink = `name: files\nconfig: {connector.class: FileStreamSink, topics: lines, file: ${file}}`
    await fixture.write('files.yaml', sink)
    const created = await fixture.run('connectors', 'create', 'files.yaml')
    assert.match(created.err, /files: task 0 is FAILED: .*restart 'files' --only-failed/s)
    assert.equal(created.code, 1)
    const { out, code } = await fixture.run('connectors', 'status', 'files', '--exit-code')
    assert.match(out, /files +RUNNING.*\n {2}task 0 +FAILED +\S+:\d+ +\S+/)
    assert.equal(code, 1)
    const [{ tasks }] = JSON.parse(
      (await fixture.run('connectors', 'status', 'files', '--json')).out
    )
    assert.match(tasks[0].trace, /./)

    await mkdir(fixture.path('later'))
    const mended = await fixture.run('connectors', 'restart', 'files', '--only-failed')
    assert.match(mended.out, /^files: RUNNING, tasks: 1 running\n$/)
    assert.equal((await fixture.run('connectors', 'status', '--exit-code')).code, 0)
  })

  it('names a connector that is not there, and does the others', async () => {
    await fixture.write('shop.yaml', fixture.source('shop'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    const { code, out, err } = await fixture.run('connectors', 'pause', 'shpo', 'shop')
    assert.match(err, /^error: shpo: Unknown connector shpo .*UNKNOWN_CONNECTOR/)
    assert.match(out, /^shop: PAUSED/)
    assert.equal(code, 2)
    for (const command of ['get', 'status', 'offsets', 'delete', 'restart']) {
      assert.equal((await fixture.run('connectors', command, 'shpo')).code, 2, command)
    }
  })

  it('shows no secret that the worker has', async () => {
    const config = '  my.password: geheim\n  url: http://me:geheim@host/'
    await fixture.write('shop.yaml', fixture.source('shop', config))
    await fixture.write('other.yaml', fixture.source('shop'))
    const shown = [
      await fixture.run('connectors', 'create', 'shop.yaml'),
      await fixture.run('connectors', 'get', 'shop'),
      await fixture.run('connectors', 'get', 'shop', '--json'),
      await fixture.run('export'),
      await fixture.run('export', '--references'),
      await fixture.run('apply', 'shop.yaml'),
      await fixture.run('apply', 'other.yaml')
    ]
    for (const { out, err } of shown) assert.doesNotMatch(out + err, /geheim/)
    assert.match(shown[1]?.out ?? '', /my\.password: "\*{8}" # .*\$\{env:SHOP_MY_PASSWORD\}/)
    assert.match(shown[6]?.out ?? '', /- my\.password: \*{8}/)
  })
}

function stateContract(fixture: ConnectClientFixture): void {
  it('pauses, stops, resumes and restarts, and waits until it is so', async () => {
    await fixture.write('shop.yaml', fixture.source('shop'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    const says = async (command: string, ...more: string[]) => {
      const { out, err, code } = await fixture.run('connectors', command, 'shop', ...more)
      assert.equal(code, 0, err)
      return out
    }
    assert.equal(await says('pause'), 'shop: PAUSED, tasks: 1 paused\n')
    assert.equal(await says('stop'), 'shop: STOPPED\n')
    assert.equal(await says('resume'), 'shop: RUNNING, tasks: 1 running\n')
    assert.equal(await says('restart'), 'shop: RUNNING, tasks: 1 running\n')
    assert.equal(await says('restart', '--no-tasks'), 'shop: RUNNING, tasks: 1 running\n')
    assert.equal(await says('restart', '--task', '0'), 'shop: RUNNING, tasks: 1 running\n')
    assert.equal(await says('pause', '--no-wait'), 'shop: asked for PAUSED\n')
    assert.equal(await says('delete'), 'shop: deleted\n')
    assert.equal((await fixture.run('connectors', 'list', '--json')).out, '[]\n')
  })

  it('restarts the tasks too, unless told otherwise', async () => {
    await fixture.write('shop.yaml', fixture.source('shop'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    const asked = async (...args: string[]) => {
      fixture.clear()
      await fixture.run('connectors', 'restart', 'shop', ...args)
      return fixture.changes
    }
    const path = 'POST /connectors/shop/restart'
    assert.deepEqual(await asked(), [`${path}?includeTasks=true&onlyFailed=false`])
    assert.deepEqual(await asked('--only-failed'), [`${path}?includeTasks=true&onlyFailed=true`])
    assert.deepEqual(await asked('--no-tasks'), [`${path}?includeTasks=false&onlyFailed=false`])
  })

  it('takes any name that a URL can carry', async () => {
    for (const name of ['a b', 'ümläut', 'x?y#z&', '..', "it's"]) {
      await fixture.write('odd.yaml', fixture.source(name))
      const created = await fixture.run('connectors', 'create', 'odd.yaml')
      assert.equal(created.out, `${name}: RUNNING, tasks: 1 running\n`, created.err)
      const { out } = await fixture.run('connectors', 'stop', name)
      assert.equal(out, `${name}: STOPPED\n`)
      assert.equal((await fixture.run('connectors', 'delete', name)).out, `${name}: deleted\n`)
    }
  })
}

function writeContract(fixture: ConnectClientFixture): void {
  it('creates what is new of several files, and says what exists or is wrong', async () => {
    await fixture.write('many/a.yaml', fixture.source('a'))
    await fixture.run('connectors', 'create', 'many/a.yaml')
    await fixture.write('many/b.yaml', `${fixture.source('b', '  topic2: x')}\n  batch.size: none`)
    await fixture.write(
      'many/c.json',
      JSON.stringify({
        name: 'c',
        initial_state: 'STOPPED',
        config: { 'connector.class': 'FileStreamSource', topic: 'c', file: '${env:NOWHERE}' }
      })
    )
    await fixture.write(
      'many/d.properties',
      `name=d\nconnector.class=FileStreamSource\ntopic=d\nfile=${fixture.path('lines.txt')}\n`
    )
    const { code, out, err } = await fixture.run('connectors', 'create', 'many')
    assert.match(err, /error: a: Connector a already exists \(millrace connectors update/)
    assert.match(err, /error: b: .*batch\.size/s)
    assert.match(out, /^c: STOPPED\nd: RUNNING, tasks: 1 running\n$/)
    assert.equal(code, 2)
    assert.equal((await fixture.config('c'))['file'], '${env:NOWHERE}')
  })

  it('replaces the configuration of a connector and leaves its state', async () => {
    await fixture.write('shop.yaml', fixture.source('shop', '  batch.size: 10'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    await fixture.run('connectors', 'pause', 'shop')
    await fixture.write('shop.yaml', fixture.source('shop', '  batch.size: 20'))
    const { out } = await fixture.run('connectors', 'update', 'shop.yaml')
    assert.match(out, /^shop: PAUSED/)
    assert.equal((await fixture.config('shop'))['batch.size'], '20')
    await fixture.write('none.yaml', fixture.source('none'))
    const missing = await fixture.run('connectors', 'update', 'none.yaml')
    assert.match(missing.err, /none: Connector none not found/)
    assert.equal(missing.code, 2)
  })

  it('sends nothing of files with an error', async () => {
    await fixture.write('wrong/a.yaml', fixture.source('a'))
    await fixture.write('wrong/b.yaml', 'name: b\nconfg: {}\n')
    fixture.clear()
    for (const command of [
      ['connectors', 'create'],
      ['connectors', 'update'],
      ['apply', '--prune']
    ]) {
      const { code, err } = await fixture.run(...command, 'wrong')
      assert.match(err, /wrong\/b\.yaml:2:1: error: .*write config/s)
      assert.equal(code, 2)
    }
    assert.deepEqual(fixture.changes, [])
  })
}

function offsetContract(fixture: ConnectClientFixture): void {
  it('shows, sets and resets offsets, of a stopped connector only', async () => {
    await fixture.write('shop.yaml', fixture.source('shop'))
    await fixture.run('connectors', 'create', 'shop.yaml')
    const offsets = (...args: string[]) => fixture.run('connectors', 'offsets', 'shop', ...args)
    await until(async () => (await offsets('--json')).out.includes('"position":8'))
    assert.match(
      (await offsets()).out,
      /^PARTITION +OFFSET\n\{"filename":".*lines\.txt"\} +\{"position":8/
    )
    const would = await offsets('--reset')
    assert.match(would.out, /^would forget \{"filename".*\nnothing was changed: add --yes/)
    const refused = await offsets('--reset', '--yes')
    assert.match(refused.err, /STOPPED state.*run millrace connectors stop 'shop' first/)
    assert.equal(refused.code, 2)

    await fixture.run('connectors', 'stop', 'shop')
    const partition = { filename: fixture.path('lines.txt') }
    const list = JSON.stringify([{ partition, offset: { position: 4 } }])
    const set = await offsets('--set', list, '--yes')
    assert.match(set.out, /^set \{.*\}: \{"position":8.*\} -> \{"position":4\}\n.*successfully\n$/)
    await fixture.write('offsets.json', (await offsets('--json')).out)
    assert.match((await offsets('--reset', '--yes')).out, /^forget .*\n.*reset successfully\n$/)
    assert.equal((await offsets()).out, 'shop has no offsets yet\n')
    assert.equal((await offsets('--set', 'offsets.json', '--yes')).code, 0)
    assert.match((await offsets()).out, /\{"position":4\}\n$/)
    assert.equal((await offsets('--set', 'missing.json')).code, 2)
    assert.equal((await offsets('--set', '[{"partition": 1}]')).code, 2)
    // The offsets outlive the connector, and the next test's must not go on from them.
    await offsets('--reset', '--yes')
  })
}

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { it } from 'node:test'
import type { ConnectClientFixture } from './connect-client-fixture.ts'

/** What `millrace apply` and `millrace export` do with a worker. */
export function applyContract(fixture: ConnectClientFixture): void {
  sameContract(fixture)
  differenceContract(fixture)
  errorContract(fixture)
  exportContract(fixture)
}

function sameContract(fixture: ConnectClientFixture): void {
  it('makes connectors what files say, once', async () => {
    const more =
      '  transforms:\n    - {name: r, type: org.apache.kafka.connect.transforms.RegexRouter, regex: "(.*)", replacement: $1}'
    await fixture.write('same/a.yaml', fixture.source('a', more))
    await fixture.write('same/b.yaml', `initial_state: PAUSED\n${fixture.source('b')}`)
    fixture.clear()
    const first = await fixture.run('apply', 'same')
    assert.match(first.out, /\+ a {2}same\/a\.yaml\n {4}\+ connector\.class: FileStreamSource\n/)
    assert.match(first.out, /\+ transforms: r\n/)
    assert.match(first.out, /\+ state: PAUSED\n/)
    assert.match(first.out, /0 to change, 2 to create, 0 to delete, 0 unchanged\n/)
    assert.match(first.out, /a: created\nb: created\na: RUNNING, tasks: 1 running\nb: PAUSED\n$/)
    assert.deepEqual(fixture.changes, ['POST /connectors', 'POST /connectors'])
    fixture.clear()
    const second = await fixture.run('apply', 'same', '--prune')
    assert.equal(second.out, '0 to change, 0 to create, 0 to delete, 2 unchanged\n')
    assert.equal(second.code, 0)
    assert.deepEqual(fixture.changes, [])
  })

  it('leaves what somebody has paused, and connectors in no file, alone', async () => {
    await fixture.write('alone/a.yaml', fixture.source('a'))
    await fixture.write('b.yaml', fixture.source('b'))
    await fixture.run('connectors', 'create', 'alone/a.yaml', 'b.yaml')
    await fixture.run('connectors', 'pause', 'a')
    fixture.clear()
    const { out } = await fixture.run('apply', 'alone')
    assert.match(out, /b: in no file, left alone \(--prune deletes it\)\n/)
    assert.match(out, /a: is PAUSED, and its file has no initial_state: left as it is\n/)
    assert.deepEqual(fixture.changes, [])
  })
}

function differenceContract(fixture: ConnectClientFixture): void {
  it('shows each difference, changes it, and deletes what is in no file if told to', async () => {
    await fixture.write(
      'diff/a.yaml',
      fixture.source('a', '  batch.size: 10\n  my.password: geheim')
    )
    await fixture.write('b.yaml', fixture.source('b'))
    await fixture.run('connectors', 'create', 'diff/a.yaml', 'b.yaml')
    const changed = fixture.source('a', '  tasks.max: 1\n  my.password: ${env:MY_PASSWORD:other}')
    await fixture.write('diff/a.yaml', changed.replace('topic: lines', 'topic: rows'))
    await fixture.write('diff/c.yaml', fixture.source('c'))
    const diff = [
      '~ a  diff/a.yaml',
      '    - batch.size: 10',
      '    ~ my.password: ******** -> ${env:MY_PASSWORD:other}',
      '    + tasks.max: 1',
      '    ~ topic: lines -> rows'
    ].join('\n')

    fixture.clear()
    const dry = await fixture.run('apply', 'diff', '--prune', '--dry-run')
    assert.ok(dry.out.startsWith(`${diff}\n+ c  diff/c.yaml\n`), dry.out)
    assert.match(
      dry.out,
      /\n- b\n1 to change, 1 to create, 1 to delete, 0 unchanged\nnothing was changed/
    )
    assert.equal(dry.code, 0, dry.err)
    assert.equal((await fixture.run('apply', 'diff', '--exit-code')).code, 1)
    assert.deepEqual(fixture.changes, [])

    const { out, code } = await fixture.run('apply', 'diff', '--prune')
    assert.match(out, /a: changed\nc: created\nb: deleted\na: RUNNING.*\nc: RUNNING.*\n$/)
    assert.equal(code, 0)
    assert.deepEqual(fixture.changes, [
      'PUT /connectors/a/config',
      'POST /connectors',
      'DELETE /connectors/b'
    ])
    assert.equal((await fixture.config('a'))['topic'], 'rows')
    assert.equal('batch.size' in (await fixture.config('a')), false)
    assert.equal((await fixture.run('apply', 'diff', '--exit-code')).code, 0)
  })

  it('brings connectors into the state that their files say', async () => {
    const states = ['STOPPED', 'PAUSED', 'RUNNING', 'STOPPED', 'RUNNING', 'PAUSED']
    const shown = new Map([
      ['STOPPED', 'a: STOPPED'],
      ['PAUSED', 'a: PAUSED'],
      ['RUNNING', 'a: RUNNING, tasks: 1 running']
    ])
    let before = ''
    for (const state of states) {
      await fixture.write('a.yaml', `initial_state: ${state}\n${fixture.source('a')}`)
      const { out, err, code } = await fixture.run('apply', 'a.yaml')
      assert.equal(code, 0, err)
      if (before) assert.match(out, new RegExp(`~ state: ${before} -> ${state}\n`))
      assert.match(out, new RegExp(`${shown.get(state)}`))
      before = state
    }
  })
}

function errorContract(fixture: ConnectClientFixture): void {
  it('goes on after an error, deletes nothing then, and ends with an error', async () => {
    await fixture.write('old.yaml', fixture.source('old'))
    await fixture.run('connectors', 'create', 'old.yaml')
    await fixture.write('error/bad.yaml', fixture.source('bad', '  tasks.max: many'))
    await fixture.write('error/good.yaml', fixture.source('good'))
    const dry = await fixture.run('apply', 'error', '--dry-run')
    assert.match(dry.err, /error: error\/bad\.yaml:7:3: tasks\.max: .*INVALID_CONFIG/)
    assert.notEqual(dry.code, 0)
    const { code, out, err } = await fixture.run('apply', 'error', '--prune')
    assert.match(err, /error: bad: .*tasks\.max/s)
    assert.match(err, /not deleted, because of the errors: old\n/)
    assert.match(out, /good: created\ngood: RUNNING/)
    assert.equal(code, 2)
    assert.match((await fixture.run('connectors', 'list')).out, /^old /m)
  })

  it('does not delete everything because a folder is empty', async () => {
    await fixture.write('old.yaml', fixture.source('old'))
    await fixture.run('connectors', 'create', 'old.yaml')
    await fixture.write('empty/none.yaml', '# nothing yet\n')
    const { code, err } = await fixture.run('apply', 'empty', '--prune')
    assert.match(err, /no connector in the files .*all connectors would be deleted/)
    assert.equal(code, 2)
    assert.match((await fixture.run('connectors', 'list')).out, /^old /m)
  })
}

function exportContract(fixture: ConnectClientFixture): void {
  it('exports files that apply reads back without a change', async () => {
    const odd =
      '  my.password: geheim\n  odd: " a: #b"\n  number: 010\n  empty: ""\n  ref: ${env:HOME}'
    await fixture.write('a.yaml', fixture.source('a b', odd))
    await fixture.write('b.yaml', `initial_state: STOPPED\n${fixture.source('b')}`)
    await fixture.run('connectors', 'create', 'a.yaml', 'b.yaml')
    const before = await fixture.config('a b')
    await fixture.write('all.yaml', (await fixture.run('export')).out)
    const folder = await fixture.run('export', '--to', 'exported', 'b', 'a b')
    assert.equal(folder.out, 'exported/b.yaml\nexported/a b.yaml\n')
    const again = await fixture.run('export', '--to', 'exported', 'b')
    assert.match(again.err, /exported\/b\.yaml is there already \(add --force/)
    fixture.clear()
    for (const files of ['all.yaml', 'exported']) {
      const { out, err } = await fixture.run('apply', files, '--prune')
      assert.equal(out, '0 to change, 0 to create, 0 to delete, 2 unchanged\n', err)
    }
    assert.deepEqual(fixture.changes, [])
    assert.deepEqual(await fixture.config('a b'), before)
    await rm(fixture.path('exported'), { recursive: true })
  })

  it('changes an exported file without touching the secrets that are masked in it', async () => {
    await fixture.write('a.yaml', fixture.source('a', '  my.password: geheim\n  extra: 1'))
    await fixture.run('connectors', 'create', 'a.yaml')
    const before = await fixture.config('a')
    const exported = (await fixture.run('export', 'a')).out
    assert.match(exported, /my\.password: "\*{8}"/)
    await fixture.write(
      'a.yaml',
      exported.replace(/ {2}extra: 1\n/, '').replace('lines\n', 'rows\n')
    )
    const { out, err } = await fixture.run('apply', 'a.yaml')
    assert.match(out, /- extra: 1\n {4}~ topic: lines -> rows\n/, err)
    const { extra, ...rest } = before
    assert.deepEqual(await fixture.config('a'), { ...rest, topic: 'rows' })
    assert.equal(extra, '1')
  })

  it('refuses a masked secret where there is none to keep', async () => {
    await fixture.write('a.yaml', fixture.source('a', '  my.password: "********"'))
    fixture.clear()
    for (const command of [['apply'], ['connectors', 'create']]) {
      const { code, err } = await fixture.run(...command, 'a.yaml')
      assert.match(err, /a: a\.yaml:7: my\.password is masked \(write the secret as a reference/)
      assert.equal(code, 2)
    }
    assert.deepEqual(fixture.changes, [])
  })
}

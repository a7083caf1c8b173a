import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { until } from '../support/until.ts'
import { WorkerProcess } from '../support/worker-process.ts'

interface Status {
  readonly connector: { readonly state: string; readonly worker_id: string }
  readonly tasks: readonly {
    readonly id: number
    readonly state: string
    readonly worker_id: string
  }[]
}

describe('two workers of a group', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-forwarding-'))
  const workers: WorkerProcess[] = []
  /** By `host:port`. */
  let leader = ''
  let follower = ''

  before(async () => {
    const file = join(folder, 'worker.json')
    const settings = {
      'group.id': 'forwarding',
      'data.dir': join(folder, 'data'),
      listeners: 'http://127.0.0.1:0',
      'key.converter': 'string',
      'value.converter': 'string',
      'log.format': 'json'
    }
    writeFileSync(file, JSON.stringify(settings))
    writeFileSync(join(folder, 'in.txt'), 'line\n')
    for (const name of ['first', 'second']) {
      const worker = new WorkerProcess([file], {}, join(folder, `${name}.log`), 'worker')
      workers.push(worker)
      await worker.start()
    }
    const places = workers.map(({ url }) => new URL(url).host)
    for (const place of places) {
      const refused = await ask(place, 'DELETE', '/connectors/none?forward=false')
      if (refused.status === 404) leader = place
      else follower = place
    }
    assert.ok(leader !== '' && follower !== '', 'one leads and the other follows')
  })

  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask(place: string, method: string, path: string, body?: unknown) {
    const answer = await fetch(`http://${place}${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
    })
    const text = await answer.text()
    return {
      status: answer.status,
      location: answer.headers.get('location'),
      body: text === '' ? null : JSON.parse(text)
    }
  }

  const config = (topic: string) => ({
    'connector.class': 'FileStreamSource',
    file: join(folder, 'in.txt'),
    topic
  })

  const status = async (place: string, name: string): Promise<Status | null> => {
    const answer = await ask(place, 'GET', `/connectors/${name}/status`)
    return answer.status === 200 ? answer.body : null
  }

  const runs = (name: string) =>
    until(async () => {
      const views = [await status(leader, name), await status(follower, name)]
      return views.every(
        (view) => view?.connector.state === 'RUNNING' && view.tasks[0]?.state === 'RUNNING'
      )
    })

  it('create, change and delete connectors whichever is asked, which the answer names', async () => {
    const made = await ask(follower, 'POST', '/connectors', { name: 'a/b', config: config('t') })
    assert.equal(made.status, 201)
    assert.equal(made.location, `http://${follower}/connectors/a%2Fb`)
    assert.deepEqual((await ask(leader, 'GET', '/connectors')).body, ['a/b'])
    const again = await ask(follower, 'POST', '/connectors', { name: 'a/b', config: config('t') })
    assert.equal(again.status, 409)
    assert.equal(again.body.message, 'Connector a/b already exists')
    const wrong = await ask(follower, 'PUT', '/connectors/a%2Fb/config', { 'tasks.max': '0' })
    assert.equal(wrong.status, 400)
    const put = await ask(follower, 'PUT', '/connectors/new/config', config('t2'))
    assert.equal(put.status, 201)
    assert.equal(put.location, `http://${follower}/connectors/new`)
    const patched = await ask(follower, 'PATCH', '/connectors/new/config', { 'batch.size': '7' })
    assert.equal(patched.body.config['batch.size'], '7')
    for (const name of ['a%2Fb', 'new']) {
      assert.equal((await ask(follower, 'DELETE', `/connectors/${name}`)).status, 204)
    }
    await until(async () => (await ask(follower, 'GET', '/connectors')).body.length === 0)
  })

  it('run what either of them was given, and restart it whichever is asked', async () => {
    const names = ['c0', 'c1', 'c2', 'c3']
    for (const name of names) {
      await ask(leader, 'POST', '/connectors', { name, config: config(name) })
    }
    for (const name of names) await runs(name)
    const views = await Promise.all(names.map((name) => status(leader, name)))
    const owners = views.flatMap((view) => [
      view?.connector.worker_id,
      ...(view?.tasks.map((task) => task.worker_id) ?? [])
    ])
    // Task configs of connectors that run at the follower came to the leader in signed requests.
    assert.deepEqual([...new Set(owners)].toSorted(), [leader, follower].toSorted())
    for (const place of [leader, follower]) {
      for (const name of names) {
        const task = await ask(place, 'POST', `/connectors/${name}/tasks/0/restart`)
        assert.deepEqual(task, { status: 204, location: null, body: null })
        await runs(name)
        assert.equal((await ask(place, 'POST', `/connectors/${name}/restart`)).status, 204)
        await runs(name)
      }
      const all = await ask(place, 'POST', '/connectors/c0/restart?includeTasks=true')
      assert.equal(all.status, 202)
      assert.equal(all.body.connector.state, 'RESTARTING')
      await runs('c0')
    }
  })

  it('stop a connector and move its offsets whichever is asked', async () => {
    for (const [place, position] of [
      [follower, 2],
      [leader, 3]
    ] as const) {
      assert.equal((await ask(place, 'PUT', '/connectors/c0/stop')).status, 204)
      const partition = { filename: join(folder, 'in.txt') }
      const change = { offsets: [{ partition, offset: { position } }] }
      const altered = await ask(place, 'PATCH', '/connectors/c0/offsets', change)
      assert.deepEqual(altered.body, {
        message: 'The offsets for this connector have been altered successfully'
      })
      assert.deepEqual((await ask(place, 'GET', '/connectors/c0/offsets')).body, change)
      assert.equal((await ask(place, 'PUT', '/connectors/c0/resume')).status, 202)
      await runs('c0')
    }
  })

  it('refuse what cannot be forwarded any further, and what is not signed', async () => {
    const hop = await ask(follower, 'DELETE', '/connectors/c0?forward=false')
    assert.equal(hop.status, 409)
    assert.equal(
      hop.body.message,
      'Cannot complete request because of a conflicting operation (e.g. worker rebalance)'
    )
    assert.equal((await ask(leader, 'PUT', '/connectors/c0/stop?forward=false')).status, 204)
    for (const place of [leader, follower]) {
      assert.equal((await ask(place, 'POST', '/connectors/c1/tasks', [])).status, 400)
      assert.equal((await ask(place, 'PUT', '/connectors/c1/fence')).status, 400)
    }
  })
})

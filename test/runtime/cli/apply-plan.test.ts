import assert from 'node:assert/strict'
import { test } from 'node:test'
import { password } from '../../../runtime/api/config.ts'
import { makePlan, type Plan } from '../../../runtime/cli/connect/apply-plan.ts'
import { diffConfig } from '../../../runtime/cli/connect/config-diff.ts'
import type { ListedConnector } from '../../../runtime/cli/connect/connect-answers.ts'
import type { InitialState, LoadedConnector } from '../../../runtime/config/load-files.ts'

const MASK = '********'
const none = { changes: [], kept: [], hidden: [], lost: [] }
const secrets = { declared: password({ doc: '', default: null }) }

const cases: readonly {
  readonly says: string
  readonly file: Record<string, string>
  readonly worker: Record<string, string>
  readonly is: Partial<ReturnType<typeof diffConfig>>
}[] = [
  { says: 'equal values', file: { a: '1' }, worker: { a: '1' }, is: {} },
  {
    says: 'keys on one side only',
    file: { a: '1' },
    worker: { b: '2' },
    is: {
      changes: [
        { key: 'a', before: null, after: '1' },
        { key: 'b', before: '2', after: null }
      ]
    }
  },
  {
    says: 'two secrets in clear',
    file: { password: 'new' },
    worker: { password: 'old' },
    is: { changes: [{ key: 'password', before: MASK, after: MASK }] }
  },
  {
    says: 'a secret that only its plugin declares',
    file: { declared: 'new' },
    worker: { declared: 'old' },
    is: { changes: [{ key: 'declared', before: MASK, after: MASK }] }
  },
  {
    says: 'a secret that the worker hides',
    file: { password: 'any' },
    worker: { password: MASK },
    is: { hidden: ['password'] }
  },
  {
    says: 'a password of a URL that the worker hides',
    file: { url: 'http://me:any@host' },
    worker: { url: `http://me:${MASK}@host` },
    is: { hidden: ['url'] }
  },
  {
    says: 'a URL that differs besides its hidden password',
    file: { url: 'http://me:any@other' },
    worker: { url: `http://me:${MASK}@host` },
    is: {
      changes: [{ key: 'url', before: `http://me:${MASK}@host`, after: `http://me:${MASK}@other` }]
    }
  },
  {
    says: 'a reference in place of a hidden secret',
    file: { password: '${env:P}' },
    worker: { password: MASK },
    is: { changes: [{ key: 'password', before: MASK, after: '${env:P}' }] }
  },
  {
    says: 'another reference',
    file: { password: '${env:B}' },
    worker: { password: '${env:A}' },
    is: { changes: [{ key: 'password', before: '${env:A}', after: '${env:B}' }] }
  },
  {
    says: 'a secret in place of a reference',
    file: { password: 'clear' },
    worker: { password: '${env:A}' },
    is: { changes: [{ key: 'password', before: '${env:A}', after: MASK }] }
  },
  {
    says: 'a mask in the file for a secret in clear',
    file: { password: MASK, url: `http://me:${MASK}@host` },
    worker: { password: 'old', url: 'http://me:old@host' },
    is: { kept: ['password', 'url'] }
  },
  {
    says: 'asterisks that stand for no secret',
    file: { text: `a ${MASK}` },
    worker: { text: `b ${MASK}` },
    is: { changes: [{ key: 'text', before: `b ${MASK}`, after: `a ${MASK}` }] }
  },
  {
    says: 'a mask within a secret',
    file: { 'sasl.jaas.config': `password="${MASK}";` },
    worker: { 'sasl.jaas.config': 'password="old";' },
    is: { lost: ['sasl.jaas.config'] }
  },
  {
    says: 'a mask on both sides',
    file: { password: MASK },
    worker: { password: MASK },
    is: { kept: ['password'] }
  },
  {
    says: 'a mask for what is not there, is a reference, or differs besides',
    file: { password: MASK, token: MASK, url: `http://me:${MASK}@other` },
    worker: { token: '${env:T}', url: 'http://me:old@host' },
    is: { lost: ['password', 'token', 'url'] }
  }
]

for (const { says, file, worker, is } of cases) {
  test(`compares ${says}`, () => {
    assert.deepEqual(diffConfig(file, worker, secrets), { ...none, ...is })
  })
}

function fileOf(name: string, state?: InitialState): LoadedConnector {
  const start = { line: 1, column: 1 }
  return {
    name,
    config: { name, a: '1' },
    initialState: state ?? 'RUNNING',
    file: `${name}.yaml`,
    start,
    locate: (key) => (key === 'initial_state' && state ? start : null)
  }
}

function runningAs(name: string, state: string | null): ListedConnector {
  const status = state && { name, type: 'source', state, workerId: 'w', trace: null, tasks: [] }
  return {
    name,
    connector: { name, type: 'source', config: { name, a: '1' } },
    status: status || null
  }
}

function plan(files: LoadedConnector[], running: ListedConnector[], prune = false): Plan {
  return makePlan({ files, running, prune, secretsOf: () => ({}) })
}

test('changes a state only where the file says one, and not of what may have it already', () => {
  const change = (file: InitialState | undefined, now: string | null) =>
    plan([fileOf('a', file)], [runningAs('a', now)]).updates[0]?.state ?? null
  assert.equal(change(undefined, 'PAUSED'), null)
  assert.equal(change('PAUSED', 'PAUSED'), null)
  assert.equal(change('RUNNING', 'FAILED'), null)
  assert.equal(change('RUNNING', null), null)
  assert.deepEqual(change('RUNNING', 'STOPPED'), { from: 'STOPPED', to: 'RUNNING' })
  assert.deepEqual(change('PAUSED', 'RESTARTING'), { from: 'RESTARTING', to: 'PAUSED' })
  assert.deepEqual(change('STOPPED', 'FAILED'), { from: 'FAILED', to: 'STOPPED' })
  assert.deepEqual(change('STOPPED', null), { from: 'UNASSIGNED', to: 'STOPPED' })
})

test('sorts connectors into what is created, deleted, left alone and unchanged', () => {
  const running = [runningAs('same', 'RUNNING'), runningAs('held', 'STOPPED'), runningAs('x', null)]
  const files = [fileOf('new'), fileOf('same'), fileOf('held')]
  const careful = plan(files, running)
  assert.deepEqual(
    careful.creates.map(({ name }) => name),
    ['new']
  )
  assert.deepEqual(careful.unchanged, [
    { name: 'same', held: null },
    { name: 'held', held: 'STOPPED' }
  ])
  assert.deepEqual([careful.deletes, careful.unmanaged], [[], ['x']])
  const pruning = plan(files, running, true)
  assert.deepEqual([pruning.deletes, pruning.unmanaged], [['x'], []])
})

import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type IncrementalPlan,
  NOTHING_PLANNED,
  planFields,
  storedPlan,
  without,
  withoutFirst
} from '../../connectors/relational/incremental-plan.ts'
import { serializedIntegers } from '../../connectors/relational/java-key.ts'
import { SignalFile } from '../../connectors/relational/signal-file.ts'
import {
  conditionFor,
  logMessage,
  matchingTables,
  readSignal,
  signalKeys,
  signalOfRow
} from '../../connectors/relational/signals.ts'
import { Struct, string, structOf } from '../../runtime/api/schema.ts'
import { Random } from '../support/random.ts'

function read(type: string, data: unknown) {
  const text = typeof data === 'string' || data === null ? data : JSON.stringify(data)
  return readSignal({ id: 'x', type, data: text })
}

/** Why a signal is unusable. */
function reason(type: string, data: unknown): string {
  const action = read(type, data)
  return action.kind === 'unusable' ? action.reason : ''
}

describe('signals', () => {
  test('a snapshot is incremental unless it says otherwise', () => {
    assert.deepEqual(read('execute-snapshot', { 'data-collections': [' shop.a '] }), {
      kind: 'execute-snapshot',
      id: 'x',
      mode: 'incremental',
      collections: ['shop.a'],
      conditions: [],
      surrogateKey: null
    })
    const all = {
      'data-collections': ['shop.a', 'shop.b.*'],
      type: 'BLOCKING',
      'additional-conditions': [{ 'data-collection': 'shop.b.*', filter: 'id < 4' }],
      'surrogate-key': 'v'
    }
    assert.deepEqual(read('execute-snapshot', all), {
      kind: 'execute-snapshot',
      id: 'x',
      mode: 'blocking',
      collections: ['shop.a', 'shop.b.*'],
      conditions: [{ pattern: 'shop.b.*', filter: 'id < 4' }],
      surrogateKey: 'v'
    })
  })

  test('stop, pause, resume, log and the marks of windows', () => {
    assert.deepEqual(read('stop-snapshot', null), {
      kind: 'stop-snapshot',
      id: 'x',
      collections: null
    })
    assert.deepEqual(read('stop-snapshot', { type: 'incremental', 'data-collections': ['a.b'] }), {
      kind: 'stop-snapshot',
      id: 'x',
      collections: ['a.b']
    })
    assert.deepEqual(read('pause-snapshot', 'anything'), { kind: 'pause-snapshot', id: 'x' })
    assert.deepEqual(read('resume-snapshot', ''), { kind: 'resume-snapshot', id: 'x' })
    assert.deepEqual(read('log', { message: 'at {}' }), { kind: 'log', id: 'x', message: 'at {}' })
    assert.deepEqual(read('snapshot-window-open', '{}'), { kind: 'window', id: 'x' })
    assert.equal(logMessage('at offset {}', '{"pos":4}'), 'at offset {"pos":4}')
  })

  test('what cannot be done is told, and never an error', () => {
    assert.match(reason('unheard-of', {}), /'unheard-of'/)
    assert.match(reason('schema-changes', {}), /not supported/)
    assert.match(reason('execute-snapshot', 'not json'), /no JSON: not json/)
    assert.match(reason('execute-snapshot', '[]'), /no JSON object/)
    assert.match(reason('execute-snapshot', {}), /data-collections/)
    assert.match(reason('execute-snapshot', { 'data-collections': 'a' }), /no list of names/)
    assert.match(reason('execute-snapshot', { 'data-collections': ['('] }), /regular expression/)
    assert.match(reason('execute-snapshot', { 'data-collections': ['a'], type: 'odd' }), /'odd'/)
    assert.match(
      reason('execute-snapshot', { 'data-collections': ['a'], 'additional-conditions': [{}] }),
      /without data-collection or filter/
    )
    assert.match(reason('stop-snapshot', { type: 'blocking' }), /only an incremental/)
  })

  test('tables are found by patterns, and one that is not there keeps its name', () => {
    const captured = ['shop.books', 'shop.pens', 'shop.pencils']
    const found = (...patterns: string[]) => matchingTables(patterns, captured)
    assert.deepEqual(found('SHOP.pe.*', 'shop.pens'), ['shop.pens', 'shop.pencils'])
    assert.deepEqual(found('shop.absent', 'shop.books'), ['shop.absent', 'shop.books'])
    const conditions = [
      { pattern: 'shop.pe.*', filter: 'id < 4' },
      { pattern: '.*', filter: ' ' }
    ]
    assert.equal(conditionFor(conditions, 'shop.pens'), 'id < 4')
    assert.equal(conditionFor(conditions, 'shop.books'), null)
  })

  test('a row of the signal table is read by the names of its columns, or else by their order', () => {
    const row = (names: string[], values: unknown[]) =>
      signalOfRow(
        new Struct(structOf(names.map((name) => [name, string({ optional: true })])), values)
      )
    const signal = { id: 's1', type: 'log', data: null }
    assert.deepEqual(row(['data', 'type', 'id'], [null, 'log', 's1']), signal)
    assert.deepEqual(row(['nr', 'what', 'more'], ['s1', 'log', null]), signal)
    assert.equal(row(['id'], ['s1']), null)
  })

  test('channels are source and file', () => {
    const key = signalKeys['signal.enabled.channels']
    assert.deepEqual(key.parse('source, file'), ['source', 'file'])
    assert.throws(() => key.parse('source,kafka'), /'kafka'/)
  })
})

describe('the signal file', () => {
  let folder: string
  const warnings: unknown[] = []
  const logger = {
    debug() {},
    info() {},
    warn: (...line: unknown[]) => void warnings.push(line),
    error() {}
  }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signals-'))
  })
  after(() => rm(folder, { recursive: true }))

  test('gives each line once, and keeps what came in the meantime', async () => {
    const path = join(folder, 'signals.txt')
    const file = new SignalFile({ path, intervalMs: 100, logger })
    assert.deepEqual(await file.read(1000), [])
    const first = { id: 's1', type: 'log', data: { message: 'hi' } }
    await writeFile(path, `${JSON.stringify(first)}\n\nnonsense\n{"id":"s2"`)
    assert.deepEqual(await file.read(1000), [{ id: 's1', type: 'log', data: '{"message":"hi"}' }])
    assert.equal(warnings.length, 1)
    assert.deepEqual([file.dueIn(1000), file.dueIn(1100)], [100, 0])
    assert.deepEqual(await file.read(1000), [], 'not twice')
    await appendFile(path, ',"type":"pause-snapshot"}\n')
    await file.done()
    assert.deepEqual(await file.read(1000), [{ id: 's2', type: 'pause-snapshot', data: null }])
    await file.done()
    assert.equal(await readFile(path, 'utf8'), '')
    await writeFile(path, '{"id":"s3","type":"log","data":"{}"}')
    assert.deepEqual(await file.read(1000), [{ id: 's3', type: 'log', data: '{}' }])
  })

  test('says so when it cannot be read', async () => {
    await assert.rejects(new SignalFile({ path: folder, intervalMs: 1, logger }).read(1), {
      code: 'SIGNAL_FILE'
    })
  })
})

/** What Java 17 writes for an Object[]. */
const ARRAY = 'aced0005757200135b4c6a6176612e6c616e672e4f626a6563743b90ce589f1073296c0200007870'
const INTEGER = '737200116a6176612e6c616e672e496e746567657212e2a0a4f781873802000149000576616c7565'
const NUMBER = '787200106a6176612e6c616e672e4e756d62657286ac951d0b94e08b0200007870'
const JAVA = {
  integer: `${ARRAY}00000001${INTEGER}${NUMBER}0000002a`,
  two: `${ARRAY}00000002${INTEGER}${NUMBER}000000017371007e000200000002`,
  long: `${ARRAY}000000017372000e6a6176612e6c616e672e4c6f6e673b8be490cc8f23df0200014a000576616c7565${NUMBER}8000000000000001`,
  byte: `${ARRAY}000000017372000e6a6176612e6c616e672e427974659c4e6084ee50f51c02000142000576616c7565${NUMBER}ff`,
  same: `${ARRAY}00000002${INTEGER}${NUMBER}0000002a71007e0004`,
  text: `${ARRAY}000000027400017871007e0002`,
  nullFirst: `${ARRAY}0000000270${INTEGER}${NUMBER}00000005`,
  none: 'aced000570'
}

describe('the keys of Debezium in an offset', () => {
  test('are read when they are of integers', () => {
    const read = (key: keyof typeof JAVA) => serializedIntegers(JAVA[key])
    assert.deepEqual(read('integer'), ['42'])
    assert.deepEqual(read('two'), ['1', '2'])
    assert.deepEqual(read('long'), ['-9223372036854775807'])
    assert.deepEqual(read('byte'), ['-1'])
    assert.deepEqual(read('same'), ['42', '42'])
    for (const key of ['text', 'nullFirst', 'none'] as const) assert.equal(read(key), null)
  })

  test('are left alone when they are cut or damaged', () => {
    const whole = JAVA.two
    for (let length = 0; length < whole.length; length++) {
      assert.equal(serializedIntegers(whole.slice(0, length)), null, `${length} digits`)
    }
    assert.equal(serializedIntegers('nonsense'), null)
    const random = new Random(1)
    for (let i = 0; i < 2000; i++) {
      const at = random.below(whole.length)
      const digit = random.below(16).toString(16)
      serializedIntegers(whole.slice(0, at) + digit + whole.slice(at + 1))
    }
  })
})

describe('the offset of an incremental snapshot', () => {
  const table = (id: string, signal: string | null = 's1') => ({
    id,
    condition: null,
    surrogateKey: null,
    signal
  })
  const plan: IncrementalPlan = {
    ...NOTHING_PLANNED,
    tables: [{ ...table('shop.a'), condition: 'id < 4' }, table('shop.b')],
    lastKey: ['1', 'x'],
    maximumKey: ['9', 'é'],
    again: [['3', null]]
  }

  test('brings back what is still to be read', () => {
    assert.deepEqual(storedPlan({ file: 'f', ...planFields(plan, true) }), { plan, isPaused: true })
    assert.deepEqual(planFields(NOTHING_PLANNED, true), {})
    assert.deepEqual(storedPlan({ file: 'f' }), { plan: NOTHING_PLANNED, isPaused: false })
  })

  test("has Debezium's fields, and one of Debezium begins the table in progress anew", () => {
    const collections =
      '[{"incremental_snapshot_collections_id":"shop.a","incremental_snapshot_collections_additional_condition":"id < 4","incremental_snapshot_collections_surrogate_key":null}]'
    const theirs = {
      incremental_snapshot_collections: collections,
      incremental_snapshot_correlation_id: 's7',
      incremental_snapshot_primary_key: JAVA.text,
      incremental_snapshot_maximum_key: JAVA.text
    }
    const tables = [{ ...table('shop.a', 's7'), condition: 'id < 4' }]
    assert.deepEqual(storedPlan(theirs).plan, { ...NOTHING_PLANNED, tables })
    const integers = {
      ...theirs,
      incremental_snapshot_primary_key: JAVA.integer,
      incremental_snapshot_maximum_key: JAVA.two
    }
    assert.deepEqual(storedPlan(integers).plan, {
      ...NOTHING_PLANNED,
      tables,
      lastKey: ['42'],
      maximumKey: ['1', '2']
    })
    const ours = planFields({ ...NOTHING_PLANNED, tables }, false)
    assert.equal(ours['incremental_snapshot_correlation_id'], 's7')
    const [first] = JSON.parse(String(ours['incremental_snapshot_collections']))
    assert.deepEqual(
      { ...first, millrace_signal: undefined },
      { ...JSON.parse(collections)[0], millrace_signal: undefined }
    )
  })

  test('tables are taken out at the front, or wherever they are', () => {
    assert.deepEqual(withoutFirst(plan), { ...NOTHING_PLANNED, tables: [table('shop.b')] })
    assert.deepEqual(without(plan, new Set(['shop.b'])), {
      ...plan,
      tables: plan.tables.slice(0, 1)
    })
    assert.deepEqual(without(plan, new Set(['shop.a'])), withoutFirst(plan))
  })
})

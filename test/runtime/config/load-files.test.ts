import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadFiles } from '../../../runtime/config/load-files.ts'
import { formatProblem } from '../../../runtime/config/problem.ts'
import { type LoadCase, testLoading } from './load-case.ts'
import { tempFolder } from './temp-folder.ts'

const cases: readonly LoadCase[] = [
  {
    name: 'keeps the text of scalars as it is written',
    file: 'f.yaml',
    text: `name: a
config:
  octal: 010
  float: 1e3
  yes: yes
  no: No
  huge: 12345678901234567890
  date: 2024-01-02
  hex: 0xFF
  infinity: .inf
  version: 1.10
  single: 'it''s \\d'
  double: "a\\tb"
  text: |
    one
    two
  folded: >-
    one
    two
  null text: 'null'
  colon: a:b
`,
    connectors: {
      a: {
        octal: '010',
        float: '1e3',
        yes: 'yes',
        no: 'No',
        huge: '12345678901234567890',
        date: '2024-01-02',
        hex: '0xFF',
        infinity: '.inf',
        version: '1.10',
        single: "it's \\d",
        double: 'a\tb',
        text: 'one\ntwo\n',
        folded: 'one two',
        'null text': 'null',
        colon: 'a:b'
      }
    }
  },
  {
    name: 'flattens nested maps and joins lists',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  x: {y: {z: 1}, w: 2}\n  x.v: 3\n  l: [a, b]\n  m:\n  - c\n  - d\n  e: []\n  n: {}\n',
    connectors: { a: { 'x.y.z': '1', 'x.w': '2', 'x.v': '3', l: 'a,b', m: 'c,d', e: '' } }
  },
  {
    name: 'takes transforms and predicates as a list of objects, in order',
    file: 'f.yaml',
    text: `name: a
config:
  transforms:
    - {name: zulu, type: Z, predicate: p}
    - name: alpha
      type: A
      nested: {deep: 1}
  predicates:
    - {name: p, type: P}
`,
    connectors: {
      a: {
        transforms: 'zulu,alpha',
        'transforms.zulu.type': 'Z',
        'transforms.zulu.predicate': 'p',
        'transforms.alpha.type': 'A',
        'transforms.alpha.nested.deep': '1',
        predicates: 'p',
        'predicates.p.type': 'P'
      }
    }
  },
  {
    name: 'takes transforms as a map by name, nested or dotted',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  transforms:\n    z: {type: Z}\n    b.type: B\n    b.x: 1\n',
    connectors: {
      a: {
        transforms: 'z,b',
        'transforms.z.type': 'Z',
        'transforms.b.type': 'B',
        'transforms.b.x': '1'
      }
    }
  },
  {
    name: 'takes transforms as Kafka Connect does',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  transforms: [z, b]\n  transforms.z.type: Z\n  transforms.b: {type: B}\n',
    connectors: { a: { transforms: 'z,b', 'transforms.z.type': 'Z', 'transforms.b.type': 'B' } }
  },
  {
    name: 'resolves anchors, aliases and merge keys; own keys win',
    file: 'f.yaml',
    text: `name: a
config: &base
  x: 1
  n: {p: 1, q: 2}
---
name: b
config:
  d: &d {x: 1, n: {p: 1, q: 2}}
  e:
    <<: *d
    n: {p: 3}
  f: *d
`,
    connectors: {
      a: { x: '1', 'n.p': '1', 'n.q': '2' },
      b: {
        'd.x': '1',
        'd.n.p': '1',
        'd.n.q': '2',
        'e.x': '1',
        'e.n.p': '3',
        'f.x': '1',
        'f.n.p': '1',
        'f.n.q': '2'
      }
    }
  },
  {
    name: 'reads several documents, and the worker among them',
    file: 'f.yml',
    text: '---\nbootstrap.servers: k:9092\n---\nname: a\nconfig: {x: 1}\n---\n---\nname: b\nconfig: {x: 2}\n...\n',
    connectors: { a: { x: '1' }, b: { x: '2' } },
    worker: { 'bootstrap.servers': 'k:9092' }
  },
  {
    name: 'reads a worker under its own key',
    file: 'f.yaml',
    text: 'worker:\n  data: {dir: ./d}\n  key.converter: json\n  producer: {linger.ms: 5}\n',
    worker: { 'data.dir': './d', 'key.converter': 'json', 'producer.linger.ms': '5' }
  },
  {
    name: "reads Kafka Connect's JSON, and answers of its REST API",
    file: 'f.json',
    text: '{\n\t"name": "a",\n\t"config": {"name": "a", "x": 1e3, "s": "\\u00e9\\/\\ud83d\\ude00", "n": null},\n\t"tasks": [{"connector": "a", "task": 0}], "type": "source"\n}',
    connectors: { a: { x: '1e3', s: 'é/😀' } },
    problems: [
      "f.json:3:65: warning: n has no value and is left out\n    remove the key, or write n: '' for an empty text"
    ]
  },
  {
    name: 'reads flat JSON',
    file: 'f.json',
    text: '{"name": "a", "connector.class": "x", "tasks.max": "2"}',
    connectors: { a: { 'connector.class': 'x', 'tasks.max': '2' } }
  },
  {
    name: 'reads properties with their escapes and continuations',
    file: 'f.properties',
    text: '# c\n! c\nname=a\nconnector.class : x\nempty\nu = \\u00e9\\t\\:\nlong=one,\\\n    two\nregex=a\\\\.b\nk\\ ey=v\n',
    connectors: {
      a: {
        'connector.class': 'x',
        empty: '',
        u: 'é\t:',
        long: 'one,two',
        regex: 'a\\.b',
        'k ey': 'v'
      }
    }
  },
  {
    name: 'reads a properties file of a worker',
    file: 'f.properties',
    text: 'bootstrap.servers=k:9092\ngroup.id=g \n',
    worker: { 'bootstrap.servers': 'k:9092', 'group.id': 'g ' },
    problems: [
      'f.properties:2:1: warning: group.id has a space at the end of its value, which belongs to the value\n    remove the space, if it is not meant'
    ]
  },
  {
    name: 'reads files with a byte order mark and Windows line ends',
    file: 'f.yaml',
    text: '\uFEFFname: a\r\nconfig:\r\n  x: 1\r\n',
    connectors: { a: { x: '1' } }
  }
]

testLoading(cases)

test('keeps the order of keys', async (t) => {
  const cwd = await tempFolder(t, { 'f.yaml': 'name: a\nconfig: {z: 1, a: {c: 1, b: 2}, m: 3}\n' })
  const [connector] = (await loadFiles(['f.yaml'], { cwd })).connectors
  assert.deepEqual(Object.keys(connector?.config ?? {}), ['name', 'z', 'a.c', 'a.b', 'm'])
})

test('blocks a nest of aliases that stands for millions of values', async (t) => {
  const levels = Array.from({ length: 9 }, (_, i) =>
    i === 0
      ? 'l0: &l0 {a: 1, b: 2}'
      : `l${i}: &l${i} {${'abcdefgh'
          .split('')
          .map((k) => `${k}: *l${i - 1}`)
          .join(', ')}}`
  )
  const text = `name: a\nconfig:\n  ${levels.join('\n  ')}\n`
  const cwd = await tempFolder(t, { 'f.yaml': text })
  const { problems } = await loadFiles(['f.yaml'], { cwd })
  assert.match(problems[0]?.message ?? '', /too large/)
})

test('expands folders, globs and paths, each file once', async (t) => {
  const connector = (name: string) => `name: ${name}\nconfig: {x: 1}\n`
  const cwd = await tempFolder(t, {
    'conf/b.yaml': connector('b'),
    'conf/a.yml': connector('a'),
    'conf/.hidden.yaml': connector('hidden'),
    'conf/note.txt': 'no configuration',
    'conf/deep/d.yaml': connector('d'),
    'c.json': '{"name": "c", "config": {"x": 1}}'
  })
  const names = async (...paths: string[]) => {
    const result = await loadFiles(paths, { cwd })
    assert.deepEqual(result.problems, [])
    return result.connectors.map((loaded) => `${loaded.name} ${loaded.file}`)
  }
  const both = [`a ${join('conf', 'a.yml')}`, `b ${join('conf', 'b.yaml')}`]
  assert.deepEqual(await names('conf'), both)
  assert.deepEqual(await names('conf/b.yaml', 'conf', 'conf/*.yaml'), both.toReversed())
  assert.deepEqual(await names('**/*.{yaml,json}'), [
    'c c.json',
    `b ${join('conf', 'b.yaml')}`,
    `d ${join('conf', 'deep', 'd.yaml')}`
  ])
})

test('says when a path, a folder or a glob stands for nothing', async (t) => {
  const cwd = await tempFolder(t, { 'empty/note.txt': '' })
  const { problems } = await loadFiles(['missing.yaml', 'empty', '*.yaml'], { cwd })
  assert.deepEqual(
    problems.map(({ severity, file, message }) => `${severity} ${file}: ${message}`).toSorted(),
    [
      'error *.yaml: no file matches *.yaml',
      'error empty: the folder empty has no .yaml, .yml, .json or .properties file',
      'error missing.yaml: missing.yaml does not exist'
    ]
  )
})

test('makes plugin files relative to the working directory when they stand beside the configuration', async (t) => {
  const cwd = await tempFolder(t, {
    'conf/a.yaml': 'name: a\nconfig: {connector.class: ./mine.ts, key.converter: ./other.ts}\n',
    'conf/mine.ts': ''
  })
  const [connector] = (await loadFiles(['conf'], { cwd })).connectors
  assert.equal(connector?.config['connector.class'], './conf/mine.ts')
  assert.equal(connector?.config['key.converter'], './other.ts')
})

test('reads the initial state and refuses another', async (t) => {
  const cwd = await tempFolder(t, {
    'f.yaml':
      'name: a\nconfig: {x: 1}\ninitial_state: paused\n---\nname: b\nconfig: {x: 1}\ninitial_state: STOPED\n'
  })
  const { connectors, problems } = await loadFiles(['f.yaml'], { cwd })
  assert.equal(connectors[0]?.initialState, 'PAUSED')
  assert.deepEqual(problems.map(formatProblem), [
    "f.yaml:7:1: error: initial_state must be one of RUNNING, PAUSED, STOPPED, not 'STOPED'\n    write initial_state: STOPPED"
  ])
})

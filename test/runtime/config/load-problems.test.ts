import { type LoadCase, testLoading } from './load-case.ts'

const cases: readonly LoadCase[] = [
  {
    name: 'refuses a transform without a name in a list',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  transforms:\n    - type: Z\n',
    connectors: { a: { transforms: '' } },
    problems: [
      'f.yaml:4:7: error: each item of transforms needs a name and a type\n    write - {name: first, type: ...}'
    ]
  },
  {
    name: 'refuses duplicate keys, dotted and nested too',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  x.y: 1\n  z: 1\n  x:\n    y: 2\n  z: 2\n',
    connectors: { a: { 'x.y': '1', z: '1' } },
    problems: [
      'f.yaml:6:5: error: x.y is given twice; the first is on line 3\n    remove one of them',
      'f.yaml:7:3: error: z is given twice; the first is on line 4\n    remove one of them'
    ]
  },
  {
    name: 'refuses duplicate keys in JSON and properties',
    file: 'f.properties',
    text: 'name=a\nconnector.class=x\nb=1\nb=2\n',
    connectors: { a: { 'connector.class': 'x', b: '1' } },
    problems: [
      'f.properties:4:1: error: b is given twice; the first is on line 3\n    remove one of them'
    ]
  },
  {
    name: 'says that a file is empty',
    file: 'f.yaml',
    text: '# nothing\n---\n',
    problems: [
      'f.yaml: warning: the file is empty\n    add a connector with name and config, or remove the file'
    ]
  },
  {
    name: 'refuses tabs, and reads the other documents of the file',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n\tx: 1\n---\nname: b\nconfig: {x: 1}\n',
    connectors: { b: { x: '1' } },
    problems: [
      'f.yaml:3:1: error: this is not valid YAML: tabs are not allowed as indentation\n    indent with spaces'
    ]
  },
  {
    name: 'refuses a document that is no map',
    file: 'f.yaml',
    text: '- name: a\n',
    problems: [
      'f.yaml:1:1: error: a configuration is a map of keys to values; this document is a list\n    write name: ... and config: ... at the start of the line, without a dash'
    ]
  },
  {
    name: 'refuses a document that is neither connector nor worker',
    file: 'f.yaml',
    text: 'foo: 1\nbar: 2\n',
    problems: [
      'f.yaml:1:1: error: this is neither a connector (name and config) nor a worker (worker keys)\n    write name: ..., and the connector under config:'
    ]
  },
  {
    name: 'says what is misspelled or misplaced beside name and config',
    file: 'f.yaml',
    text: 'nmae: a\nconfig: {x: 1}\n---\nname: b\nconfg: {x: 1}\n---\nname: c\nconfig: {x: 1}\ntasks.max: 2\n',
    connectors: { c: { x: '1' } },
    problems: [
      'f.yaml:1:1: error: nmae stands beside name and config, where it has no meaning\n    write name',
      'f.yaml:5:1: error: confg stands beside name and config, where it has no meaning\n    write config',
      'f.yaml:9:1: error: tasks.max stands beside name and config, where it has no meaning\n    move tasks.max under config:'
    ]
  },
  {
    name: 'refuses a connector without name or config',
    file: 'f.yaml',
    text: 'config: {x: 1}\n---\nname: a\n---\nname: b\nconfig: text\n---\nconnector.class: x\n',
    problems: [
      'f.yaml:1:1: error: the connector has no name\n    write name: followed by a name of its own for the connector',
      'f.yaml:3:1: error: the connector has no config\n    write config: and below it, indented, connector.class: ... and the other keys',
      'f.yaml:6:1: error: config is a map of keys to values, but it is text\n    write config: and below it, indented, connector.class: ... and the other keys',
      'f.yaml:8:1: error: the connector has no name\n    add name: ...'
    ]
  },
  {
    name: 'refuses two connectors of one name, two workers, and two names of one connector',
    file: 'f.yaml',
    text: 'name: a\nconfig: {x: 1}\n---\nname: a\nconfig: {x: 2}\n---\ngroup.id: g\n---\ngroup.id: h\n---\nname: b\nconfig: {name: c}\n',
    connectors: { a: { x: '1' }, b: {} },
    worker: { 'group.id': 'g' },
    problems: [
      "f.yaml:4:1: error: there is another connector 'a', at f.yaml:1\n    give each connector a name of its own",
      'f.yaml:9:1: error: there is another worker configuration, at f.yaml:7\n    keep one; a process is one worker',
      "f.yaml:12:10: error: config has the name 'c', but the connector is named 'b'\n    remove name from config"
    ]
  },
  {
    name: 'refuses tags, aliases to nothing, and aliases that contain themselves',
    file: 'f.yaml',
    text: 'name: a\nconfig: {p: !secret x}\n---\nname: b\nconfig: {p: *nothing}\n---\nname: c\nconfig: &c {p: *c}\n',
    problems: [
      'f.yaml:2:13: error: this is not valid YAML: unresolved tag: !secret\n    remove the tag; a secret is written ${env:NAME} or ${file:path:key}',
      'f.yaml:5:13: error: the alias *nothing repeats a value that is not there\n    write &nothing before the value to repeat, or put a text that starts with * in quotes',
      'f.yaml:8:16: error: the document is too large or nested too deeply, or an alias contains itself\n    write the values out instead of nesting aliases'
    ]
  },
  {
    name: 'refuses lists of anything but text, and warns of commas in items',
    file: 'f.yaml',
    text: 'name: a\nconfig:\n  x: [{y: 1}]\n  z: ["a{1,2}", b]\n',
    connectors: { a: { x: '', z: 'a{1,2},b' } },
    problems: [
      'f.yaml:3:7: error: x is a list of texts; this item is a map\n    write x: [one, two]',
      'f.yaml:4:7: warning: z has an item with a comma, which is read as several items\n    write one item for each'
    ]
  }
]

testLoading(cases)

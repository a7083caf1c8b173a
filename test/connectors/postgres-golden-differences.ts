import type { MeantDifference } from '../support/golden-meant.ts'

export const MEANT: readonly MeantDifference[] = [
  ...dates(),
  ...arrays(),
  ...defaults(),
  ...keys(),
  ...failures(),
  {
    heading: 'Columns of type name',
    scenario: /^types-text$/,
    at: /labels#\d+ value\.payload\.after\.nm$/,
    expected: 'null',
    got: /^"(a_name|Ünicode|n{63}|)"$/
  },
  ...['"red,green,blue"', '"crimson,green,blue"'].map((got) => ({
    heading: 'Labels added to an enum',
    scenario: /^ddl$/,
    at: /(born|painted)#\d+ value\.schema\.fields\[(before|after)\]\.fields\[c\]\.parameters\.allowed$/,
    expected: '"red,blue"',
    got
  }))
]

function dates(): MeantDifference[] {
  const beforeChrist = 'Dates before Christ'
  const infinite = 'Infinite dates'
  const moment = (number: number) => new RegExp(`moments#${number} value\\.payload\\.after\\.d$`)
  const inMoments = { scenario: /^types-time$/ }
  const clocks = {
    heading: beforeChrist,
    at: /clocks#3 value\.(payload\.)?after\.d$/
  }
  return [
    { ...inMoments, heading: beforeChrist, at: moment(2), expected: '-703383', got: '-735160' },
    { ...inMoments, heading: beforeChrist, at: moment(7), expected: '1001860', got: '-2440550' },
    { ...inMoments, heading: infinite, at: moment(5), expected: '-622191234', got: '2147483647' },
    { ...inMoments, heading: infinite, at: moment(6), expected: '-625821272', got: '-2147483648' },
    { ...inMoments, heading: infinite, at: moment(13), expected: '-2147472692', got: '2147483647' },
    {
      ...inMoments,
      heading: infinite,
      at: moment(14),
      expected: '-2147472691',
      got: '-2147483648'
    },
    { ...clocks, scenario: /^modes-string$/, expected: '"0044-03-15Z"', got: '"-0043-03-15Z"' },
    { ...clocks, scenario: /^modes-(?!string)/, expected: '-703383', got: '-735160' }
  ]
}

function arrays(): MeantDifference[] {
  const elements = 'Null in arrays of enum, tsvector and ltree'
  const dimensions = 'Arrays of several dimensions'
  const bits = 'Arrays of bit'
  const odd = { scenario: /^types-arrays-odd$/ }
  const bitSchema = '"name":"io.debezium.data.Bits","version":1,"parameters":{"length":"3"}'
  return [
    {
      heading: elements,
      scenario: /^(types-arrays|types-arrays-odd|ddl)$/,
      at: /value\.schema\.fields\[(before|after)\]\.fields\[(e|ss|tv)\]\.items\.optional$/,
      expected: 'false',
      got: 'true'
    },
    {
      heading: elements,
      scenario: /^types-arrays$/,
      at: /shelves#[26] value\.payload\.after\.(e|lt)$/,
      expected: 'null',
      got: '[null]'
    },
    {
      ...odd,
      heading: dimensions,
      at: /grid#0 value\.payload\.after\.two$/,
      expected: '[null,null]',
      got: '[1,2,3,4]'
    },
    {
      ...odd,
      heading: dimensions,
      at: /grid#0 value\.payload\.after\.txt$/,
      expected: /^\["\[Ljava\.lang\.String;@/,
      got: '["a","b","c",null]'
    },
    {
      ...odd,
      heading: dimensions,
      at: /grid#1 value\.payload\.after\.two$/,
      expected: '[null]',
      got: '[1,2]'
    },
    {
      ...odd,
      heading: bits,
      at: /odd#\d value\.schema\.fields\[(before|after)\]\.fields\[b3\]$/,
      expected: `{"type":"bytes","optional":true,${bitSchema},"field":"b3"}`,
      got: `{"type":"array","items":{"type":"bytes","optional":true,${bitSchema}},"optional":true,"field":"b3"}`
    },
    {
      ...odd,
      heading: bits,
      at: /odd#[01] value\.payload\.after\.b3$/,
      expected: 'null',
      got: '["BQ=="]'
    }
  ]
}

function defaults(): MeantDifference[] {
  const inSchema = (table: string, column: string, rest: string) =>
    new RegExp(
      `${table}#\\d value\\.schema\\.fields\\[(before|after)\\]\\.fields\\[${column}\\]${rest}$`
    )
  const inRow = (table: string, column: string) =>
    new RegExp(`${table}#\\d value\\.(payload\\.)?(before|after)\\.${column}$`)
  const expression = { heading: 'Defaults that are expressions', scenario: /^types-defaults/ }
  const user = { ...expression, expected: '"CURRENT_USER"', got: '""' }
  const quote = {
    heading: 'Defaults with a quote in them',
    scenario: /^types-defaults/,
    expected: '"va"',
    got: '"va\'l"'
  }
  return [
    {
      ...expression,
      at: inSchema('computed', 'tnn', ''),
      expected: '{"type":"string","optional":false,"default":"a","field":"tnn"}',
      got: '{"type":"string","optional":false,"field":"tnn"}'
    },
    {
      ...expression,
      at: inSchema('computed', 'b', ''),
      expected: '{"type":"boolean","optional":true,"default":false,"field":"b"}',
      got: '{"type":"boolean","optional":true,"field":"b"}'
    },
    { ...expression, at: inRow('computed', 'tnn'), expected: '"a"', got: '""' },
    { ...expression, at: inRow('computed', 'b'), expected: 'false', got: 'null' },
    { ...user, at: inSchema('computed', 'usr', '\\.default') },
    { ...user, at: inRow('computed', 'usr') },
    { ...quote, at: inSchema('settings', 'v', '\\.default') },
    { ...quote, at: inRow('settings', 'v') }
  ]
}

function keys(): MeantDifference[] {
  const index = { heading: 'Replica identity by index', scenario: /^ops-/ }
  return [
    {
      ...index,
      at: /indexed#\d+ (key|header __debezium\.(new|old)key)(\.payload)?$/,
      expected: /^\{"id":\d+\}$/,
      got: /^\{"code":"\w+","seen":\d+\}$/
    },
    {
      ...index,
      at: /indexed#\d+ (key|header __debezium\.(new|old)key)\.schema\.fields$/,
      expected: '[{"type":"int32","optional":false,"field":"id"}]',
      got: '[{"type":"string","optional":false,"field":"code"},{"type":"int32","optional":false,"name":"io.debezium.time.Date","version":1,"field":"seen"}]'
    },
    {
      heading: 'Tables that were altered since',
      scenario: /^ddl-race$/,
      at: /(later#[134]|renamed#0) key$/,
      expected: 'nothing',
      got: /^\{"id":\d(,"v":"\w+")?\}$/
    },
    {
      heading: 'Partial unique indexes',
      scenario: /^keys$/,
      at: /partial_unique#[01] key$/,
      expected: /"payload":\{"id":1\}\}$/,
      got: 'nothing'
    },
    {
      heading: 'Null in a unique index',
      scenario: /^keys$/,
      at: /unique_null#1 key$/,
      expected: /"payload":\{"id":null\}\}$/,
      got: 'nothing'
    }
  ]
}

/** Scenarios in which Debezium's task failed. */
function failures(): MeantDifference[] {
  const zone = { heading: 'Time zones with seconds', scenario: /^types-timetz-seconds$/ }
  const domain = { heading: 'Domains over enums', scenario: /^types-domain-over-enum$/ }
  const nanoseconds = {
    heading: 'Deletes with nanosecond timestamps',
    scenario: /^modes-nanoseconds-delete$/
  }
  const added = { expected: 'nothing' }
  return [
    {
      ...zone,
      at: /clocks#0 value\.payload\.after\.tz$/,
      expected: 'null',
      got: '"00:00:00.4Z"'
    },
    { ...zone, ...added, at: /clocks#1$/, got: /"after":\{"id":2,"tz":"23:02:03Z"\}/ },
    { ...zone, ...added, at: /clocks#2$/, got: /"after":\{"id":3,"tz":"00:00:00.4Z"\}/ },
    { ...zone, ...added, at: /clocks#3$/, got: /"after":\{"id":4,"tz":"23:02:03Z"\}/ },
    { ...domain, ...added, at: /plain#0$/, got: /"after":\{"id":1,"t":"a"\}.*"op":"r"/ },
    { ...domain, ...added, at: /plain#1$/, got: /"after":\{"id":2,"t":"b"\}.*"op":"c"/ },
    { ...nanoseconds, ...added, at: /t#1$/, got: /"after":\{"id":2,"at":1709168523000000000\}/ },
    { ...nanoseconds, ...added, at: /t#2$/, got: /"before":\{"id":1,"at":0\},"after":null/ },
    { ...nanoseconds, ...added, at: /t#3$/, got: '{"id":1} null' },
    { ...nanoseconds, ...added, at: /t#4$/, got: /"after":\{"id":3,"at":1709168523000000000\}/ }
  ]
}

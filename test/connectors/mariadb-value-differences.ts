import type { MeantDifference } from '../support/golden-meant.ts'

/** Where values and schemas of columns are meant to be others than Debezium's. */
export const MEANT_VALUES: readonly MeantDifference[] = [
  ...numbers(),
  ...times(),
  ...defaults(),
  {
    heading: 'UUIDs that end in zeros',
    scenario: /^types-misc$/,
    at: /oddities#8 value\.payload\.after\.u$/,
    expected: '"00001234-5678-90ab-4def-9234567890ab"',
    got: '"12345678-90ab-4def-9234-567890ab0000"'
  },
  {
    heading: 'Members of ENUM with a comma',
    scenario: /^types-text$/,
    at: /words#9 value\.payload\.after\.e$/,
    expected: '"large\\\\, wide"',
    got: '"large, wide"'
  },
  {
    heading: 'Comments with a quote in them',
    scenario: /^ddl$/,
    at: /born(_like)?#\d+ value\.schema\.fields\[(before|after)\]\.fields\[ip\]\.doc$/,
    expected: `"it''s"`,
    got: `"it's"`
  }
]

function numbers(): MeantDifference[] {
  const float = {
    heading: 'FLOAT in the snapshot',
    scenario: /^types-numbers$/
  }
  const field = (name: string) => new RegExp(`fractions#\\d value\\.payload\\.after\\.${name}$`)
  return [
    { ...float, at: field('f'), expected: '-3.40282E38', got: '-3.402823E38' },
    { ...float, at: field('f'), expected: '3.40282E38', got: '3.402823E38' },
    { ...float, at: field('f24'), expected: '1.67772E7', got: '1.6777216E7' },
    {
      heading: 'REAL columns of a streamed table',
      scenario: /^ddl$/,
      at: /born(_like)?#\d+ value\.schema\.fields\[(before|after)\]\.fields\[r\]\.type$/,
      expected: '"float"',
      got: '"double"'
    },
    {
      heading: 'YEAR 0000',
      scenario: /^types-year-zero-streamed$/,
      at: /years#[12] value\.after\.yn?$/,
      expected: '1900',
      got: '0'
    }
  ]
}

function times(): MeantDifference[] {
  const scenario = /^types-time(-no-adjuster)?$/
  const zero = { heading: 'Zero dates in TIMESTAMP', scenario }
  return [
    {
      heading: 'Fractions of TIMESTAMP in the snapshot',
      scenario,
      at: /moments#[123] value\.(payload\.)?after\.ts\d$/,
      expected: /^"[^".]{19}(\.\d*[1-9])?Z"$/,
      got: /^"[^".]{19}\.\d*0Z"$/
    },
    {
      heading: 'Days of October 1582',
      scenario,
      at: /moments#2 value\.(payload\.)?after\.dt2$/,
      expected: '-12218860800000',
      got: '-12219724800000'
    },
    {
      ...zero,
      at: /zeros#\d value\.(payload\.)?(before|after)\.ts$/,
      expected: '"1970-01-01T00:00:00Z"',
      got: 'null'
    },
    {
      ...zero,
      at: /zeros#0 value\.(payload\.)?after\.tsn$/,
      expected: '"2024-01-01T00:00:00Z"',
      got: '"1970-01-01T00:00:00Z"'
    }
  ]
}

function defaults(): MeantDifference[] {
  const large = 'Large numbers as defaults'
  const quotes = 'Quotes and bytes in defaults'
  /** In the schema, and where JsonConverter puts it in the place of null. */
  const places = (name: string) =>
    new RegExp(
      `value\\.(schema\\.fields\\[(before|after)\\]\\.fields\\[${name}\\]\\.default|(payload\\.)?after\\.${name})$`
    )
  const inTypes = { scenario: /^types-defaults$/ }
  return [
    {
      ...inTypes,
      heading: large,
      at: places('b'),
      expected: '9007199254740992',
      got: '9007199254740993'
    },
    {
      heading: large,
      scenario: /^(types-defaults|modes-(double|microseconds|nanoseconds|converters))$/,
      at: places('bud?'),
      expected: '9223372036854775807',
      got: '-1'
    },
    { ...inTypes, heading: quotes, at: places('v'), expected: `"va''l"`, got: `"va'l"` },
    { ...inTypes, heading: quotes, at: places('bn'), expected: '"AQJcMFww"', got: '"AQIAAA=="' },
    {
      heading: quotes,
      scenario: /^modes-/,
      at: /fields\[vbd\]$/,
      expected:
        /^\{"type":"(string|bytes)","optional":true,"default":"(efbfbdefbfbd|77.977.9)","field":"vbd"\}$/,
      got: /^\{"type":"(string|bytes)","optional":true,"field":"vbd"\}$/
    },
    {
      heading: quotes,
      scenario: /^modes-/,
      at: /value\.(payload\.)?after\.vbd$/,
      expected: /^"(efbfbdefbfbd|77.977.9)"$/,
      got: 'null'
    }
  ]
}

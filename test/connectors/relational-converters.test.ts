import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConvertibleColumn } from '../../connectors/relational/column-conversion.ts'
import {
  ColumnConverters,
  converterKeys,
  converterProblems
} from '../../connectors/relational/column-converters.ts'
import { float32, int16, int32, int64, type Schema, string } from '../../runtime/api/schema.ts'
import { parseConfig } from '../../runtime/config/parse-config.ts'

const PACKAGE = 'io.debezium.connector.binlog.converters'

function column(name: string, facts: Partial<ConvertibleColumn>): ConvertibleColumn {
  return {
    table: 'shop.mix',
    name,
    typeName: 'TINYINT',
    length: null,
    optional: true,
    charset: null,
    ...facts
  }
}

function configOf(options: Readonly<Record<string, string>>): Record<string, unknown> {
  const raw = Object.entries(options).map(([key, value]) => [`c.${key}`, value])
  const { config, problems } = parseConfig(converterKeys, {
    converters: 'c',
    ...Object.fromEntries(raw)
  })
  assert.deepEqual(problems, [])
  return config
}

function convertersOf(type: string, options: Readonly<Record<string, string>> = {}) {
  const config = configOf({ type: `${PACKAGE}.${type}`, ...options })
  assert.deepEqual(converterProblems(config), [])
  return new ColumnConverters(config)
}

describe('converters of columns', () => {
  test('TINYINT(1) becomes boolean, as in mariadb-modes-converters', () => {
    const converters = convertersOf('TinyIntOneToBooleanConverter')
    const one = converters.conversionOf(column('t1', { length: 1 }), int16())
    assert.equal(one?.schema.type, 'boolean')
    assert.deepEqual([1, 0, -1, true, null].map(one?.convert ?? String), [
      true,
      false,
      false,
      true,
      null
    ])
    assert.deepEqual([one?.shownDefault(1), one?.shownDefault(undefined)], [true, undefined])
    assert.equal(converters.conversionOf(column('t4', { length: 4 }), int16()), null)
    assert.equal(
      converters.conversionOf(column('i', { typeName: 'INT', length: 1 }), int32()),
      null
    )
    const required = converters.conversionOf(column('t', { length: 1, optional: false }), int16())
    assert.equal(required?.convert(null), false)
  })

  test('a selector, and no look at the length', () => {
    const converters = convertersOf('TinyIntOneToBooleanConverter', {
      selector: 'shop\\.MIX\\.(a|b)',
      'length.checker': 'false'
    })
    const selected = (name: string) =>
      converters.conversionOf(column(name, { typeName: 'TINYINT UNSIGNED' }), int16()) !== null
    assert.deepEqual(['a', 'b', 'c'].map(selected), [true, true, false])
  })

  test('booleans, reals and texts for a JDBC sink', () => {
    const converters = convertersOf('JdbcSinkDataTypesConverter', {
      'selector.boolean': '.*\\.flag',
      'selector.real': '.*\\.weight',
      'selector.string': '.*\\.name'
    })
    const of = (name: string, own: Schema, charset: string | null = null) =>
      converters.conversionOf(column(name, { charset }), own)
    assert.equal(of('flag', int16())?.schema.type, 'int16')
    assert.deepEqual([true, 0, null].map(of('flag', int16())?.convert ?? String), [1, 0, null])
    assert.equal(of('weight', float32())?.schema.type, 'float64')
    assert.deepEqual(of('name', string(), 'latin1')?.schema.parameters, {
      '__debezium.source.column.character_set': 'latin1'
    })
    assert.equal(of('other', string()), null)
  })

  test('zero dates become null, and the schema optional', () => {
    const converters = convertersOf('ZeroDateFallbackConverter')
    const date = int32({ name: 'io.debezium.time.Date', version: 1 })
    const found = converters.conversionOf(column('d', { typeName: 'DATE', optional: false }), date)
    assert.deepEqual([found?.optional, found?.convert(null), found?.convert(7)], [true, null, 7])
    assert.equal(found?.shownDefault(0), undefined)
    assert.equal(converters.conversionOf(column('t', { typeName: 'TIME' }), int64()), null)
  })

  test('zero dates become what the configuration says, in the unit of the column', () => {
    const converters = convertersOf('ZeroDateFallbackConverter', {
      'target.types': 'DATETIME,TIMESTAMP',
      'fallback.datetime': '1970-01-02 00:00:01',
      'fallback.timestamp': '2000-01-01T01:30:00+02:00',
      'column.shop.mix.odd.fallback': 'NULL'
    })
    const of = (name: string, typeName: string, own: Schema) =>
      converters.conversionOf(column(name, { typeName, optional: false }), own)
    const millis = int64({ name: 'io.debezium.time.Timestamp', version: 1 })
    const micros = int64({ name: 'io.debezium.time.MicroTimestamp', version: 1 })
    const zoned = string({ name: 'io.debezium.time.ZonedTimestamp', version: 1 })
    const found = of('a', 'DATETIME', millis)
    assert.deepEqual([found?.optional, found?.convert(null)], [false, 86_401_000])
    assert.equal(found?.shownDefault(5), 86_401_000)
    assert.equal(of('a', 'DATETIME', micros)?.convert(null), 86_401_000_000)
    assert.equal(of('a', 'TIMESTAMP', zoned)?.convert(null), '1999-12-31T23:30:00Z')
    assert.equal(of('odd', 'DATETIME', millis)?.optional, true)
    assert.equal(of('a', 'DATE', int32()), null)
  })

  test('a converter that does not exist, a bad selector and a bad date are refused by their keys', () => {
    const keys = (options: Readonly<Record<string, string>>) =>
      converterProblems(configOf(options)).map(({ key }) => key)
    assert.deepEqual(keys({}), ['c.type'])
    assert.deepEqual(keys({ type: 'com.example.Mine' }), ['c.type'])
    assert.deepEqual(
      keys({
        type: `${PACKAGE}.ZeroDateFallbackConverter`,
        selector: '(',
        'fallback.date': 'soon'
      }),
      ['c.selector', 'c.fallback.date']
    )
  })
})

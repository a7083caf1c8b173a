import { className, list, string } from '../../runtime/api/config.ts'
import type { KeyProblem } from '../../runtime/api/connector.ts'
import {
  boolean as bool,
  float32,
  float64,
  int16,
  type Schema,
  string as text
} from '../../runtime/api/schema.ts'
import {
  type ColumnConverter,
  type Conversion,
  type ConverterOptions,
  type ConvertibleColumn,
  selector,
  splitList
} from './column-conversion.ts'
import { patternList } from './name-filter.ts'
import { zeroDateConverter, zeroDateProblems } from './zero-date-converter.ts'

const PACKAGE = 'io.debezium.connector.binlog.converters.'

const CONVERTERS: Readonly<Record<string, (options: ConverterOptions) => ColumnConverter>> = {
  [`${PACKAGE}TinyIntOneToBooleanConverter`]: tinyIntConverter,
  [`${PACKAGE}JdbcSinkDataTypesConverter`]: jdbcSinkConverter,
  [`${PACKAGE}ZeroDateFallbackConverter`]: zeroDateConverter
}

const option = (doc: string) => string({ doc, default: null, importance: 'LOW' })

/** Keys of custom converters: those that come with Debezium for MySQL and MariaDB. */
export const converterKeys = {
  converters: list({
    doc: 'Names of converters of columns; what each does is said by the keys that start with its name.',
    default: [],
    importance: 'LOW'
  }),
  '<converter>.type': className({
    doc: 'Which converter: TinyIntOneToBooleanConverter, JdbcSinkDataTypesConverter or ZeroDateFallbackConverter, by its Java class name.',
    default: null,
    importance: 'LOW',
    examples: Object.keys(CONVERTERS)
  }),
  '<converter>.selector': option(
    'Columns to convert: regular expressions of <database>.<table>.<column>. (TinyIntOneToBooleanConverter, ZeroDateFallbackConverter)'
  ),
  '<converter>.length.checker': option(
    'Whether only TINYINT(1) becomes boolean, and not every TINYINT. (TinyIntOneToBooleanConverter)'
  ),
  '<converter>.selector.boolean': option(
    'BOOLEAN columns to write as int16. (JdbcSinkDataTypesConverter)'
  ),
  '<converter>.selector.real': option(
    'REAL columns to write as float64. (JdbcSinkDataTypesConverter)'
  ),
  '<converter>.selector.string': option(
    'Columns of text whose schema names their character set. (JdbcSinkDataTypesConverter)'
  ),
  '<converter>.treat.real.as.double': option(
    'false: REAL becomes float32. (JdbcSinkDataTypesConverter)'
  ),
  '<converter>.target.types': option(
    'Types with zero dates to replace: DATE, DATETIME, TIMESTAMP. (ZeroDateFallbackConverter)'
  ),
  '<converter>.fallback.date': option('Such as 1970-01-01, or NULL. (ZeroDateFallbackConverter)'),
  '<converter>.fallback.datetime': option(
    'Such as 1970-01-01 00:00:00, or NULL. (ZeroDateFallbackConverter)'
  ),
  '<converter>.fallback.timestamp': option(
    'Such as 1970-01-01T00:00:00Z, or NULL. (ZeroDateFallbackConverter)'
  ),
  '<converter>.column.<column>.fallback': option(
    'The replacement of one column, <database>.<table>.<column>. (ZeroDateFallbackConverter)'
  )
} as const

/**
 * The converters of the key `converters`, in order; the first that wants a column has it. Masks and truncation
 * come after it. Compile a column once per version of its table:
 *
 *     const conversion = new ColumnConverters(config).conversionOf(column, codec.schema)
 */
export class ColumnConverters {
  readonly #converters: readonly ColumnConverter[]

  /** @param config parsed with {@link converterKeys}, and without {@link converterProblems} */
  constructor(config: Readonly<Record<string, unknown>>) {
    this.#converters = named(config).flatMap(
      ({ type, options }) => CONVERTERS[type]?.(options) ?? []
    )
  }

  conversionOf(column: ConvertibleColumn, own: Schema): Conversion | null {
    for (const converter of this.#converters) {
      const conversion = converter.conversionOf(column, own)
      if (conversion !== null) return conversion
    }
    return null
  }
}

/** Converters without type or of one that does not exist, selectors and replacements that cannot be read. */
export function converterProblems(config: Readonly<Record<string, unknown>>): KeyProblem[] {
  return named(config).flatMap(({ name, type, options }) => {
    if (CONVERTERS[type] === undefined) {
      const known = Object.keys(CONVERTERS).join(', ')
      const message = `${name}.type: there is no converter '${type}'; there are ${known}`
      return [{ key: `${name}.type`, message }]
    }
    const selectors = Object.keys(options)
      .filter((key) => key.startsWith('selector'))
      .map((key) => [key, patternList(splitList(options[key]))] as const)
      .concat(zeroDateProblems(options))
    return selectors.flatMap(([key, problem]) =>
      problem === undefined ? [] : { key: `${name}.${key}`, message: `${name}.${key} ${problem}` }
    )
  })
}

function named(config: Readonly<Record<string, unknown>>) {
  const names = Array.isArray(config['converters']) ? (config['converters'] as string[]) : []
  return names.map((name) => {
    const given = Object.entries(config).filter(
      ([key, value]) => key.startsWith(`${name}.`) && typeof value === 'string'
    )
    const options: ConverterOptions = Object.fromEntries(
      given.map(([key, value]) => [key.slice(name.length + 1), String(value)])
    )
    return { name, type: options['type']?.trim() ?? '', options }
  })
}

/** A conversion whose null, where the column has none, is a fixed value. */
function conversion(
  column: ConvertibleColumn,
  schema: Schema,
  about: { readonly fallback: unknown; readonly convert: (value: unknown) => unknown }
): Conversion {
  const convert = (value: unknown) => {
    if (value === null) return column.optional ? null : about.fallback
    return about.convert(value)
  }
  const shownDefault = (own: unknown) => (own === undefined ? undefined : convert(own))
  return { schema, optional: column.optional, convert, shownDefault }
}

function tinyIntConverter(options: ConverterOptions): ColumnConverter {
  const selects = selector(options['selector'], true)
  const anyLength = options['length.checker']?.trim().toLowerCase() === 'false'
  return {
    conversionOf(column) {
      if (!/^TINYINT( UNSIGNED)?$/.test(column.typeName)) return null
      if (!selects(column) || !(anyLength || column.length === 1)) return null
      return conversion(column, bool(), { fallback: false, convert: isPositive })
    }
  }
}

function jdbcSinkConverter(options: ConverterOptions): ColumnConverter {
  const [isBoolean, isReal, isString] = ['boolean', 'real', 'string'].map((kind) =>
    selector(options[`selector.${kind}`], false)
  )
  const isSingle = options['treat.real.as.double']?.trim().toLowerCase() === 'false'
  return {
    conversionOf(column) {
      if (isBoolean?.(column)) {
        const convert = (value: unknown) => (isPositive(value) ? 1 : 0)
        return conversion(column, int16(), { fallback: 0, convert })
      }
      if (isReal?.(column)) {
        const convert = isSingle ? (value: unknown) => Math.fround(Number(value)) : Number
        return conversion(column, isSingle ? float32() : float64(), { fallback: 0, convert })
      }
      if (!isString?.(column)) return null
      return conversion(column, withCharset(column.charset), { fallback: '', convert: asText })
    }
  }
}

function withCharset(charset: string | null): Schema {
  if (charset === null) return text()
  return text({ parameters: { '__debezium.source.column.character_set': charset } })
}

function isPositive(value: unknown): boolean {
  return typeof value === 'boolean' ? value : Number(value) > 0
}

function asText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
}

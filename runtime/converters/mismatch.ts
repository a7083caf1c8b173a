import { unscaled } from '../api/decimal.ts'
import { DECIMAL, type Schema, Struct } from '../api/schema.ts'

const INTEGER_BITS: Partial<Record<Schema['type'], number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64
}

/**
 * Finds the first place where a value does not fit its schema, and says what is wrong there. Only
 * called after a writer refused a value, so that writers carry no paths.
 *
 * @returns such as `after.price: required int32, but the value is null`; null when nothing is wrong
 */
export function describeMismatch(schema: Schema, value: unknown, path = ''): string | null {
  const place = path === '' ? 'value' : path
  if (value === null || value === undefined) {
    if (schema.optional || (schema.default !== undefined && schema.default !== null)) return null
    return `${place}: required ${typeName(schema)}, but the value is null`
  }
  const inside = describeParts(schema, value, path)
  if (inside !== undefined) return inside
  const problem = scalarProblem(schema, value)
  return problem === null ? null : `${place}: expected ${typeName(schema)}, but ${problem}`
}

function describeParts(schema: Schema, value: unknown, path: string): string | null | undefined {
  const { type, items, keys } = schema
  if (type === 'struct' && value instanceof Struct) return describeFields(schema, value, path)
  if (type === 'array' && Array.isArray(value) && items) {
    return first(value, (item, at) => describeMismatch(items, item, `${path}[${at}]`))
  }
  if (type === 'map' && value instanceof Map && items && keys) {
    return first([...value], ([key, item]) => {
      const place = `${path}[${String(key)}]`
      return describeMismatch(keys, key, place) ?? describeMismatch(items, item, place)
    })
  }
  return undefined
}

function describeFields(schema: Schema, struct: Struct, path: string): string | null {
  const names = (from: Schema) => from.fields.map((field) => field.name).join(', ')
  if (names(schema) !== names(struct.schema)) {
    const place = path === '' ? 'value' : path
    return `${place}: expected a struct of (${names(schema)}), but it has (${names(struct.schema)})`
  }
  return first(schema.fields, (field) => {
    const place = path === '' ? field.name : `${path}.${field.name}`
    return describeMismatch(field.schema, struct.values[field.index], place)
  })
}

function first<T>(
  items: readonly T[],
  find: (item: T, at: number) => string | null
): string | null {
  for (const [at, item] of items.entries()) {
    const found = find(item, at)
    if (found !== null) return found
  }
  return null
}

function typeName(schema: Schema): string {
  return schema.name === undefined ? schema.type : `${schema.type} (${schema.name})`
}

function scalarProblem(schema: Schema, value: unknown): string | null {
  const wrong = `the value is ${describe(value)}`
  const bits = INTEGER_BITS[schema.type]
  if (bits !== undefined) {
    const whole = Number.isSafeInteger(value) || typeof value === 'bigint'
    if (!whole || (typeof value === 'bigint' && bits < 64)) return wrong
    const exact = BigInt(value as number | bigint)
    return BigInt.asIntN(bits, exact) === exact ? null : `${wrong}, out of range`
  }
  if (schema.name === DECIMAL) return decimalProblem(schema, value)
  switch (schema.type) {
    case 'float32':
    case 'float64':
      return typeof value === 'number' ? null : wrong
    case 'bytes':
      return value instanceof Uint8Array ? null : wrong
    default:
      return typeof value === schema.type ? null : wrong
  }
}

function decimalProblem(schema: Schema, value: unknown): string | null {
  if (typeof value !== 'string') return `the value is ${describe(value)}, not a decimal as text`
  try {
    unscaled(value, Number(schema.parameters?.['scale'] ?? 0))
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function describe(value: unknown): string {
  if (value instanceof Struct) return `a struct ${value.schema.name ?? ''}`.trim()
  if (typeof value !== 'object' || value === null)
    return `${typeof value} ${String(value)}`.slice(0, 80)
  return `a ${value.constructor?.name ?? 'object'}`
}

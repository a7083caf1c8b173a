import type { ConfigKey, ConfigSpec } from '../api/config.ts'
import type { Dialect } from '../api/connector.ts'
import type { ConfigKeyInfo } from './config-infos.ts'
import { valueText } from './configdef.ts'
import { isPattern } from './parse-config.ts'

/** A key that lists show, with the name it has there. */
export interface ListedKey {
  readonly name: string
  readonly key: ConfigKey
  readonly info: ConfigKeyInfo
}

/**
 * The keys of a spec that lists show, in their order. Patterns are only shown where a listing names
 * them.
 *
 * @param dialect Debezium has no default for lists, where Kafka has the empty list
 */
export function listedKeys(spec: ConfigSpec, dialect: Dialect = 'kafka'): ListedKey[] {
  const places = new Map<string, number>()
  return Object.entries(spec).flatMap(([declared, key]) => {
    const listing = key.options.listing
    const name = listing?.name ?? declared
    if (listing?.hidden || isPattern(name)) return []
    const info = keyInfo(name, key, dialect)
    if (info.group === null) return [{ name, key, info }]
    const place = (places.get(info.group) ?? 0) + 1
    places.set(info.group, place)
    const order = listing?.order ?? place
    return [{ name, key, info: { ...info, order_in_group: order, order } }]
  })
}

/** What is said about one key, without a place in its group. */
export function keyInfo(name: string, key: ConfigKey, dialect: Dialect = 'kafka'): ConfigKeyInfo {
  const { options } = key
  const listing = options.listing ?? {}
  const type = listing.type ?? key.type
  return {
    name,
    type,
    required: listing.required ?? key.required,
    default_value: listing.default === undefined ? defaultText(key, dialect) : listing.default,
    importance: listing.importance ?? options.importance ?? 'MEDIUM',
    documentation: options.doc,
    group: listing.group === undefined ? (options.group ?? null) : listing.group,
    order_in_group: -1,
    order: -1,
    width: listing.width ?? 'NONE',
    display_name: listing.displayName ?? name,
    dependents: options.dependents ?? []
  }
}

function defaultText(key: ConfigKey, dialect: Dialect): string | null {
  const text = valueText(key.type, key.options.default)
  return dialect === 'debezium' && key.type === 'LIST' && text === '' ? null : text
}

import type {
  FormProblem,
  LocatedEntry,
  LocatedList,
  LocatedMap,
  LocatedNode
} from './located-node.ts'
import type { Position } from './problem.ts'

/** One key of a flattened configuration. */
export interface FlatEntry {
  readonly value: string
  /** Where the key is: of a nested key, its last part. */
  readonly position: Position
}

/** A configuration with dotted keys, in the order of the file. */
export interface FlatConfig {
  readonly entries: ReadonlyMap<string, FlatEntry>
  readonly problems: readonly FormProblem[]
}

/** Keys whose value is a list of aliases with settings of their own. */
const ALIASED = new Set(['transforms', 'predicates'])

/**
 * Turns a map into dotted keys with text: nested maps are joined with dots, lists with commas.
 * `transforms` and `predicates` may be a list of maps with `name`, or a map by name.
 */
export function flatten(map: LocatedMap): FlatConfig {
  const flattener = new Flattener()
  flattener.addMap('', map)
  return flattener
}

class Flattener implements FlatConfig {
  readonly entries = new Map<string, FlatEntry>()
  readonly problems: FormProblem[] = []

  addMap(prefix: string, map: LocatedMap): void {
    for (const entry of map.entries) this.#add(prefix + entry.key, entry)
  }

  #add(key: string, { position, value }: LocatedEntry): void {
    if (ALIASED.has(key) && value.kind === 'map') this.#addAliasMap(key, position, value)
    else if (ALIASED.has(key) && value.kind === 'list' && value.items.some(isMap)) {
      this.#addAliasList(key, position, value)
    } else if (value.kind === 'map') this.addMap(`${key}.`, value)
    else if (value.kind === 'list') this.#set(key, position, this.#join(key, value))
    else if (value.isNull) {
      this.problems.push({
        severity: 'warning',
        position,
        key,
        message: `${key} has no value and is left out`,
        suggestion: `remove the key, or write ${key}: '' for an empty text`
      })
    } else this.#set(key, position, value.text)
  }

  #set(key: string, position: Position, value: string): void {
    const first = this.entries.get(key)
    if (first === undefined) {
      this.entries.set(key, { value, position })
      return
    }
    this.problems.push({
      severity: 'error',
      position,
      key,
      message: `${key} is given twice; the first is on line ${first.position.line}`,
      suggestion: 'remove one of them'
    })
  }

  #join(key: string, list: LocatedList): string {
    const items: string[] = []
    for (const item of list.items) {
      if (item.kind !== 'scalar' || item.isNull) {
        this.problems.push({
          severity: 'error',
          position: item.position,
          key,
          message: `${key} is a list of texts; this item is ${item.kind === 'scalar' ? 'empty' : `a ${item.kind}`}`,
          suggestion: `write ${key}: [one, two]`
        })
        continue
      }
      if (item.text.includes(',')) {
        this.problems.push({
          severity: 'warning',
          position: item.position,
          key,
          message: `${key} has an item with a comma, which is read as several items`,
          suggestion: 'write one item for each'
        })
      }
      items.push(item.text)
    }
    return items.join(',')
  }

  /** `transforms: { unwrap: { type: ... } }`, also with dotted keys: `unwrap.type: ...`. */
  #addAliasMap(key: string, position: Position, map: LocatedMap): void {
    const aliases = map.entries.flatMap((entry) => {
      if (entry.value.kind === 'map') return [entry.key]
      return entry.key.endsWith('.type') ? [entry.key.slice(0, -'.type'.length)] : []
    })
    this.#set(key, position, aliases.join(','))
    this.addMap(`${key}.`, map)
  }

  /** `transforms: [{ name: unwrap, type: ... }]`. */
  #addAliasList(key: string, position: Position, list: LocatedList): void {
    const names: string[] = []
    const settings: { name: string; map: LocatedMap }[] = []
    for (const item of list.items) {
      const name = isMap(item) ? item.entries.find((entry) => entry.key === 'name') : undefined
      if (!isMap(item) || name?.value.kind !== 'scalar' || name.value.text === '') {
        this.problems.push({
          severity: 'error',
          position: item.position,
          key,
          message: `each item of ${key} needs a name and a type`,
          suggestion: `write - {name: first, type: ...}`
        })
        continue
      }
      names.push(name.value.text)
      const entries = item.entries.filter((entry) => entry !== name)
      settings.push({ name: name.value.text, map: { ...item, entries } })
    }
    this.#set(key, position, names.join(','))
    for (const { name, map } of settings) this.addMap(`${key}.${name}.`, map)
  }
}

function isMap(node: LocatedNode): node is LocatedMap {
  return node.kind === 'map'
}

import { DataError } from '../../runtime/api/errors.ts'
import type { SinkSettings } from './sink-settings.ts'

/** A table of the target; without a schema it is where the connection looks for it. */
export interface TableName {
  readonly schema: string | null
  readonly table: string
}

/** Where a change event says that it comes from. */
export interface EventSource {
  readonly db: string
  readonly schema: string
  readonly table: string
}

const PLACEHOLDER = /\$\{([^}]*)\}/g

/**
 * Names tables by topic and event. Names are worked out once for each topic and source table.
 *
 * @throws {DataError} when the format needs a change event and the record is none
 */
export class TableNaming {
  readonly #settings: SinkSettings
  readonly #format: readonly string[]
  readonly #needsSource: boolean
  readonly #names = new Map<string, TableName>()
  readonly #lastOfTopic = new Map<string, TableName>()

  constructor(settings: SinkSettings) {
    this.#settings = settings
    // Split before anything is filled in: dots in names of the source stay where they are.
    this.#format = settings.nameFormat.split(/\.(?![^{]*\})/)
    this.#needsSource = settings.nameFormat.includes('${source.')
  }

  nameOf(topic: string, source: EventSource | null): TableName {
    const key = source ? `${topic}\0${source.db}\0${source.schema}\0${source.table}` : topic
    let name = this.#names.get(key)
    if (name === undefined) {
      name = this.#make(topic, source)
      this.#names.set(key, name)
    }
    if (source) this.#lastOfTopic.set(topic, name)
    return name
  }

  #make(topic: string, source: EventSource | null): TableName {
    const { nameRegex, nameReplacement, topicDotsSeparate } = this.#settings
    if (nameRegex?.test(topic)) {
      const [table, schema] = topic.replace(nameRegex, nameReplacement).split('.').reverse()
      return this.#name(schema ?? null, table ?? '')
    }
    if (this.#needsSource && source === null) return this.#withoutSource(topic)
    if (topicDotsSeparate && this.#settings.nameFormat === '${topic}') {
      const [table, schema] = topic.split('.').reverse()
      return this.#name(schema ?? null, table ?? '')
    }
    const filled = this.#format.map((part) => this.#fill(part, topic, source))
    const [table, schema] = filled.reverse()
    // Events of MySQL have no schema.
    return this.#name(schema || null, table ?? '')
  }

  /** Tombstones say nothing of their table: it is that of the events before them. */
  #withoutSource(topic: string): TableName {
    const last = this.#lastOfTopic.get(topic)
    if (last) return last
    const [table, schema, ...prefix] = topic.split('.').reverse()
    if (table === undefined || schema === undefined || prefix.length === 0) {
      throw new DataError(
        'INVALID_VALUE',
        `the record has no source block, and the table name ${this.#settings.nameFormat} needs one`,
        { hint: 'Use ${topic} in collection.name.format, or table.name.regex.' }
      )
    }
    return this.#make(topic, { db: prefix.at(-1) ?? '', schema, table })
  }

  #fill(part: string, topic: string, source: EventSource | null): string {
    return part.replace(PLACEHOLDER, (whole, name: string) => {
      if (name === 'topic') return topic.replaceAll('.', '_')
      if (name === 'source.db') return source?.db ?? ''
      if (name === 'source.schema') return source?.schema ?? ''
      if (name === 'source.table' || name === 'source.collection') return source?.table ?? ''
      return whole
    })
  }

  #name(schema: string | null, table: string): TableName {
    const { namePrefix, nameSuffix, foldNames } = this.#settings
    const full = namePrefix + table + nameSuffix
    if (full === '') throw new DataError('INVALID_VALUE', 'the table name comes out empty')
    if (!foldNames) return { schema, table: full }
    return { schema: schema?.toLowerCase() ?? null, table: full.toLowerCase() }
  }
}

import type { ConfigInfo, ConfigInfos, ConfigKeyInfo } from './config-infos.ts'

/** A key with its value and what has been found wrong so far. */
export interface ReportEntry {
  readonly name: string
  /** Null for a key that no declaration knows. */
  readonly definition: ConfigKeyInfo | null
  readonly value: string | null
  readonly recommended?: readonly string[]
  readonly visible?: boolean
  readonly errors: string[]
}

/** Collects what there is to say about a configuration, key by key, for one answer. */
export class ConfigReport {
  readonly #entries: ReportEntry[] = []
  readonly #unknown: ReportEntry[] = []
  readonly #groups = new Set<string>()

  add(entry: ReportEntry): ReportEntry {
    if (entry.definition === null) this.#unknown.push(entry)
    else this.#entries.push(entry)
    return entry
  }

  /** The groups of keys, in the order in which they first appear. */
  addGroups(entries: readonly { readonly group: string | null }[]): void {
    for (const { group } of entries) if (group !== null) this.#groups.add(group)
  }

  find(name: string): ReportEntry | undefined {
    return (
      this.#entries.find((entry) => entry.name === name) ??
      this.#unknown.find((entry) => entry.name === name)
    )
  }

  /** An error of a key that may not have been listed. */
  addError(name: string, value: string | null, error: string): void {
    const entry = this.find(name) ?? this.add({ name, definition: null, value, errors: [] })
    entry.errors.push(error)
  }

  get errorCount(): number {
    return this.#all().reduce((count, { errors }) => count + errors.length, 0)
  }

  /** @param clean takes out of a text what must not be shown */
  infos(name: string, clean: (text: string) => string): ConfigInfos {
    return {
      name,
      error_count: this.errorCount,
      groups: [...this.#groups],
      configs: this.#all().map((entry) => infoOf(entry, clean))
    }
  }

  /** As in Kafka Connect, keys that nobody knows come first. */
  #all(): readonly ReportEntry[] {
    return [...this.#unknown, ...this.#entries]
  }
}

function infoOf(entry: ReportEntry, clean: (text: string) => string): ConfigInfo {
  const { name, definition, value, recommended = [], visible = true, errors } = entry
  return {
    definition,
    value: { name, value, recommended_values: recommended, errors: errors.map(clean), visible }
  }
}

import type { ConfigSpec, RawConfig } from '../api/config.ts'
import type { GivenConfig } from './config-infos.ts'
import { HIDDEN } from './configdef.ts'
import { cleaner } from './finding.ts'
import { redactConfig } from './redact.ts'
import { hasReference } from './reference-syntax.ts'

/** A config as given, with its references resolved, and as it may be shown. */
export class ConfigView {
  /** As given; null stands for JSON's null. */
  readonly given: GivenConfig
  /** References resolved; holds secrets. A key whose references cannot be resolved is not there. */
  readonly resolved: RawConfig
  readonly #shown: RawConfig
  readonly #clean: (text: string) => string

  constructor(given: GivenConfig, resolved: RawConfig, spec: ConfigSpec) {
    const texts = withoutNulls(given)
    this.given = given
    this.resolved = resolved
    this.#shown = redactConfig(texts, spec)
    this.#clean = cleaner(texts, resolved, spec)
  }

  has(name: string): boolean {
    return name in this.given
  }

  /** False for a value with a reference to something that is not there. */
  isResolved(name: string): boolean {
    return name in this.resolved || (this.given[name] ?? null) === null
  }

  /** The value with references resolved; null for JSON's null and for what cannot be resolved. */
  value(name: string): string | null {
    return this.resolved[name] ?? null
  }

  /** The value for the text of an error. */
  quoted(name: string): string {
    return this.#shown[name] ?? 'null'
  }

  /**
   * The value for an answer.
   * @param parsed the text of what it was parsed to
   */
  display(name: string, parsed: string | null): string | null {
    const shown = this.#shown[name]
    if (shown === undefined || parsed === null || parsed === HIDDEN) {
      return shown !== undefined && hasReference(shown) ? shown : parsed
    }
    return shown === this.given[name] && !hasReference(shown) ? parsed : shown
  }

  /** Takes out of a text what must not be shown: secrets, and what references stand for. */
  clean(text: string): string {
    return this.#clean(text)
  }
}

/** The keys that have a value. */
export function withoutNulls(given: GivenConfig): RawConfig {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))
  )
}

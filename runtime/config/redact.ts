import type { ConfigSpec, RawConfig } from '../api/config.ts'
import { hasReference } from './reference-syntax.ts'
import { escapeRegex } from './regex-text.ts'

/** What stands for a secret wherever it would be shown. */
export const MASK = '********'

const SECRET_NAME =
  /pass(word|phrase|wd)|secret|token|credential|jaas|api[._-]?key|private[._-]?key|access[._-]?key|keystore\.key$/i

/** Names such as `sasl.oauthbearer.token.endpoint.url`, which say where a secret is, not what it is. */
const PLACE_NAME = /\.(url|uri|file|path|location|class|type|algorithm|ms|seconds|role)$/i

/** The password of a URL's user, or a password parameter as in JDBC URLs. */
const URL_SECRET = /(?<=:\/\/[^/\s:@]*:)[^@/\s]+(?=@)|(?<=[?&;]\w*password=)[^&;\s]+/gi

/** Whether a key's value is never shown: declared so, or named like a secret. */
export function isSecretKey(name: string, spec?: ConfigSpec): boolean {
  if (spec !== undefined && Object.hasOwn(spec, name) && spec[name]?.options.secret) return true
  return SECRET_NAME.test(name) && !PLACE_NAME.test(name)
}

/**
 * The configuration as it may be shown: values of secret keys and passwords in URLs are masked.
 * References stay, because they are no secret: give it the configuration before they are resolved.
 */
export function redactConfig(raw: RawConfig, spec?: ConfigSpec): RawConfig {
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => {
      if (isSecretKey(key, spec) && value !== '')
        return [key, isOnlyReferences(value) ? value : MASK]
      return [key, hasReference(value) ? value : value.replaceAll(URL_SECRET, MASK)]
    })
  )
}

function isOnlyReferences(value: string): boolean {
  return hasReference(value) && value.replaceAll(/\$\{[^}]*\}/g, '').trim() === ''
}

/**
 * Masks secrets in text that is about to be shown: log lines, errors, traces, answers. It learns
 * them from configurations and from references as they are resolved.
 */
export class Redactor {
  readonly #values = new Set<string>()
  #pattern: RegExp | null = null

  /** Learns the secrets of a resolved configuration. */
  addConfig(resolved: RawConfig, spec?: ConfigSpec): void {
    for (const [key, value] of Object.entries(resolved)) {
      if (isSecretKey(key, spec)) this.#add(value)
      for (const [secret] of value.matchAll(URL_SECRET)) this.#add(decode(secret))
    }
  }

  /**
   * Learns what a reference stands for, when the key or the reference sounds like a secret. A host
   * name or a port from the environment stays readable: an error without it helps nobody.
   *
   * @param locator what the reference names: `PGPASSWORD`, or `path:key`
   */
  addReferenced(key: string, locator: string, value: string): void {
    if (isSecretKey(key) || SECRET_NAME.test(locator)) this.#add(value)
    for (const [secret] of value.matchAll(URL_SECRET)) this.#add(decode(secret))
  }

  /** The text with every known secret masked. */
  text(line: string): string {
    if (this.#values.size === 0) return line
    this.#pattern ??= patternOf(this.#values)
    return line.replaceAll(this.#pattern, MASK)
  }

  #add(value: string): void {
    const forms = [value, JSON.stringify(value).slice(1, -1), encode(value)]
    for (const form of forms) {
      if (form.trim() === '' || this.#values.has(form)) continue
      this.#values.add(form)
      this.#pattern = null
    }
  }
}

/** Longer secrets first, so that one that contains another is masked whole. */
function patternOf(values: ReadonlySet<string>): RegExp {
  const parts = [...values]
    .toSorted((a, b) => b.length - a.length)
    .map((value) => {
      const escaped = escapeRegex(value)
      // A short secret or a plain word, such as postgres, is no secret inside of other words.
      return value.length < 4 || /^[a-z]+$/i.test(value)
        ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`
        : escaped
    })
  return new RegExp(parts.join('|'), 'gu')
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

import type { ConfigSpec, RawConfig } from '../api/config.ts'
import { hasReference } from './reference-syntax.ts'
import { escapeRegex } from './regex-text.ts'

const MASK = '********'

const SECRET_NAME =
  /pass(word|phrase|wd)|secret|token|credential|jaas|api[._-]?key|private[._-]?key|access[._-]?key|keystore\.key$/i

/** Names such as `sasl.oauthbearer.token.endpoint.url`, which say where a secret is, not what it is. */
const PLACE_NAME = /\.(url|uri|file|path|location|class|type|algorithm|ms|seconds)$/i

/** The password of a URL's user, or a password parameter as in JDBC URLs. */
const URL_SECRET = /(?<=:\/\/[^/\s:@]*:)[^@/\s]+(?=@)|(?<=[?&;](?:password|sslpassword)=)[^&;\s]+/gi

/** Values that are no secret whatever key they have, and too common in log lines to mask. */
const HARMLESS = /^(true|false|null|none|localhost|postgres|-?\d{1,5})$/i

/** Whether a key's value is never shown: declared so, or named like a secret. */
export function isSecretKey(name: string, spec?: ConfigSpec): boolean {
  const declared = spec?.[name]
  if (declared?.options.secret) return true
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
      if (isSecretKey(key, spec)) this.#add(value, 1)
      for (const [secret] of value.matchAll(URL_SECRET)) this.#add(decode(secret), 1)
    }
  }

  /** Learns what a reference in the value of `key` stands for. */
  addReferenced(key: string, value: string): void {
    // Short values of ordinary keys, such as a port, would make log lines unreadable.
    if (isSecretKey(key)) this.#add(value, 1)
    else if (!HARMLESS.test(value)) this.#add(value, 5)
    for (const [secret] of value.matchAll(URL_SECRET)) this.#add(decode(secret), 1)
  }

  /** The text with every known secret masked. */
  text(line: string): string {
    if (this.#values.size === 0) return line
    this.#pattern ??= patternOf(this.#values)
    return line.replaceAll(this.#pattern, MASK)
  }

  #add(value: string, minLength: number): void {
    const forms = [value, JSON.stringify(value).slice(1, -1), encode(value)]
    for (const form of forms) {
      if (form.trim().length < minLength || this.#values.has(form)) continue
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
      // A very short secret is masked as a word only: within words it is not the secret.
      return value.length < 4 ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])` : escaped
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

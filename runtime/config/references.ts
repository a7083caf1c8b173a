import type { RawConfig } from '../api/config.ts'
import { ConnectError } from '../api/errors.ts'
import {
  type ConfigProvider,
  DirectoryProvider,
  EnvProvider,
  FileProvider
} from './config-provider.ts'
import type { Redactor } from './redact.ts'
import { REFERENCE } from './reference-syntax.ts'
import { guess } from './spelling.ts'

/** A reference that cannot be resolved, by the key whose value holds it. */
export interface ReferenceProblem {
  readonly key: string
  /** As written, such as `${env:PGPASSWORD}`. */
  readonly reference: string
  /** A sentence that names key and reference. */
  readonly message: string
  readonly suggestion: string
  /** No provider has the name that it begins with: Kafka Connect leaves such text as it is. */
  readonly noProvider: boolean
}

export interface ReferenceOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths start from. */
  readonly cwd: string
  /** Told what references stand for, so that no secret among them is ever shown. */
  readonly redactor?: Redactor
  /** Worker keys `config.providers...`: more names for the providers, and limits, as in Kafka Connect. */
  readonly providers?: RawConfig
}

const PROVIDER_CLASSES: Readonly<Record<string, 'env' | 'file' | 'dir'>> = {
  EnvVarConfigProvider: 'env',
  FileConfigProvider: 'file',
  DirectoryConfigProvider: 'dir'
}

/**
 * Resolves references in the values of a configuration: `${env:NAME}`, `${env:NAME:default}`,
 * `${file:path:key}`, `${dir:path:key}` and those of `config.providers`. Text such as `${topic}`,
 * which has no colon, is no reference and stays; `$${` stands for `${`. What a reference stands for
 * is not searched for references again, so no secret can inject one.
 */
export class References {
  readonly #providers = new Map<string, ConfigProvider>()
  readonly #redactor: Redactor | undefined

  /** @throws {ConnectError} BAD_CONFIG_PROVIDER when `providers` names a class that is not known */
  constructor(options: ReferenceOptions) {
    const { env, cwd, redactor, providers = {} } = options
    this.#redactor = redactor
    this.#providers.set('env', new EnvProvider(env, {}))
    this.#providers.set('file', new FileProvider(cwd, {}))
    this.#providers.set('dir', new DirectoryProvider(cwd, {}))
    for (const name of (providers['config.providers'] ?? '').split(',').map((n) => n.trim())) {
      if (name === '') continue
      const prefix = `config.providers.${name}.`
      const className = providers[`${prefix}class`] ?? ''
      const kind = PROVIDER_CLASSES[className.split('.').at(-1) ?? '']
      if (kind === undefined) throw badProvider(name, className)
      const limits = Object.fromEntries(
        Object.entries(providers)
          .filter(([key]) => key.startsWith(`${prefix}param.`))
          .map(([key, value]) => [key.slice(prefix.length + 'param.'.length), value])
      )
      if (kind === 'env') this.#providers.set(name, new EnvProvider(env, limits))
      else if (kind === 'file') this.#providers.set(name, new FileProvider(cwd, limits))
      else this.#providers.set(name, new DirectoryProvider(cwd, limits))
    }
  }

  /**
   * Resolves what is about to run. A reference to a provider that does not exist stays as text, as in
   * Kafka Connect: the text may be meant for the connector.
   *
   * @param left told of each reference that stays
   * @throws {ConnectError} UNRESOLVED_REFERENCE naming every key and reference that failed
   */
  async resolve(raw: RawConfig, left?: (problem: ReferenceProblem) => void): Promise<RawConfig> {
    const config: Record<string, string> = {}
    const failed: ReferenceProblem[] = []
    for (const [key, value] of Object.entries(raw)) {
      const { text, problems } = await this.#resolveValue(key, value)
      config[key] = text
      for (const problem of problems) {
        if (problem.noProvider) left?.(problem)
        else failed.push(problem)
      }
    }
    const [first] = failed
    if (first === undefined) return config
    const message = failed.map((problem) => problem.message).join('; ')
    throw new ConnectError('UNRESOLVED_REFERENCE', message, { hint: first.suggestion })
  }

  /**
   * Resolves what is checked, with every failure as a value: keys that failed are left out of `config`.
   * A provider that does not exist is a failure here, since it is most likely a misspelled one.
   */
  async tryResolve(
    raw: RawConfig
  ): Promise<{ config: RawConfig; problems: readonly ReferenceProblem[] }> {
    const config: Record<string, string> = {}
    const problems: ReferenceProblem[] = []
    for (const [key, value] of Object.entries(raw)) {
      const resolved = await this.#resolveValue(key, value)
      problems.push(...resolved.problems)
      if (resolved.problems.length === 0) config[key] = resolved.text
    }
    return { config, problems }
  }

  async #resolveValue(
    key: string,
    value: string
  ): Promise<{ text: string; problems: ReferenceProblem[] }> {
    const problems: ReferenceProblem[] = []
    if (!value.includes('${')) return { text: value, problems }
    let text = ''
    let end = 0
    for (const match of value.matchAll(REFERENCE)) {
      const [written, inner = ''] = match
      text += value.slice(end, match.index)
      end = match.index + written.length
      if (written.startsWith('$$')) text += written.slice(1)
      else if (!inner.includes(':')) text += written
      else {
        const found = await this.#lookUp(inner).catch((error: unknown) => {
          problems.push(describe(key, written, error))
          return null
        })
        if (found !== null) this.#redactor?.addReferenced(key, secretPart(inner), found)
        text += found ?? written
      }
    }
    return { text: text + value.slice(end), problems }
  }

  async #lookUp(inner: string): Promise<string> {
    const colon = inner.indexOf(':')
    const name = inner.slice(0, colon)
    const provider = this.#providers.get(name)
    if (provider) return provider.get(inner.slice(colon + 1))
    const known = [...this.#providers.keys()]
    const meant = guess(name, known)
    throw new NoProvider('UNRESOLVED_REFERENCE', `there is no config provider '${name}'`, {
      hint: meant
        ? `write \${${meant.name}:${inner.slice(colon + 1)}}`
        : `use one of ${known.join(', ')}, or write $\${${inner}} for the text itself`
    })
  }
}

class NoProvider extends ConnectError {}

/** What says whether a reference is to a secret: of a file its key only, for it holds other things too. */
function secretPart(inner: string): string {
  return inner.startsWith('file:') ? inner.slice(inner.lastIndexOf(':') + 1) : inner
}

function describe(key: string, reference: string, error: unknown): ReferenceProblem {
  const reason = error instanceof Error ? error.message : String(error)
  const hint = error instanceof ConnectError ? error.hint : undefined
  return {
    key,
    reference,
    message: `${key} refers to ${reference}, but ${reason}`,
    suggestion: hint ?? 'correct the reference',
    noProvider: error instanceof NoProvider
  }
}

function badProvider(name: string, className: string): ConnectError {
  return new ConnectError(
    'BAD_CONFIG_PROVIDER',
    className === ''
      ? `config.providers names '${name}', but config.providers.${name}.class is missing`
      : `config.providers.${name}.class is ${className}, which is not known`,
    { hint: `use one of ${Object.keys(PROVIDER_CLASSES).join(', ')}` }
  )
}

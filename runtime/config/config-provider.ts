import { readFile } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ConnectError } from '../api/errors.ts'
import { readKeys } from './key-file.ts'
import { guess } from './spelling.ts'

/** Where the values behind references come from. */
export interface ConfigProvider {
  /**
   * @param locator what follows the provider's name: `NAME` or `path:key`
   * @throws {ConnectError} whose message says what is missing, worded to follow "but"
   */
  get(locator: string): Promise<string>
}

/** Kafka's parameters `allowed.paths` and `allowlist.pattern`. */
type Limits = Readonly<Record<string, string>>

/** `${env:NAME}` and `${env:NAME:default}`. Kafka's form with an empty path, `${env::NAME}`, works too. */
export class EnvProvider implements ConfigProvider {
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #allowed: RegExp | undefined

  constructor(env: Readonly<Record<string, string | undefined>>, limits: Limits) {
    this.#env = env
    const pattern = limits['allowlist.pattern']
    this.#allowed = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`)
  }

  async get(locator: string): Promise<string> {
    const text = locator.startsWith(':') ? locator.slice(1) : locator
    const colon = text.indexOf(':')
    const name = colon < 0 ? text : text.slice(0, colon)
    const value = this.#allowed?.test(name) === false ? undefined : this.#env[name]
    if (value !== undefined) return value
    if (colon >= 0) return text.slice(colon + 1)
    if (this.#allowed?.test(name) === false) {
      throw unresolved(
        `allowlist.pattern does not allow the variable ${name}`,
        'allow it in the worker file'
      )
    }
    const meant = guess(name, Object.keys(this.#env))
    throw unresolved(
      `the environment variable ${name} is not set`,
      meant?.likely
        ? `write \${env:${meant.name}}, or set ${name}`
        : `set ${name}, or give a default: \${env:${name}:default}`
    )
  }
}

/** `${file:path:key}`: a value in a .properties, JSON or YAML file. */
export class FileProvider implements ConfigProvider {
  readonly #cwd: string
  readonly #limits: Limits

  constructor(cwd: string, limits: Limits) {
    this.#cwd = cwd
    this.#limits = limits
  }

  async get(locator: string): Promise<string> {
    const { path, key } = split(locator, 'file')
    const file = resolve(this.#cwd, path)
    requireAllowed(file, this.#cwd, this.#limits)
    const values = readKeys(file, await read(file, path))
    const value = values.get(key)
    if (value !== undefined) return value
    const meant = guess(key, values.keys())
    throw unresolved(
      `the file ${path} has no key '${key}'`,
      meant ? `write \${file:${path}:${meant.name}}` : `add ${key} to ${path}`
    )
  }
}

/**
 * `${dir:path:key}`: the text of the file `key` in a folder, as secrets are mounted into containers.
 * One line break at the end is left out: `echo` writes one, and no secret has one.
 */
export class DirectoryProvider implements ConfigProvider {
  readonly #cwd: string
  readonly #limits: Limits

  constructor(cwd: string, limits: Limits) {
    this.#cwd = cwd
    this.#limits = limits
  }

  async get(locator: string): Promise<string> {
    const { path, key } = split(locator, 'dir')
    if (key.includes('/') || key.includes('\\') || key === '..') {
      throw unresolved(`'${key}' is not the name of a file in ${path}`, 'name a file, not a path')
    }
    const file = resolve(this.#cwd, path, key)
    requireAllowed(file, this.#cwd, this.#limits)
    return (await read(file, join(path, key))).replace(/\r?\n$/, '')
  }
}

function split(locator: string, provider: string): { path: string; key: string } {
  const colon = locator.lastIndexOf(':')
  const path = locator.slice(0, Math.max(colon, 0))
  const key = locator.slice(colon + 1)
  if (path === '' || key === '') {
    throw unresolved('it has no path and key', `write \${${provider}:path:key}`)
  }
  return { path, key }
}

async function read(file: string, shown: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason =
      code === 'ENOENT'
        ? `the file ${shown} does not exist`
        : `the file ${shown} cannot be read (${code ?? String(error)})`
    throw unresolved(reason, 'correct the path, or create the file and let the worker read it')
  }
}

function requireAllowed(file: string, cwd: string, limits: Limits): void {
  const allowed = limits['allowed.paths']
  if (allowed === undefined || allowed.trim() === '') return
  const inside = allowed.split(',').some((folder) => {
    const way = relative(resolve(cwd, folder.trim()), file)
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
  })
  if (!inside) {
    throw unresolved('allowed.paths does not allow its path', 'allow the path in the worker file')
  }
}

function unresolved(message: string, hint: string): ConnectError {
  return new ConnectError('UNRESOLVED_REFERENCE', message, { hint })
}

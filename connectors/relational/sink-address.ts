import type { KeyProblem } from '../../runtime/api/connector.ts'
import type { TargetConfig } from './connection-keys.ts'
import { messageOf } from './sink-failures.ts'

/** What the URLs of a product look like. */
export interface UrlForm {
  /** The product, as messages name it. */
  readonly product: string
  /** What a URL begins with, without `jdbc:`; the first is the one to write. */
  readonly schemes: readonly [string, ...string[]]
  /** The port of URLs that name none. */
  readonly port: number
}

/** Where a sink writes to, and as whom. */
export interface TargetAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | null
  /** The rest of `connection.url`. */
  readonly parameters: URLSearchParams
}

/**
 * The place that `connection.url` or the single keys name. The keys win over the URL, but for host, port
 * and database.
 *
 * @throws {Error} whose message says what is wrong with which key, and never shows a password
 */
export function targetAddress(config: TargetConfig, form: UrlForm): TargetAddress {
  const url = config['connection.url']
  const place = url === null ? ofKeys(config) : ofUrl(url, form)
  const user = config['connection.username'] ?? place.user
  if (user === null) throw new Error('connection.username is missing')
  return { ...place, user, password: config['connection.password'] ?? place.password }
}

/** What keeps an address from being read, for `validate`. */
export function addressProblems(read: () => unknown): KeyProblem[] {
  try {
    read()
    return []
  } catch (error) {
    return [{ key: 'connection.url', message: messageOf(error) }]
  }
}

/** Whether a URL, with or without `jdbc:` before it, is one of the product. */
export function isUrlOf({ schemes }: UrlForm, url: string | undefined): boolean {
  const scheme = /^(?:jdbc:)?([a-z0-9]+):/i.exec(url ?? '')?.[1]?.toLowerCase()
  return scheme !== undefined && schemes.includes(scheme)
}

type Place = Omit<TargetAddress, 'user'> & { readonly user: string | null }

function ofKeys(config: TargetConfig): Place {
  const host = config['connection.host']
  const database = config['connection.dbname']
  if (host === null || database === null) {
    throw new Error('connection.url is missing, or else connection.host and connection.dbname')
  }
  const port = config['connection.port']
  return { host, port, database, user: null, password: null, parameters: new URLSearchParams() }
}

/** The product of a URL of another one: `jdbc:oracle:thin:...`, `https://...`. */
const SCHEME = /^(?:jdbc:([a-z0-9]+):|([a-z0-9]+):\/\/)/i

function ofUrl(given: string, form: UrlForm): Place {
  const [, ofJava, plainly] = SCHEME.exec(given) ?? []
  const scheme = ofJava ?? plainly
  if (scheme !== undefined && !isUrlOf(form, given)) {
    throw new Error(
      `connection.url is for ${scheme}, and this sink writes to ${form.product} only; \`millrace plugins list\` shows the sinks there are`
    )
  }
  const example = `${form.schemes[0]}://host:port/database`
  const plain = given.replace(/^jdbc:/i, '')
  if (!isUrlOf(form, plain) || !/^[a-z]+:\/\//i.test(plain) || !URL.canParse(plain)) {
    throw new Error(`connection.url must look like ${example}`)
  }
  const url = new URL(plain)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '' || database === '') {
    throw new Error(`connection.url must name a host and a database, as ${example}`)
  }
  const text = (value: string) => (value === '' ? null : decodeURIComponent(value))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? form.port : Number(url.port),
    database,
    user: text(url.username) ?? url.searchParams.get('user'),
    password: text(url.password) ?? url.searchParams.get('password'),
    parameters: url.searchParams
  }
}

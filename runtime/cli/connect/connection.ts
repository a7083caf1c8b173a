import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { Redactor } from '../../config/redact.ts'
import { usageError } from '../exit-code.ts'
import { workerReferences } from '../worker-references.ts'

/** Options by which a command finds a worker and shows who asks. */
export interface ConnectionOptions {
  readonly url: string
  readonly user?: string
  readonly token?: string
  readonly ca?: string
  readonly insecure?: boolean
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds. */
  readonly retry?: number
}

/** A worker's REST API and how to talk to it. Holds secrets. */
export interface Connection {
  /** Without user and password; its path has no slash at the end. */
  readonly base: URL
  /** The value of the header, or null for none. */
  readonly authorization: string | null
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca: string | null
  /** Whether any certificate will do. */
  readonly insecure: boolean
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number
  /** Milliseconds that a request is tried again for while the group is busy. */
  readonly busyMs: number
  /** Milliseconds that a request is tried again for while nobody answers. */
  readonly unreachableMs: number
  /** Knows the password, the token and what is sent. */
  readonly redactor: Redactor
}

const DEFAULT_URL = 'http://localhost:8083'
/** Kafka Connect gives up after 90 seconds by itself, and says why. */
const TIMEOUT_MS = 100_000
const BUSY_MS = 30_000
const UNREACHABLE_MS = 5000

/** The options of {@link ConnectionOptions}, for a command's `addOption`. */
export function connectionOptions(): readonly Option[] {
  return [
    new Option('--url <url>', 'REST API of a worker').env('MILLRACE_URL').default(DEFAULT_URL),
    new Option('--user <name>', 'for basic authentication; the password is MILLRACE_PASSWORD').env(
      'MILLRACE_USER'
    ),
    new Option('--token <token>', 'bearer token, or a reference to one').env('MILLRACE_TOKEN'),
    new Option('--ca <file>', 'certificates to trust, as PEM'),
    new Option('--insecure', 'trust any certificate'),
    new Option('--timeout <seconds>', 'how long one request may take')
      .argParser(milliseconds)
      .default(TIMEOUT_MS, '100'),
    new Option(
      '--retry <seconds>',
      'how long to try again (default: 30 while the group is busy, 5 while nobody answers)'
    ).argParser(milliseconds)
  ]
}

/**
 * What the options and the environment say. MILLRACE_PASSWORD and the token may be references.
 *
 * @throws {ConnectError} USAGE for options that cannot be, UNRESOLVED_REFERENCE
 */
export async function connectionOf(options: ConnectionOptions): Promise<Connection> {
  const { env } = process
  const url = parseUrl(options.url === '' ? DEFAULT_URL : options.url)
  const base = new URL(url)
  base.username = ''
  base.password = ''
  base.pathname = base.pathname.replace(/\/+$/, '')
  const redactor = new Redactor()
  const given = await workerReferences({}, process.cwd(), redactor).resolve({
    ...(options.token ? { token: options.token } : {}),
    ...(env['MILLRACE_PASSWORD'] ? { password: env['MILLRACE_PASSWORD'] } : {})
  })
  const urlPassword = url.password === '' ? undefined : decoded(url.password)
  const secrets = { ...given, ...(urlPassword ? { 'url.password': urlPassword } : {}) }
  redactor.addConfig(secrets)
  return {
    base,
    authorization: authorizationOf({
      user: options.user || decoded(url.username),
      password: given['password'] ?? urlPassword,
      token: given['token']
    }),
    ca: options.ca === undefined ? null : await readCertificates(options.ca),
    insecure: options.insecure ?? false,
    timeoutMs: Math.max(1, options.timeout),
    busyMs: options.retry ?? BUSY_MS,
    unreachableMs: options.retry ?? UNREACHABLE_MS,
    redactor
  }
}

/** Reads seconds, for an option's `argParser`. @throws {InvalidArgumentError} for anything else */
export function milliseconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  throw new InvalidArgumentError('It is not a number of seconds, such as 30 or 0.5.')
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return url
  // The text may hold a password.
  const shown = text.replace(/\/\/[^/]*@/, '//********@')
  throw usageError(
    `${shown} is not the URL of a worker`,
    /^[\w.-]+(:\d+)?$/.test(text) ? `write http://${text}` : `write for example ${DEFAULT_URL}`
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function authorizationOf(given: {
  user: string
  password: string | undefined
  token: string | undefined
}): string | null {
  const { user, password, token } = given
  if (token !== undefined && user !== '') {
    throw usageError('both a user and a token are given', 'keep one of --user and --token')
  }
  if (token !== undefined) return `Bearer ${token}`
  if (user === '') return null
  if (user.includes(':')) {
    throw usageError(
      '--user takes the name only',
      'put the password into the environment variable MILLRACE_PASSWORD'
    )
  }
  if (password === undefined) {
    throw usageError(
      `there is no password for ${user}`,
      "set MILLRACE_PASSWORD, perhaps to a reference such as '${file:/run/secrets/connect:password}'"
    )
  }
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function readCertificates(file: string): Promise<string> {
  try {
    const text = await readFile(resolve(process.cwd(), file), 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usageError(`--ca ${file} cannot be read: ${reason}`)
  }
  throw usageError(`--ca ${file} has no certificate`, 'name a file in PEM format')
}

import {
  type ConfigKey,
  type ConfigSpec,
  int,
  list,
  long,
  oneOf,
  password,
  refused,
  string
} from '../api/config.ts'
import { parsePasswordHash, parseTokenHash } from './credential-hash.ts'
import { parseListener, parseListeners } from './listener.ts'
import { parseHeaderRules } from './response-headers.ts'

// Names and meanings are those of Kafka Connect 4.3 (RestServerConfig), but for `rest.auth.` and the
// limits, which it does not have.

/** What a caller may do: each role includes the ones before it. */
export const ROLES = ['read', 'operate', 'admin'] as const

const group = 'REST API'

const addressKeys = {
  listeners: list({
    doc: 'Addresses of the REST API; an empty list turns it off.',
    default: ['http://:8083'],
    group,
    examples: ['http://127.0.0.1:8083', 'https://:8443', 'http://[::1]:8083'],
    validator: (items) => problemOf(() => items.map(parseListener))
  }),
  'admin.listeners': string({
    doc: 'Separate addresses for /admin. Without the key it is on all listeners; an empty value turns it off.',
    default: null,
    group,
    examples: ['http://127.0.0.1:8084'],
    validator: (text) => problemOf(() => parseListeners(text ?? ''))
  }),
  'rest.advertised.host.name': string({
    doc: 'Host name under which other workers reach the REST API.',
    default: null,
    group
  }),
  'rest.advertised.port': int({
    doc: 'Port under which other workers reach the REST API.',
    default: null,
    min: 1,
    max: 65_535,
    group
  }),
  'rest.advertised.listener': oneOf(['http', 'https'], {
    doc: 'Scheme under which other workers reach the REST API; that of the first listener when none has it.',
    default: 'http',
    group
  })
} as const satisfies ConfigSpec

const answerKeys = {
  'access.control.allow.origin': string({
    doc: 'CORS: origins whose pages may use the REST API, separated by commas; * stands for any text.',
    default: '',
    group,
    examples: ['https://console.example.com']
  }),
  'access.control.allow.methods': string({
    doc: 'CORS: methods that they may use, separated by commas; empty is GET, HEAD and POST.',
    default: '',
    group,
    examples: ['GET,HEAD,POST,PUT,PATCH,DELETE']
  }),
  'response.http.headers.config': string({
    doc: 'Headers of all answers, as rules separated by commas: set, add, setDate or addDate, then Name:Value.',
    default: '',
    group,
    examples: ['set X-Frame-Options: DENY'],
    validator: (text) => problemOf(() => parseHeaderRules(text))
  }),
  'rest.extension.classes': refused(
    list({ doc: 'Java classes that extend the REST API.', default: [], group }),
    'Java classes cannot be loaded; logins are declared with rest.auth.users and rest.auth.tokens'
  )
} as const satisfies ConfigSpec

const limitKeys = {
  'rest.request.max.bytes': int({
    doc: 'The largest body of a request, in bytes.',
    default: 1_048_576,
    min: 1024,
    max: 256 * 1024 * 1024,
    group
  }),
  'rest.request.read.timeout.ms': int({
    doc: 'How long a caller may take to send a request, in milliseconds.',
    default: 30_000,
    min: 100,
    max: 600_000,
    group
  }),
  'rest.request.timeout.ms': long({
    doc: 'How long the worker may take to answer one, in milliseconds (Kafka Connect: always 90000).',
    default: 90_000,
    min: 100,
    max: 3_600_000,
    group
  }),
  'rest.connections.max': int({
    doc: 'Connections to one listener; more are closed at once.',
    default: 1000,
    min: 1,
    group
  })
} as const satisfies ConfigSpec

const roleKey = (of: string): ConfigKey<string> =>
  string({
    doc: `What the ${of} may do: read; operate, which adds pause, resume, stop, restart and offsets; admin, which adds configs and log levels.`,
    default: 'read',
    group: 'REST API logins',
    examples: ROLES,
    validator: (role) =>
      ROLES.some((known) => known === role) ? undefined : `must be one of ${ROLES.join(', ')}`
  })

const loginKeys = {
  'rest.auth.users.<name>.password.hash': password({
    doc: 'Lets a user in with basic authentication: the password as `millrace hash-password` prints it.',
    default: null,
    group: 'REST API logins',
    validator: (text) => problemOf(() => parsePasswordHash(text ?? ''))
  }),
  'rest.auth.users.<name>.role': roleKey('user'),
  'rest.auth.tokens.<name>.hash': password({
    doc: 'Lets in who has a bearer token: its SHA-256, as `millrace hash-password --token` prints it.',
    default: null,
    group: 'REST API logins',
    validator: (text) => problemOf(() => parseTokenHash(text ?? ''))
  }),
  'rest.auth.tokens.<name>.token': password({
    doc: 'The token itself, for a reference such as ${env:CI_TOKEN}, in place of its hash.',
    default: null,
    group: 'REST API logins',
    validator: (text) => problemOf(() => requireToken(text ?? ''))
  }),
  'rest.auth.tokens.<name>.role': roleKey('token'),
  'rest.auth.open.paths': list({
    doc: 'Paths that need no login, where logins are declared.',
    default: ['/health', '/livez', '/readyz'],
    group: 'REST API logins',
    validator: (paths) =>
      paths.every((path) => path.startsWith('/')) ? undefined : 'must be paths that begin with /'
  })
} as const satisfies ConfigSpec

type TlsKeyName =
  | 'truststore.password'
  | 'keystore.password'
  | 'keystore.key'
  | 'key.password'
  | '<key>'

function tlsKeys<const P extends string>(prefix: P, of: string) {
  return Object.fromEntries([
    [`${prefix}ssl.truststore.password`, tlsSecret('Password of the trust store', of)],
    [`${prefix}ssl.keystore.password`, tlsSecret('Password of the key store', of)],
    [`${prefix}ssl.keystore.key`, tlsSecret('Private key in PEM format', of)],
    [`${prefix}ssl.key.password`, tlsSecret('Password of the private key', of)],
    [
      `${prefix}ssl.<key>`,
      string({
        doc: `TLS setting of the ${of}. With any of them, none of the plain ssl. keys count there.`,
        default: null,
        group
      })
    ]
  ]) as Record<`${P}ssl.${TlsKeyName}`, ConfigKey<string | null>>
}

function tlsSecret(doc: string, of: string): ConfigKey<string | null> {
  return password({ doc: `${doc}, of the ${of}.`, default: null, group })
}

/** Keys of the REST API in a worker file. */
export const restKeys = {
  ...addressKeys,
  ...answerKeys,
  ...limitKeys,
  ...loginKeys,
  ...tlsKeys('listeners.https.', 'REST API'),
  ...tlsKeys('admin.listeners.https.', 'admin part of the REST API')
} as const satisfies ConfigSpec

/** @throws {Error} for what no caller could send, or anybody could guess */
function requireToken(token: string): void {
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    throw new Error('must have letters, digits and -._~+/ only: others cannot be sent')
  }
  if (token.length < 16) throw new Error('must have 16 characters or more, or it could be guessed')
}

function problemOf(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

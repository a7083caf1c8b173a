import { type ConfigOf, int, password, string } from '../../runtime/api/config.ts'

const group = 'Connection'

/** Keys that say where the server of a source is, and who connects to it. */
export const serverKeys = (words: {
  /** The server, for docs. */
  readonly server: string
  /** Its default port. */
  readonly port: number
  /** The privileges that the user needs, as a sentence goes on. */
  readonly needs: string
  /** An environment variable for the password. */
  readonly variable: string
}) =>
  ({
    'database.hostname': string({
      doc: `Host name or address of ${words.server}.`,
      default: 'localhost',
      importance: 'HIGH',
      group,
      examples: ['localhost', 'db.example.com']
    }),
    'database.port': port(`Port of ${words.server}.`, words.port, 'HIGH'),
    'database.user': string({
      doc: `User to connect as. It needs ${words.needs}.`,
      importance: 'HIGH',
      group
    }),
    'database.password': password({
      doc: 'Password of the user.',
      default: null,
      importance: 'HIGH',
      group,
      examples: [`\${env:${words.variable}}`]
    })
  }) as const

/**
 * Keys of the statements of a source.
 *
 * @param words which connection runs no statements, and which queries have a limit
 */
export const statementKeys = (words: { readonly except: string; readonly queries: string }) =>
  ({
    'database.initial.statements': string({
      doc: `SQL statements to run on every new connection, but for ${words.except}.`,
      default: null,
      group
    }),
    'database.query.timeout.ms': int({
      doc: `Longest time that ${words.queries} may take, in milliseconds; 0 is for ever. Reading a snapshot has no limit.`,
      default: 600_000,
      min: 0,
      group
    })
  }) as const

/** Keys that say where the target of a sink is, and who connects to it. */
export const targetKeys = (words: {
  /** What `connection.url` may look like, as sentences go on, and one that does. */
  readonly url: string
  readonly example: string
  /** Its default port. */
  readonly port: number
  /** The privileges that the user needs, as a sentence goes on. */
  readonly needs: string
}) =>
  ({
    'connection.url': string({
      doc: `The target database, as ${words.url}`,
      default: null,
      importance: 'HIGH',
      group,
      examples: [words.example]
    }),
    'connection.host': string({
      doc: 'Host name of the server, where there is no connection.url.',
      default: null,
      group,
      aliases: ['connection.hostname']
    }),
    'connection.port': port('Port of the server, where there is no connection.url.', words.port),
    'connection.dbname': string({
      doc: 'The database, where there is no connection.url.',
      default: null,
      group,
      aliases: ['connection.database']
    }),
    'connection.username': string({
      doc: `User to connect as. It needs ${words.needs}`,
      default: null,
      importance: 'HIGH',
      group,
      aliases: ['connection.user']
    }),
    'connection.password': password({
      doc: 'Password of the user.',
      default: null,
      importance: 'HIGH',
      group
    })
  }) as const

/** The values of {@link targetKeys}. */
export type TargetConfig = ConfigOf<ReturnType<typeof targetKeys>>

function port(doc: string, usual: number, importance?: 'HIGH') {
  return int({
    doc,
    default: usual,
    min: 1,
    max: 65535,
    ...(importance && { importance }),
    group
  })
}

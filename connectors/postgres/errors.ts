import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { codeOf, type Explanation, failure, SOCKET_ERRORS } from '../relational/explanation.ts'

/** What was being done, for messages and statements that name it. */
export interface ErrorContext {
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly database?: string
  readonly slot?: string
  readonly publication?: string
  readonly table?: string
}

/** OpenSSL could not use a key or certificate file; certificates that Node refuses to trust. */
const TLS_FILE = /^ERR_OSSL_/
const TLS_REFUSED = /^(ERR_(SSL|TLS)_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/

/** SQLSTATEs that pass by themselves: lost connections, a server that starts, stops or is full. */
const TRANSIENT = /^(08|57P0|53[0-3]|40001|40P01)/

/**
 * Turns any error of `pg` into one that says what to do. A ConnectError is returned as it is.
 * SQLSTATEs: PostgreSQL documentation, appendix "PostgreSQL Error Codes".
 */
export function explain(error: unknown, context: ErrorContext = {}): ConnectError {
  if (error instanceof ConnectError) return error
  const state = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const known =
    explainConnection(state, text, context) ??
    explainTls(state, text, context) ??
    explainReplication(state, text, context) ??
    explainObject(state, text, context)
  if (known) return failure(known, error)
  if (TRANSIENT.test(state) || /terminated|timeout|timed out|not queryable/i.test(text)) {
    return new RetriableError('POSTGRES_CONNECTION_LOST', `${address(context)}: ${text}`, {
      cause: error
    })
  }
  const about = context.table ? ` (table ${context.table})` : ''
  return new ConnectError('POSTGRES_ERROR', `PostgreSQL answered: ${text}${about}`, {
    cause: error
  })
}

function address(context: ErrorContext): string {
  return `PostgreSQL at ${context.host ?? 'localhost'}:${context.port ?? 5432}`
}

function explainConnection(
  state: string,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  const user = context.user ?? ''
  if (SOCKET_ERRORS.has(state)) {
    return {
      code: 'POSTGRES_UNREACHABLE',
      message: `${address(context)} cannot be reached (${state})`,
      hint: 'Check database.hostname and database.port, that the server runs, listen_addresses, and firewalls between',
      retriable: true
    }
  }
  if (state === '28P01') {
    return {
      code: 'POSTGRES_AUTHENTICATION',
      message: `${address(context)} refuses the password of user '${user}'`,
      hint: 'Correct database.user or database.password'
    }
  }
  if (state === '28000') {
    return {
      code: 'POSTGRES_AUTHENTICATION',
      message: `${address(context)} does not let user '${user}' in: ${text}`,
      hint: `Add a line for this user and host to pg_hba.conf, such as: host ${context.database ?? 'all'} ${user} 0.0.0.0/0 scram-sha-256; then SELECT pg_reload_conf()`
    }
  }
  if (state === '3D000') {
    return {
      code: 'POSTGRES_NO_DATABASE',
      message: `${address(context)} has no database '${context.database ?? ''}'`,
      hint: 'Correct database.dbname'
    }
  }
  return undefined
}

function explainTls(state: string, text: string, context: ErrorContext): Explanation | undefined {
  if (/does not support SSL/i.test(text)) {
    return {
      code: 'POSTGRES_TLS',
      message: `${address(context)} does not speak TLS`,
      hint: "Set database.sslmode to 'prefer' or 'disable', or set ssl = on on the server"
    }
  }
  if (TLS_FILE.test(state)) {
    return {
      code: 'POSTGRES_TLS_FILE',
      message: `A key or certificate for ${address(context)} cannot be used: ${text}`,
      hint: 'database.sslrootcert, database.sslcert and database.sslkey take PEM files; an encrypted key needs database.sslpassword'
    }
  }
  if (TLS_REFUSED.test(state)) {
    return {
      code: 'POSTGRES_TLS',
      message: `No TLS connection to ${address(context)}: ${text}`,
      hint: 'Set database.sslrootcert to the certificate of the authority that signed that of the server; verify-full also needs the host name in it, verify-ca does not'
    }
  }
  return undefined
}

function explainReplication(
  state: string,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  if (/wal_level/i.test(text)) return walLevel('replica')
  if (/all replication slots are in use/i.test(text)) {
    return {
      code: 'POSTGRES_NO_FREE_SLOT',
      message: 'All replication slots of the server are in use',
      hint: 'Drop slots that nobody needs: SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND slot_name = ...; or raise max_replication_slots: ALTER SYSTEM SET max_replication_slots = 20; and restart PostgreSQL'
    }
  }
  if (/can no longer (get changes from|access) replication slot/i.test(text)) {
    return {
      code: 'POSTGRES_SLOT_LOST',
      message: `Replication slot '${context.slot ?? ''}' was lost: ${text}`,
      hint: 'The server has removed WAL that the slot needs (max_slot_wal_keep_size); the next start of the task says what to do',
      retriable: true
    }
  }
  if (/max_wal_senders/i.test(text)) {
    return {
      code: 'POSTGRES_NO_FREE_WALSENDER',
      message: 'The server has no free WAL sender process',
      hint: 'ALTER SYSTEM SET max_wal_senders = 20; and restart PostgreSQL',
      retriable: true
    }
  }
  if (state === '55006') {
    return {
      code: 'POSTGRES_SLOT_IN_USE',
      message: `Replication slot '${context.slot ?? ''}' is in use: ${text}`,
      hint: `Another connector may use the same slot: give each its own slot.name. To end the session that holds it: SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${context.slot ?? ''}'`,
      retriable: true
    }
  }
  if (state === '42501' && /replication/i.test(text)) {
    return missingReplication(context.user ?? '')
  }
  if (/publication .* does not exist/i.test(text)) {
    return publicationMissing(context.publication ?? '')
  }
  return undefined
}

function explainObject(
  state: string,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  if (state !== '42501') return undefined
  const schema = /permission denied for schema (.+)/.exec(text)?.[1]
  const grant = schema
    ? `GRANT USAGE ON SCHEMA ${schema} TO ${quoteName(context.user ?? '')}`
    : `GRANT SELECT ON ${context.table ?? 'the table'} TO ${quoteName(context.user ?? '')}`
  return { code: 'POSTGRES_PRIVILEGE', message: `PostgreSQL: ${text}`, hint: grant }
}

export function walLevel(current: string): Explanation {
  return {
    code: 'POSTGRES_WAL_LEVEL',
    message: `wal_level is '${current}', and logical replication needs 'logical'`,
    hint: "ALTER SYSTEM SET wal_level = 'logical'; and restart PostgreSQL (on Amazon RDS: the parameter rds.logical_replication = 1)"
  }
}

export function missingReplication(user: string): Explanation {
  return {
    code: 'POSTGRES_PRIVILEGE',
    message: `User '${user}' may not replicate`,
    hint: `ALTER ROLE ${quoteName(user)} REPLICATION (on Amazon RDS: GRANT rds_replication TO ${quoteName(user)})`
  }
}

export function publicationMissing(publication: string): Explanation {
  return {
    code: 'POSTGRES_NO_PUBLICATION',
    message: `Publication '${publication}' does not exist`,
    hint: `CREATE PUBLICATION ${quoteName(publication)} FOR ALL TABLES; or let the connector do it with publication.autocreate.mode = filtered`
  }
}

/** A name as an identifier in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a literal in SQL, whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  const escaped = text.replaceAll("'", "''")
  return text.includes('\\') ? ` E'${escaped.replaceAll('\\', '\\\\')}'` : `'${escaped}'`
}

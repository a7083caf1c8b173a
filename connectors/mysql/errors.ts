import { ConnectError, RetriableError } from '../../runtime/api/errors.ts'
import { codeOf, type Explanation, failure, SOCKET_ERRORS } from '../relational/explanation.ts'

/** What was being done, for messages that name it. */
export interface ErrorContext {
  readonly host?: string
  readonly port?: number
  readonly user?: string
  /** The file and position, or the GTIDs, from which the binary log was asked for. */
  readonly start?: string
}

/** The other side refuses a certificate, or what was agreed on. */
const TLS_REFUSED = /^ERR_(SSL|TLS)_/

/** What a server refuses for the user: access to a database, a table, a column, a command. */
const PRIVILEGE_ERRORS = new Set([1044, 1142, 1143, 1227, 1370, 1419])

/**
 * Errors that pass by themselves: a server that is full, starts or stops, a killed connection or statement,
 * locks. Numbers: https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html and
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const TRANSIENT_ERRORS = new Set([
  1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213, 1226, 1317, 1927,
  3024, 3032, 3169, 4031
])

/** Number of an error that a server answered; 0 for any other error. */
export function errorNumber(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return 0
  const isServers = 'sqlState' in error || 'sqlMessage' in error
  return isServers && typeof error.errno === 'number' ? error.errno : 0
}

/** Turns any error of `mysql2` into one that says what to do. A ConnectError is returned as it is. */
export function explain(error: unknown, context: ErrorContext = {}): ConnectError {
  if (error instanceof ConnectError) return error
  const text = error instanceof Error ? error.message : String(error)
  const number = errorNumber(error)
  const state = codeOf(error)
  const known =
    number === 0
      ? explainConnection(state, text, context)
      : (explainLogin(number, text, context) ?? explainBinlog(number, text, context))
  if (known) return failure(known, error)
  if (number === 0 || TRANSIENT_ERRORS.has(number)) {
    const message = `${address(context)}: ${text}`
    return new RetriableError('MYSQL_CONNECTION_LOST', message, { cause: error })
  }
  return new ConnectError('MYSQL_ERROR', `The server answered: ${text} (error ${number})`, {
    cause: error
  })
}

function address(context: ErrorContext): string {
  return `The server at ${context.host ?? 'localhost'}:${context.port ?? 3306}`
}

function explainConnection(
  state: string,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  if (SOCKET_ERRORS.has(state)) {
    return {
      code: 'MYSQL_UNREACHABLE',
      message: `${address(context)} cannot be reached (${state})`,
      hint: 'Check database.hostname and database.port, that the server runs, bind_address and skip_networking, and firewalls between',
      retriable: true
    }
  }
  if (state === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return {
      code: 'MYSQL_TLS',
      message: `${address(context)} does not speak TLS`,
      hint: "Set database.ssl.mode to 'preferred' or 'disabled', or give the server a certificate (ssl_cert, ssl_key)"
    }
  }
  if (state === 'HANDSHAKE_SSL_ERROR' || TLS_REFUSED.test(state)) {
    return {
      code: 'MYSQL_TLS',
      message: `No TLS connection to ${address(context).toLowerCase()}: ${text}`,
      hint: 'Set database.ssl.truststore to the certificate of the authority that signed that of the server; verify_identity also needs the host name in it, verify_ca does not'
    }
  }
  if (state === 'AUTH_SWITCH_PLUGIN_ERROR' || /authentication.*plugin/i.test(text)) {
    return {
      code: 'MYSQL_AUTHENTICATION',
      message: `${address(context)} wants a login that is not supported for user '${context.user ?? ''}': ${text}`,
      hint: 'Create the user with caching_sha2_password or mysql_native_password'
    }
  }
  return undefined
}

function explainLogin(
  number: number,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  const user = context.user ?? ''
  // Who is in already and asks for the log without the privilege for it gets the same answer.
  const isIn = context.start !== undefined
  if (!isIn && (number === 1045 || number === 1698)) {
    return {
      code: 'MYSQL_AUTHENTICATION',
      message: `${address(context)} refuses user '${user}' or its password: ${text}`,
      hint: 'Correct database.user or database.password; SELECT user, host, plugin FROM mysql.user shows for which hosts the user exists'
    }
  }
  if (number === 1129 || number === 1130) {
    return {
      code: 'MYSQL_AUTHENTICATION',
      message: `${address(context)} does not let this host in: ${text}`,
      hint:
        number === 1129
          ? 'FLUSH HOSTS on the server, or mysqladmin flush-hosts'
          : `CREATE USER ${quoteText(user)}@'%' IDENTIFIED BY ..., or for the address of this worker`
    }
  }
  if (PRIVILEGE_ERRORS.has(number) || number === 1045) {
    const what = isIn ? 'read the binary log' : 'do this'
    return {
      code: 'MYSQL_PRIVILEGE',
      message: `User '${user}' may not ${what}: ${text}`,
      hint: `GRANT SELECT, RELOAD, LOCK TABLES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${quoteText(user)}@'%'`
    }
  }
  return undefined
}

/**
 * ER_MASTER_FATAL_ERROR_READING_BINLOG, told apart by its text: every reason why a server does not send its
 * binary log has this number.
 */
const DUMP_REFUSED = 1236
const NO_BINARY_LOGGING = 1381

/** MariaDB's own number for it; MySQL has it among the reasons above. */
const SAME_SERVER_ID = 4052

function explainBinlog(
  number: number,
  text: string,
  context: ErrorContext
): Explanation | undefined {
  if (number === NO_BINARY_LOGGING || /binary log is not open/i.test(text)) return binlogOff()
  if (number === SAME_SERVER_ID || (number === DUMP_REFUSED && /same server_(uu)?id/.test(text))) {
    return {
      code: 'MYSQL_SERVER_ID_TAKEN',
      message: `Another replica or connector has connected with the same server id, so the server ended this one: ${text}`,
      hint: 'Give every connector and replica of the server its own database.server.id; SHOW REPLICA HOSTS (SHOW SLAVE HOSTS) lists those in use'
    }
  }
  if (number !== DUMP_REFUSED) return undefined
  const start = context.start ? ` (asked for: ${context.start})` : ''
  if (/first log file name|purged|too old|binary log file.*(missing|not found)/i.test(text)) {
    return {
      code: 'MYSQL_BINLOG_PURGED',
      message: `The server no longer has the part of its binary log that is needed${start}: ${text}`,
      hint: 'Changes are missing: reset the offsets for a new snapshot, or set snapshot.mode: when_needed; keep the log for longer with binlog_expire_logs_seconds'
    }
  }
  if (/not in the master's binlog|more GTIDs than|is missing the GTID|diverged/i.test(text)) {
    return {
      code: 'MYSQL_GTID_UNKNOWN',
      message: `The server does not know the transactions that were read last${start}: ${text}`,
      hint: 'Its binary log was reset (RESET MASTER), or it is another server: check database.hostname; otherwise reset the offsets for a new snapshot'
    }
  }
  if (/position|max_allowed_packet|bogus data|corrupt|read error/i.test(text)) {
    return {
      code: 'MYSQL_BINLOG_POSITION',
      message: `The server cannot read its binary log from there${start}: ${text}`,
      hint: 'If its binary log was reset or restored, reset the offsets for a new snapshot; SHOW BINLOG EVENTS IN a file shows whether it is damaged'
    }
  }
  return {
    code: 'MYSQL_BINLOG',
    message: `The server does not send its binary log${start}: ${text}`,
    hint: "See the server's error log"
  }
}

/** The server writes no binary log. */
export function binlogOff(): Explanation {
  return {
    code: 'MYSQL_BINLOG_OFF',
    message: 'The server writes no binary log',
    hint: 'Start it with log_bin, server_id and binlog_format=ROW'
  }
}

/** A name as an identifier in SQL. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text as a literal in SQL, whatever `sql_mode` says about backslashes. */
export function quoteText(text: string): string {
  if (!text.includes('\\')) return `'${text.replaceAll("'", "''")}'`
  return `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
}

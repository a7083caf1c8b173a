/**
 * Events of the binary log, decoded as far as everything but row values. Field layouts:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html and
 * https://mariadb.com/kb/en/2-binlog-event-header/
 */

/** What every event says about itself. */
export interface EventHeader {
  /** Seconds since 1970. */
  readonly timestamp: number
  /** The code in the log, such as 2 for QUERY. */
  readonly code: number
  readonly serverId: number
  /** Bytes of the event in the log, checksum included; 0 for one out of a compressed transaction. */
  readonly size: number
  /** Position of the event's first byte in its file: of the enclosing event for one out of a compressed transaction. */
  readonly position: number
  /** Position after it; that of the enclosing event for one out of a compressed transaction. */
  readonly nextPosition: number
  readonly flags: number
}

export interface FormatEvent {
  readonly kind: 'format'
  /** Of the server that wrote the file, such as `10.11.19-MariaDB-log`. */
  readonly serverVersion: string
}

/** The next file; also sent before the first event of a stream. */
export interface RotateEvent {
  readonly kind: 'rotate'
  readonly file: string
  readonly position: number
}

/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT, XA statements, DDL; DML when a session logs statements. */
export interface QueryEvent {
  readonly kind: 'query'
  readonly threadId: number
  /** The session's database; empty for none. */
  readonly database: string
  readonly sql: string
  /** Bits of the session's `sql_mode`, such as 4 for ANSI_QUOTES and 2^20 for NO_BACKSLASH_ESCAPES. */
  readonly sqlMode: number
  readonly errorCode: number
}

/** A transaction begins. */
export interface GtidEvent {
  readonly kind: 'gtid'
  /** `domain-server-sequence` (MariaDB), `uuid:number` or `uuid:tag:number` (MySQL); null for an anonymous transaction. */
  readonly gtid: string | null
  /** MariaDB's STANDALONE: one event group without a COMMIT, such as DDL. */
  readonly standalone: boolean
  /** MariaDB's DDL flag. */
  readonly ddl: boolean
  /** Whether it ends an XA transaction that was prepared before (MariaDB). */
  readonly completesXa: boolean
  readonly preparesXa: boolean
  /** MySQL 8: microseconds since 1970 at which this server committed it; null when not known. */
  readonly commitMicros: number | null
  /** The same of the server where it was committed first. */
  readonly originalCommitMicros: number | null
}

/** The transaction is committed. */
export interface XidEvent {
  readonly kind: 'xid'
}

/** MySQL: XA PREPARE (or ONE PHASE, which commits). */
export interface XaPrepareEvent {
  readonly kind: 'xa_prepare'
  readonly onePhase: boolean
}

/** The text of the statement whose rows follow. */
export interface RowsQueryEvent {
  readonly kind: 'rows_query'
  readonly sql: string
}

/** What was executed before this file: MySQL's set, MariaDB's list. */
export interface GtidListEvent {
  readonly kind: 'gtid_list'
  readonly gtids: string
}

export interface TableMapEvent {
  readonly kind: 'table_map'
  readonly table: TableMap
}

/** Rows of one table, not decoded. The buffer is only good until the handler returns. */
export interface RowsEvent {
  readonly kind: 'rows'
  readonly change: 'insert' | 'update' | 'delete'
  /** The table map before it. */
  readonly table: TableMap
  /** Bitmaps of the columns that the images have, one bit each, low bit first. For an insert `before` is null, for a delete `after`. Bits that belong to no column can be anything. */
  readonly before: Uint8Array | null
  readonly after: Uint8Array | null
  /** PARTIAL_UPDATE_ROWS: after images may hold JSON differences. */
  readonly partial: boolean
  /** Row images, one after the other: of an update before, then after. */
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** The last rows of their statement. */
  readonly endOfStatement: boolean
}

export interface HeartbeatEvent {
  readonly kind: 'heartbeat'
}

/** The server says that changes are missing. */
export interface IncidentEvent {
  readonly kind: 'incident'
  readonly message: string
}

/** One that has no meaning for a reader of changes: STOP, INTVAR, BINLOG_CHECKPOINT and others. */
export interface OtherEvent {
  readonly kind: 'other'
}

export type BinlogEvent =
  | FormatEvent
  | RotateEvent
  | QueryEvent
  | GtidEvent
  | XidEvent
  | XaPrepareEvent
  | RowsQueryEvent
  | GtidListEvent
  | TableMapEvent
  | RowsEvent
  | HeartbeatEvent
  | IncidentEvent
  | OtherEvent

/** One column of a table as a TABLE_MAP event describes it. */
export interface BinlogColumn {
  /** Type code of the protocol; of STRING the real type behind it: ENUM 247, SET 248, CHAR 254. */
  readonly type: number
  /**
   * By type: CHAR, VARCHAR and VAR_STRING (and VARCHAR_COMPRESSED) the most bytes that a value has; ENUM and SET the
   * bytes of a value; BLOB, JSON, GEOMETRY, VECTOR (and BLOB_COMPRESSED) the bytes of the length before a value;
   * NEWDECIMAL precision * 256 + scale; BIT the number of bits; FLOAT and DOUBLE the bytes of a value; TIMESTAMP2,
   * DATETIME2 and TIME2 the digits of the fraction; 0 for others. Codes are in `table-map.ts`.
   */
  readonly meta: number
  readonly nullable: boolean
  /** Of a numeric column; null when the log has no metadata about it. */
  readonly unsigned: boolean | null
  /** Collation of a text, ENUM or SET column; null when the log does not tell. 63 is binary. */
  readonly collation: number | null
  /** With `binlog_row_metadata=FULL` only; null otherwise. */
  readonly name: string | null
  /** Values of ENUM or SET, with FULL metadata only, in the column's character set; null otherwise. */
  readonly values: readonly Buffer[] | null
  /** MySQL 8: false for an invisible column. */
  readonly visible: boolean
}

/**
 * The shape of a table's rows in the log. Equal descriptions give the same object, as long as the reader
 * lives, so that what is compiled for one can be found by identity.
 */
export interface TableMap {
  readonly database: string
  readonly name: string
  readonly columns: readonly BinlogColumn[]
  /** Positions of the primary key, in the order of the key; null when the log does not tell. */
  readonly primaryKey: readonly number[] | null
}

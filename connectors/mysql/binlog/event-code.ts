/**
 * Codes of events. MySQL: https://dev.mysql.com/doc/dev/mysql-server/latest/binlog__event_8h.html; MariaDB's own,
 * from 160: https://mariadb.com/kb/en/2-binlog-event-header/
 */
export const EventCode = {
  QUERY: 2,
  STOP: 3,
  ROTATE: 4,
  FORMAT_DESCRIPTION: 15,
  XID: 16,
  EXECUTE_LOAD_QUERY: 18,
  TABLE_MAP: 19,
  WRITE_ROWS_V1: 23,
  UPDATE_ROWS_V1: 24,
  DELETE_ROWS_V1: 25,
  INCIDENT: 26,
  HEARTBEAT: 27,
  ROWS_QUERY: 29,
  WRITE_ROWS: 30,
  UPDATE_ROWS: 31,
  DELETE_ROWS: 32,
  GTID: 33,
  ANONYMOUS_GTID: 34,
  PREVIOUS_GTIDS: 35,
  XA_PREPARE: 38,
  PARTIAL_UPDATE_ROWS: 39,
  TRANSACTION_PAYLOAD: 40,
  HEARTBEAT_V2: 41,
  GTID_TAGGED: 42,
  ANNOTATE_ROWS: 160,
  MARIADB_GTID: 162,
  MARIADB_GTID_LIST: 163,
  QUERY_COMPRESSED: 165,
  WRITE_ROWS_COMPRESSED: 166,
  UPDATE_ROWS_COMPRESSED: 167,
  DELETE_ROWS_COMPRESSED: 168
} as const

/**
 * Events without a meaning for a reader of rows: STOP, INTVAR, the parts of LOAD DATA, RAND, USER_VAR,
 * BEGIN_LOAD_QUERY, IGNORABLE, those of group replication, BINLOG_CHECKPOINT and START_ENCRYPTION (the server
 * decrypts what it sends).
 */
export const WITHOUT_MEANING: ReadonlySet<number> = new Set([
  3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 17, 28, 36, 37, 161, 164
])

/** Flags in the header of an event. */
export const EventFlag = {
  /** The file was not closed: of a FORMAT_DESCRIPTION event, not part of its checksum. */
  IN_USE: 0x01,
  /** Made by the server for the reader, not part of a file. */
  ARTIFICIAL: 0x20,
  /** Readers that do not know the code may go on. */
  IGNORABLE: 0x80
} as const

/** Before the fields of every event: time, code, server id, size, next position, flags. */
export const EVENT_HEADER = 19

/** A CRC-32 behind every event, where the file has checksums. */
export const EVENT_CHECKSUM = 4

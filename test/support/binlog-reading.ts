import {
  BinlogClient,
  type BinlogOptions,
  type BinlogStart
} from '../../connectors/mysql/binlog/binlog-client.ts'
import type {
  BinlogEvent,
  EventHeader,
  RowsEvent
} from '../../connectors/mysql/binlog/binlog-event.ts'
import type { ConnectionSettings } from '../../connectors/mysql/client-options.ts'
import type { MariadbServer } from './mariadb.ts'

/** One event as it was handed over, its rows copied. */
export interface ReadEvent {
  readonly header: EventHeader
  readonly event: BinlogEvent
  /** Of a rows event: the bytes of its images. */
  readonly rows: Buffer | null
  readonly file: string
}

export function settingsOf(
  server: Pick<ConnectionSettings, 'host' | 'port' | 'user'> & { readonly password: string },
  changes: Partial<ConnectionSettings> = {}
): ConnectionSettings {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    sslMode: 'preferred',
    sslTrustStore: null,
    sslKeyStore: null,
    sslKeyPassword: null,
    connectTimeoutMs: 10_000,
    keepAliveMs: 60_000,
    queryTimeoutMs: 0,
    initialStatements: [],
    applicationName: 'millrace-test',
    ...changes
  }
}

let servers = 1000

/** A reader of the log of a server that collects what it reads. */
export class BinlogReading implements Disposable {
  readonly client: BinlogClient
  readonly events: ReadEvent[] = []

  private constructor(client: BinlogClient) {
    this.client = client
  }

  static async open(
    server: MariadbServer,
    start: BinlogStart,
    options: Partial<BinlogOptions> = {}
  ): Promise<BinlogReading> {
    const client = await BinlogClient.open(
      settingsOf(server),
      {
        flavor: 'mariadb',
        serverId: ++servers,
        start,
        maxBytes: 1 << 20,
        heartbeatMs: 10_000,
        ...options
      },
      AbortSignal.timeout(60_000)
    )
    return new BinlogReading(client)
  }

  /** Reads until an event passes, which is the last one that is taken. */
  async until(isLast: (event: ReadEvent) => boolean): Promise<ReadEvent> {
    for (;;) {
      let found: ReadEvent | undefined
      this.client.drain((event, header) => {
        const read = { header, event, rows: copyOf(event), file: this.client.file }
        this.events.push(read)
        if (isLast(read)) found = read
        return found === undefined
      })
      if (found) return found
      if (this.client.error) throw this.client.error
      await new Promise<void>((resolve) => this.client.onChange(resolve))
    }
  }

  /** Reads up to a statement that the log has as text. */
  untilStatement(sql: string): Promise<ReadEvent> {
    return this.until(({ event }) => event.kind === 'query' && event.sql.includes(sql))
  }

  /** Reads to the end of the log, which only an error can be. */
  async untilError(): Promise<unknown> {
    try {
      await this.until(() => false)
    } catch (error) {
      return error
    }
    return undefined
  }

  get kinds(): string[] {
    return this.events.map(({ event }) => event.kind)
  }

  get rowsEvents(): (RowsEvent & { readonly bytes: Buffer })[] {
    return this.events.flatMap(({ event, rows }) =>
      event.kind === 'rows' && rows ? [{ ...event, bytes: rows }] : []
    )
  }

  [Symbol.dispose](): void {
    this.client.close()
  }
}

function copyOf(event: BinlogEvent): Buffer | null {
  if (event.kind !== 'rows') return null
  return Buffer.from(event.buffer.subarray(event.start, event.end))
}

/** Where the log of a server ends. */
export async function endOfLog(
  server: MariadbServer
): Promise<{ file: string; position: number; gtids: string }> {
  const [status] = await server.query<{ File: string; Position: number }>('SHOW MASTER STATUS')
  const [gtids] = await server.query<{ gtids: string }>('SELECT @@gtid_binlog_pos AS gtids')
  return {
    file: status?.File ?? '',
    position: Number(status?.Position),
    gtids: gtids?.gtids ?? ''
  }
}

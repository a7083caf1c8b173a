/** A database that scenarios run on, one at a time; what differs between PostgreSQL and MariaDB. */
export interface GoldenDatabase {
  /** Keys of the connector's configuration: the connection, and that it sees the sentinels. */
  readonly config: Readonly<Record<string, string>>
  /** Makes the scenario's database, empty. */
  create(): Promise<void>
  /** Runs a part of a script. */
  run(script: string): Promise<void>
  /** Writes a row that the connector has to send; once it is there, everything before it is, too. */
  sendSentinel(): Promise<void>
  /** The connector has been seen to send the sentinel: what must not be in a snapshot goes. */
  clearSentinel(): Promise<void>
  /** Removes everything, the connector's traces in the database too. */
  drop(): Promise<void>
}

/** In the topic's name of every sentinel, and in no scenario. */
export const SENTINEL = 'golden_driver'

import type { KafkaServer } from '../test/support/kafka.ts'
import type { BenchDatabase } from './databases/bench-database.ts'

export type ConnectorConfig = Readonly<Record<string, string>>

/** The servers that all systems run against, and a folder for what they write. */
export interface Surroundings {
  readonly database: BenchDatabase
  readonly kafka: KafkaServer
  readonly folder: string
}

export interface TextRecord {
  readonly key: string
  readonly value: string
}

/** Looks at topics from outside, with a client that is none of the measured ones. */
export interface TopicProbe extends AsyncDisposable {
  /** The end offset of partition 0, transaction markers included; 0 while there is no topic. */
  endOffset(topic: string): Promise<number>
  /** Creates a topic of one partition with these records. */
  fill(topic: string, batches: Iterable<readonly TextRecord[]>): Promise<void>
  /** Hands over the values of committed records, from the beginning, until it is disposed. */
  follow(topic: string, onValue: (value: Uint8Array) => void): Promise<AsyncDisposable>
}

/** A worker with its connectors, as a user runs it: one process, configs as text. */
export interface System extends AsyncDisposable {
  readonly name: string
  readonly version: string
  /** The process now running; changes when the system starts another one. */
  readonly pid: number
  /** The last lines that the worker wrote. */
  readonly log: string
  /** Starts the worker without connectors. @returns milliseconds until it was ready */
  start(): Promise<number>
  /** Starts a connector and returns when its task runs. */
  createConnector(name: string, config: ConnectorConfig): Promise<void>
  /** Stops the connector's task, keeps its offsets. */
  stopConnector(name: string): Promise<void>
  resumeConnector(name: string): Promise<void>
  /** Ends the connector for good. */
  deleteConnector(name: string): Promise<void>
  openTopics(): Promise<TopicProbe>
  stop(): Promise<void>
}

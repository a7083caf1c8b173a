import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TopicPartitionOffset } from '../../runtime/api/record.ts'
import type { Broker, LogRecord, Reader, StoredRecord } from '../../runtime/broker/broker.ts'

/** Where another process finds the function that opens a broker on the same topics. */
export interface RemoteBroker {
  /** Path of a module. */
  readonly module: string
  /** The name of its export. */
  readonly open: string
  /** Its argument, which survives JSON. */
  readonly argument: unknown
}

export interface BrokerUnderTest {
  /** Opens a broker; every call gives another client of the same topics. */
  open(): Promise<Broker>
  readonly remote?: RemoteBroker
}

const PATIENCE_MS = 30_000

const time = Date.now() - 3_600_000

export const record = (value: string | null, over: Partial<LogRecord> = {}): LogRecord => ({
  key: null,
  value,
  headers: [],
  timestamp: time,
  ...over
})

export const records = (count: number, prefix = 'v'): LogRecord[] =>
  Array.from({ length: count }, (_, index) => record(`${prefix}${index}`))

export const values = (found: readonly StoredRecord[]): (string | null)[] =>
  found.map(({ value }) => value?.toString() ?? null)

/** One broker for a suite, with topics of its own. */
export class BrokerFixture {
  readonly #under: BrokerUnderTest
  readonly #opened: Broker[] = []
  #broker: Broker | undefined

  constructor(under: BrokerUnderTest) {
    this.#under = under
  }

  get remote(): RemoteBroker | undefined {
    return this.#under.remote
  }

  get broker(): Broker {
    assert.ok(this.#broker, 'the fixture is not open')
    return this.#broker
  }

  async open(): Promise<void> {
    this.#broker = await this.another()
  }

  /** A second client of the same topics, closed with the fixture. */
  async another(): Promise<Broker> {
    const broker = await this.#under.open()
    this.#opened.push(broker)
    return broker
  }

  async close(): Promise<void> {
    for (const broker of this.#opened) await broker.close()
  }

  name(prefix = 'topic'): string {
    return `${prefix}.${randomUUID()}`
  }

  /** A new topic. */
  async topic(partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = this.name()
    await this.broker.createTopics([{ name, partitions, configs, replicationFactor: 1 }])
    return name
  }

  /** Appends outside transactions, one batch per call. */
  async append(topic: string, partition: number, list: readonly LogRecord[]): Promise<number> {
    const producer = await this.broker.producer({ clientId: 'contract' })
    const offset = await producer.append(topic, partition, list)
    await producer.close()
    return offset
  }

  async readerAt(positions: readonly TopicPartitionOffset[]): Promise<Reader> {
    const reader = await this.broker.reader()
    reader.assign(positions)
    return reader
  }

  /** Reads one partition until it gave so many records. */
  async read(topic: string, count: number, from = 0, partition = 0): Promise<StoredRecord[]> {
    const reader = await this.readerAt([{ topic, partition, offset: from }])
    const found = await readCount(reader, count)
    await reader.close()
    return found
  }
}

/** Reads until there are so many records; fails when they do not come. */
export async function readCount(reader: Reader, count: number): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  const until = performance.now() + PATIENCE_MS
  while (found.length < count) {
    if (performance.now() > until) assert.fail(`only ${found.length} of ${count} records came`)
    for (const batch of await reader.read({ maxBytes: 1 << 20, maxWaitMs: 1000 })) {
      found.push(...batch.records)
    }
  }
  return found
}

/** A child process with a broker of its own. */
export class BrokerProcess {
  readonly #child: ChildProcess

  static async start(remote: RemoteBroker): Promise<BrokerProcess> {
    const script = fileURLToPath(new URL('broker-process.ts', import.meta.url))
    const child = fork(script, [JSON.stringify(remote)], { stdio: 'inherit' })
    await once(child, 'message')
    return new BrokerProcess(child)
  }

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Appends one record in the other process; resolves when it is durable. */
  async append(
    topic: string,
    value: string,
    options: { partition?: number; transactionalId?: string } = {}
  ): Promise<void> {
    const answer = once(this.#child, 'message')
    this.#child.send({ topic, value, ...options })
    const [problem] = await answer
    assert.equal(problem, 'done')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.disconnect()
    await exit
  }
}

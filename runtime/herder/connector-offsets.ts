import type { RawConfig } from '../api/config.ts'
import type { SinkConnector, SinkOffsetChange, SourceConnector } from '../api/connector.ts'
import { describeError } from '../api/errors.ts'
import type { OffsetValue } from '../api/record.ts'
import type { Broker } from '../broker/broker.ts'
import type { OffsetEntry } from '../stores/offset-store.ts'
import type { SourceOffsets } from '../stores/own-offsets.ts'
import { parseAs } from '../worker/plugin-parts.ts'
import type { ConnectorOffset, GivenOffset } from './herder.ts'
import { RequestError } from './request-error.ts'
import { parseSinkOffsets } from './sink-offset-request.ts'

/** @throws {RequestError} 400 unless the connector is stopped and has no tasks */
export function requireStopped(name: string, stopped: boolean): void {
  if (stopped) return
  throw new RequestError(
    400,
    'Connectors must be in the STOPPED state before their offsets can be modified. This can be done ' +
      `for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`
  )
}

/** A stopped source, and where its offsets are. */
export interface StoppedSource {
  readonly name: string
  readonly plugin: SourceConnector
  /** Its config with references resolved: it holds secrets. */
  readonly raw: RawConfig
  readonly store: SourceOffsets
  /** Ends what tasks of an earlier run may still write. */
  fence(): Promise<void>
}

/**
 * Stores offsets of a stopped source.
 *
 * @returns what Kafka Connect says about it
 * @throws {RequestError} 400 when the offsets cannot be those of any source, or not of this one
 */
export async function alterSourceOffsets(
  source: StoppedSource,
  given: readonly GivenOffset[]
): Promise<string> {
  const changes = given.map(sourceChange)
  checkSource(source, changes)
  await source.fence()
  await source.store.refresh()
  await source.store.write(source.name, lastOfEach(changes))
  return done('altered', source.plugin.checkOffsets !== undefined)
}

/** Forgets all offsets of a stopped source. @returns what Kafka Connect says about it */
export async function resetSourceOffsets(source: StoppedSource): Promise<string> {
  await source.fence()
  // Read after fencing: nothing is added any more.
  await source.store.refresh()
  const changes = source.store
    .list(source.name)
    .map(({ partition }) => ({ partition, offset: null }))
  checkSource(source, changes)
  if (changes.length > 0) await source.store.write(source.name, changes)
  return done('reset', source.plugin.checkOffsets !== undefined)
}

/** A stopped sink, and where its offsets are. */
export interface StoppedSink {
  readonly name: string
  readonly plugin: SinkConnector
  /** Its config with references resolved: it holds secrets. */
  readonly raw: RawConfig
  readonly broker: Broker
  /** Its consumer group: `connect-<name>`, or what `consumer.override.group.id` says. */
  readonly group: string
}

/** The offsets that a sink's group has committed. */
export async function sinkOffsets(
  broker: Broker,
  group: string
): Promise<readonly ConnectorOffset[]> {
  return (await broker.groupOffsets(group)).map(({ topic, partition, offset }) => ({
    partition: { kafka_partition: partition, kafka_topic: topic },
    offset: { kafka_offset: offset }
  }))
}

/**
 * Moves a stopped sink to other offsets: those of its group and, where it keeps them, those in its
 * target, which go first because they count.
 *
 * @returns what Kafka Connect says about it
 * @throws {RequestError} 400 for offsets that no sink can have, of topics that are not there
 */
export async function alterSinkOffsets(
  sink: StoppedSink,
  given: readonly GivenOffset[]
): Promise<string> {
  const changes = parseSinkOffsets(given)
  await requirePartitions(sink, changes)
  await alterTarget(sink, changes)
  const moved = changes.flatMap(({ offset, ...place }) =>
    offset === null ? [] : [{ ...place, offset }]
  )
  await sink.broker.commitGroupOffsets(sink.group, moved)
  const forgotten = changes.filter(({ offset }) => offset === null)
  await sink.broker.deleteGroupOffsets(sink.group, forgotten)
  return done('altered', sink.plugin.alterOffsets !== undefined)
}

/** Lets a stopped sink begin anew. @returns what Kafka Connect says about it */
export async function resetSinkOffsets(sink: StoppedSink): Promise<string> {
  await alterTarget(sink, 'reset')
  await sink.broker.deleteGroup(sink.group)
  return done('reset', sink.plugin.alterOffsets !== undefined)
}

/** What Kafka Connect answers; the long text where the connector has not looked at the offsets. */
function done(verb: 'altered' | 'reset', byConnector: boolean): string {
  if (byConnector) return `The offsets for this connector have been ${verb} successfully`
  const manually = verb === 'altered' ? 'manually altered' : 'manually reset'
  return (
    `The Connect framework-managed offsets for this connector have been ${verb} successfully. ` +
    `However, if this connector manages offsets externally, they will need to be ${manually} in the system that the connector uses.`
  )
}

/** @throws {RequestError} 400, in the words of Kafka Connect (`OffsetUtils.validateFormat`) */
function sourceChange({ partition, offset }: GivenOffset): OffsetEntry {
  if (partition === null) throw new RequestError(400, 'Partition objects cannot be null')
  return { partition: primitives(partition), offset: offset === null ? null : primitives(offset) }
}

function primitives(fields: Readonly<Record<string, unknown>>): Record<string, OffsetValue> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (isPrimitive(value)) return [key, value]
      throw new RequestError(
        400,
        `Offsets may only contain primitive types as values, but field ${key} contains ${Array.isArray(value) ? 'ARRAY' : 'MAP'}`
      )
    })
  )
}

function isPrimitive(value: unknown): value is OffsetValue {
  return value === null || typeof value !== 'object'
}

/** Of two offsets of one partition the later one counts, as in a request's JSON object. */
function lastOfEach(changes: readonly OffsetEntry[]): OffsetEntry[] {
  return [...new Map(changes.map((change) => [sortedText(change.partition), change])).values()]
}

function sortedText(partition: OffsetEntry['partition']): string {
  const fields = Object.entries(partition).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return fields.map(([key, value]) => `${key}\0${typeof value}\0${value}`).join('\0')
}

function checkSource({ plugin, raw }: StoppedSource, changes: readonly OffsetEntry[]): void {
  if (plugin.checkOffsets === undefined) return
  const config = parseAs(plugin.config, raw)
  try {
    plugin.checkOffsets(config, raw, changes)
  } catch (error) {
    throw new RequestError(400, describeError(error), { cause: error })
  }
}

async function requirePartitions(
  { name, broker }: StoppedSink,
  changes: readonly SinkOffsetChange[]
): Promise<void> {
  const moved = changes.filter(({ offset }) => offset !== null)
  const topics = await broker.describeTopics([...new Set(moved.map(({ topic }) => topic))])
  const partitions = new Map(topics.map((topic) => [topic.name, topic.partitions]))
  for (const { topic, partition } of moved) {
    const count = partitions.get(topic)
    if (count !== undefined && partition < count) continue
    const problem =
      count === undefined
        ? `there is no topic ${topic}`
        : `topic ${topic} has no partition ${partition}, only ${count}`
    throw new RequestError(
      400,
      `Failed to alter consumer group offsets for connector ${name}: ${problem}`
    )
  }
}

async function alterTarget(
  { name, plugin, raw }: StoppedSink,
  changes: readonly SinkOffsetChange[] | 'reset'
): Promise<void> {
  if (plugin.alterOffsets === undefined) return
  try {
    await plugin.alterOffsets(parseAs(plugin.config, raw), raw, name, changes)
  } catch (error) {
    throw new RequestError(
      500,
      `The offsets that connector ${name} keeps in its target cannot be changed: ${describeError(error)}`,
      { cause: error }
    )
  }
}

import type { SinkOffsetChange } from '../api/connector.ts'
import type { GivenOffset } from './herder.ts'
import { RequestError } from './request-error.ts'

const TOPIC = 'kafka_topic'
const PARTITION = 'kafka_partition'
const OFFSET = 'kafka_offset'

/**
 * The offsets of a sink as a request gives them. Numbers may be text, other keys do not matter, and of
 * two offsets of one partition the later one counts (`SinkUtils.parseSinkConnectorOffsets`).
 *
 * @throws {RequestError} 400 in the words of Kafka Connect
 */
export function parseSinkOffsets(given: readonly GivenOffset[]): readonly SinkOffsetChange[] {
  const changes = given.map((one) => ({ ...placeOf(one.partition), offset: offsetOf(one.offset) }))
  const byPlace = changes.map((change) => [`${change.partition} ${change.topic}`, change] as const)
  return [...new Map(byPlace).values()]
}

function placeOf(given: GivenOffset['partition']): { topic: string; partition: number } {
  if (given === null) {
    throw refused('The partition for a sink connector offset cannot be null or missing')
  }
  if (!Object.hasOwn(given, TOPIC) || !Object.hasOwn(given, PARTITION)) {
    throw refused(
      `The partition for a sink connector offset must contain the keys '${TOPIC}' and '${PARTITION}'`
    )
  }
  const topic = given[TOPIC]
  const number = given[PARTITION]
  if (topic === null) throw refused('Kafka topic names must be valid strings and may not be null')
  if (number === null) throw refused('Kafka partitions must be valid numbers and may not be null')
  const partition = wholeNumber(number)
  if (partition === null || partition > MAX_INT || partition < -MAX_INT) {
    throw refused(
      `Failed to parse the following Kafka partition value in the provided offsets: '${javaText(number)}'. Partition values for sink connectors need to be integers.`
    )
  }
  if (partition < 0) throw refused(`A Kafka partition cannot be negative: ${partition}`)
  return { topic: javaText(topic), partition }
}

const MAX_INT = 2 ** 31 - 1

function offsetOf(given: GivenOffset['offset']): number | null {
  if (given === null) return null
  if (!Object.hasOwn(given, OFFSET)) {
    throw refused(
      `The offset for a sink connector should either be null or contain the key '${OFFSET}'`
    )
  }
  const offset = wholeNumber(given[OFFSET])
  if (offset === null) {
    throw refused(
      `Failed to parse the following Kafka offset value in the provided offsets: '${javaText(given[OFFSET])}'. Offset values for sink connectors need to be integers.`
    )
  }
  if (offset < 0) throw refused(`A Kafka offset cannot be negative: ${offset}`)
  return offset
}

/** @returns null for what Java's `Integer.parseInt` and `Long.parseLong` refuse, or is not exact */
function wholeNumber(value: unknown): number | null {
  const text = String(value)
  const number = Number(text)
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(number) ? number : null
}

/** A value as Java prints it inside of a message. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).map(([key, member]) => `${key}=${javaText(member)}`)
  return `{${fields.join(', ')}}`
}

function refused(message: string): RequestError {
  return new RequestError(400, message)
}

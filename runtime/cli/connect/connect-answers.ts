import type { RawConfig } from '../../api/config.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../stores/exact-json.ts'

/** `source`, `sink`, or `unknown` for a connector that is being deleted. */
export type ConnectorType = string

/** A connector as `GET /connectors/{name}` shows it. */
export interface ConnectorAnswer {
  readonly name: string
  readonly type: ConnectorType
  /** References unresolved. Kafka Connect answers secrets in clear, Millrace masked. */
  readonly config: RawConfig
}

/** State of a connector or task, and where it is. */
export interface StateAnswer {
  /** `RUNNING`, `PAUSED`, `STOPPED`, `FAILED`, `UNASSIGNED`, `RESTARTING`. */
  readonly state: string
  readonly workerId: string
  readonly trace: string | null
}

/** What `GET /connectors/{name}/status` shows. */
export interface StatusAnswer extends StateAnswer {
  readonly name: string
  readonly type: ConnectorType
  readonly tasks: readonly (StateAnswer & { readonly id: number })[]
}

/** One of all connectors; either part is null for a connector that is just coming or going. */
export interface ListedConnector {
  readonly name: string
  readonly connector: ConnectorAnswer | null
  readonly status: StatusAnswer | null
}

/** Where a connector stands, one of its partitions. Whole numbers are exact. */
export interface OffsetAnswer {
  readonly partition: JsonValue
  readonly offset: JsonValue
}

/** A key that is wrong, as `PUT /connector-plugins/{class}/config/validate` finds it. */
export interface KeyErrors {
  readonly key: string
  readonly errors: readonly string[]
}

/** An answer that does not have the shape that Kafka Connect's has. */
export class UnexpectedAnswer extends Error {}

export function readConnector(value: JsonValue | undefined): ConnectorAnswer {
  const { name, type, config } = object(value)
  return {
    name: text(name),
    type: typeof type === 'string' ? type : 'unknown',
    config: texts(config)
  }
}

export function readStatus(value: JsonValue | undefined): StatusAnswer {
  const { name, type, connector, tasks } = object(value)
  return {
    name: text(name),
    type: typeof type === 'string' ? type : 'unknown',
    ...readState(connector),
    tasks: array(tasks)
      .map((task) => ({ id: number(object(task)['id']), ...readState(task) }))
      .toSorted((a, b) => a.id - b.id)
  }
}

function readState(value: JsonValue | undefined): StateAnswer {
  const { state, worker_id, trace } = object(value)
  return {
    state: text(state),
    workerId: typeof worker_id === 'string' ? worker_id : '',
    trace: typeof trace === 'string' && trace !== '' ? trace : null
  }
}

/** Sorted by name: Kafka Connect's order is that of a hash. */
export function readList(value: JsonValue | undefined): ListedConnector[] {
  return Object.entries(object(value))
    .map(([name, parts]) => {
      const { info, status } = object(parts)
      return {
        name,
        connector: info === undefined ? null : readConnector(info),
        status: status === undefined ? null : readStatus(status)
      }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

export function readOffsets(value: JsonValue | undefined): OffsetAnswer[] {
  return array(object(value)['offsets']).map((entry) => {
    const { partition = null, offset = null } = object(entry)
    return { partition, offset }
  })
}

/** @returns the keys of a plugin whose values are secrets */
export function readSecretKeys(value: JsonValue | undefined): string[] {
  return array(value).flatMap((key) => {
    const { name, type } = object(key)
    return type === 'PASSWORD' ? [text(name)] : []
  })
}

export function readKeyErrors(value: JsonValue | undefined): KeyErrors[] {
  return array(object(value)['configs']).flatMap((config) => {
    const found = object(config)['value']
    if (!isJsonObject(found)) return []
    const errors = array(found['errors'] ?? []).map(text)
    return errors.length === 0 ? [] : [{ key: text(found['name']), errors }]
  })
}

export function readMessage(value: JsonValue | undefined): string {
  return text(object(value)['message'])
}

function object(value: JsonValue | undefined): JsonObject {
  if (isJsonObject(value)) return value
  throw new UnexpectedAnswer('an object is missing')
}

function array(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value
  throw new UnexpectedAnswer('a list is missing')
}

function text(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  throw new UnexpectedAnswer('a text is missing')
}

function number(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value
  throw new UnexpectedAnswer('a number is missing')
}

/** A key with null is one without a value: Kafka Connect keeps it for keys that it knows. */
function texts(value: JsonValue | undefined): RawConfig {
  return Object.fromEntries(
    Object.entries(object(value)).flatMap(([key, each]) =>
      each === null ? [] : [[key, text(each)]]
    )
  )
}

import type { RawConfig } from '../api/config.ts'
import type { GivenConfig, GivenOffset, InitialState } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'
import { type Json, JsonNumber, JsonSyntaxError, readJson } from './json-reader.ts'

/** The body of `POST /connectors`. */
export interface CreateRequest {
  /** Without the space around it; empty when there is none. */
  readonly name: string
  readonly config: GivenConfig
  readonly initialState: InitialState
}

/** @throws {RequestError} 400 that says what is wrong with the body, and where */
export function readCreateRequest(body: Buffer): CreateRequest {
  const fields = objectOf(body, 'an object with "name", "config" and, if wanted, "initial_state"')
  refuseOthers(fields, ['name', 'config', 'initial_state'])
  const config = fields.get('config')
  if (config === undefined || config === null) {
    throw refused('"config" is missing: give an object of config keys and their values')
  }
  return {
    name: trimmed(textOf(fields.get('name') ?? null, '"name"') ?? ''),
    config: configOf(config, '"config"'),
    initialState: initialStateOf(fields.get('initial_state') ?? null)
  }
}

/** The flat config that PUT and PATCH of `/connectors/{c}/config` and validation take. */
export function readConfig(body: Buffer): GivenConfig {
  return configOf(parse(body, CONFIG_SHAPE), 'The request body')
}

/** @returns the offsets to store; a null one is to be forgotten */
export function readOffsets(body: Buffer): readonly GivenOffset[] {
  const fields = objectOf(body, 'an object with "offsets"')
  refuseOthers(fields, ['offsets'])
  const offsets = fields.get('offsets') ?? null
  if (offsets !== null && !isList(offsets)) {
    throw refused(`"offsets" must be a list, not ${kindOf(offsets)}`)
  }
  if (offsets === null || offsets.length === 0) {
    throw refused('Partitions / offsets need to be provided for an alter offsets request')
  }
  return offsets.map(offsetOf)
}

/** @returns the level that `PUT /admin/loggers/{l}` asks for, or null when there is none */
export function readLevel(body: Buffer): string | null {
  const fields = objectOf(body, 'an object with "level"')
  return textOf(fields.get('level') ?? null, '"level"')
}

/** The task configs that a worker sends to the leader. */
export function readTaskConfigs(body: Buffer): readonly RawConfig[] {
  const shape = 'a list of task configs'
  const configs = parse(body, shape)
  if (!isList(configs)) throw refused(`The request body must be ${shape}, not ${kindOf(configs)}`)
  return configs.map((config, index) => {
    const given = configOf(config, `Task config ${index}`)
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => {
        if (value === null) throw refused(`Task config ${index} has no value for "${key}"`)
        return [key, value]
      })
    )
  })
}

const CONFIG_SHAPE = 'an object of config keys and their values'

function parse(body: Buffer, shape: string): Json {
  if (body.length === 0) throw refused(`The request has no body; it must be ${shape}`)
  try {
    return readJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    const problem = error instanceof JsonSyntaxError ? error.message : 'it is not UTF-8 text'
    throw new RequestError(400, `The request body is not valid JSON: ${problem}`, { cause: error })
  }
}

function objectOf(body: Buffer, shape: string): ReadonlyMap<string, Json> {
  const value = parse(body, shape)
  if (isObject(value)) return value
  throw refused(`The request body must be ${shape}, not ${kindOf(value)}`)
}

function configOf(value: Json, what: string): GivenConfig {
  if (!isObject(value)) throw refused(`${what} must be ${CONFIG_SHAPE}, not ${kindOf(value)}`)
  return Object.fromEntries(
    [...value].map(([key, member]) => [key, textOf(member, `The value of config key "${key}"`)])
  )
}

/** Numbers and booleans become text as they were written, as Jackson does for a map of strings. */
function textOf(value: Json, what: string): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (value instanceof JsonNumber) return value.text
  const hint = isList(value) ? ': write a list as text with commas, as in "a,b"' : ''
  throw refused(`${what} must be text, not ${kindOf(value)}${hint}`)
}

const INITIAL_STATES: readonly InitialState[] = ['RUNNING', 'PAUSED', 'STOPPED']

function initialStateOf(value: Json): InitialState {
  if (value === null) return 'RUNNING'
  const given = textOf(value, '"initial_state"') ?? ''
  const state = INITIAL_STATES.find((known) => known === given.toUpperCase())
  if (state !== undefined) return state
  throw refused(`"initial_state" must be one of ${INITIAL_STATES.join(', ')}, not "${given}"`)
}

function offsetOf(value: Json, index: number): GivenOffset {
  const place = `"offsets"[${index}]`
  if (!isObject(value)) throw refused(`${place} must be an object, not ${kindOf(value)}`)
  refuseOthers(value, ['partition', 'offset'], `${place}: `)
  const part = (name: 'partition' | 'offset') => {
    const member = value.get(name) ?? null
    if (member === null) return null
    if (isObject(member)) return plainObject(member)
    throw refused(`"${name}" of ${place} must be an object or null, not ${kindOf(member)}`)
  }
  return { partition: part('partition'), offset: part('offset') }
}

function plainObject(value: ReadonlyMap<string, Json>): Record<string, unknown> {
  return Object.fromEntries([...value].map(([key, member]) => [key, plainOf(member)]))
}

/** Whole numbers stay exact: beyond 2^53 they are `bigint`. */
function plainOf(value: Json): unknown {
  if (isObject(value)) return plainObject(value)
  if (isList(value)) return value.map(plainOf)
  if (!(value instanceof JsonNumber)) return value
  const number = Number(value.text)
  if (Number.isSafeInteger(number)) return number
  if (/^-?\d+$/.test(value.text)) return BigInt(value.text)
  if (Number.isFinite(number)) return number
  throw refused('A number is too large')
}

function refuseOthers(
  fields: ReadonlyMap<string, Json>,
  known: readonly string[],
  place = ''
): void {
  const other = [...fields.keys()].find((field) => !known.includes(field))
  if (other === undefined) return
  const names = known.map((field) => `"${field}"`).join(', ')
  throw refused(`${place}Unrecognized field "${other}"; known fields: ${names}`)
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (isObject(value)) return 'an object'
  if (isList(value)) return 'a list'
  if (value instanceof JsonNumber) return 'a number'
  return typeof value === 'boolean' ? 'true or false' : 'text'
}

function isObject(value: Json): value is ReadonlyMap<string, Json> {
  return value instanceof Map
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** Without what Java's `String.trim` takes away: space and control characters. */
function trimmed(name: string): string {
  let start = 0
  let end = name.length
  while (start < end && name.charCodeAt(start) <= 0x20) start++
  while (end > start && name.charCodeAt(end - 1) <= 0x20) end--
  return name.slice(start, end)
}

function refused(message: string): RequestError {
  return new RequestError(400, message)
}

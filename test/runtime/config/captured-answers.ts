import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../../../connectors/registry.ts'
import type { GivenConfig } from '../../../runtime/config/config-infos.ts'
import { ConfigRefusal } from '../../../runtime/config/config-refusal.ts'
import {
  ConnectorValidation,
  type ConnectorValidationOptions
} from '../../../runtime/config/connector-validation.ts'
import { Plugins } from '../../../runtime/config/plugins.ts'
import { References } from '../../../runtime/config/references.ts'
import { projectRoot } from '../../support/source-files.ts'
import { DIFFERENCES } from './connect-differences.ts'

// What a real Kafka Connect 4.3 answered about configurations and plugins, to compare ours with.

export interface Exchange {
  readonly case: string
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown }
  readonly response: Answer
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** @param places what stands in the captures for a host and a port */
export function capturedExchanges(places: Readonly<Record<string, string>> = {}): Exchange[] {
  let text = readFileSync(join(projectRoot, 'test/golden/connect/rest.jsonl'), 'utf8')
  for (const [name, value] of Object.entries(places)) text = text.replaceAll(name, value)
  const all = text
    .trim()
    .split('\n')
    .map((line): Exchange => JSON.parse(line))
  return all.filter((exchange) => exchange.response !== null)
}

/** As the captured worker was configured. */
export function connectValidation(
  more: Partial<ConnectorValidationOptions> = {}
): ConnectorValidation {
  return new ConnectorValidation({
    plugins: new Plugins({ registry, pluginPath: [], cwd: '/' }),
    references: new References({ env: {}, cwd: '/' }),
    worker: {
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter'
    },
    groupId: 'connect-cluster',
    overridePolicy: 'All',
    exactlyOnceSource: true,
    ...more
  })
}

export async function answerOf(ask: () => Promise<unknown>): Promise<Answer> {
  try {
    return { status: 200, body: await ask() }
  } catch (error) {
    if (!(error instanceof ConfigRefusal)) throw error
    return { status: error.status, body: error.message }
  }
}

/** JSON numbers and switches as text, as the API takes them, and the name as a key. */
export function configOf(given: unknown, name?: string): GivenConfig {
  const entries = Object.entries(given as Record<string, unknown>)
  const texts = entries.map(([key, value]) => [key, value === null ? null : String(value)])
  return { ...Object.fromEntries(texts), ...(name === undefined ? {} : { name }) }
}

/** Compares an answer with the captured one, or with what `connect-differences.ts` says instead. */
export async function compare(exchange: Exchange, ask: () => Promise<unknown>): Promise<void> {
  const difference = DIFFERENCES[exchange.case]
  const actual = comparable(await answerOf(ask))
  const captured = comparable(exchange.response)
  if (difference === undefined) {
    assert.deepEqual(actual, captured)
    return
  }
  assert.notDeepEqual(actual, captured, `no difference any more: ${difference.reason}`)
  assert.equal(actual.status, difference.status)
  assert.match(JSON.stringify(actual.body), difference.text)
}

/** What there is to compare: of a request that was carried out, only that it was. */
function comparable({ status, body }: Answer): Answer {
  if (status === 201 || status === 409) return { status: 200, body: null }
  if (typeof body === 'object' && body !== null && 'message' in body) {
    return { status, body: withoutClassLists(String(body.message)) }
  }
  return { status, body: typeof body === 'string' ? withoutClassLists(body) : withoutTexts(body) }
}

/** Lists of classes and versions are those of what is installed. */
function withoutClassLists(message: string): string {
  return message
    .replace(/available connectors are: .*/, 'available connectors are: ...')
    .replaceAll(/available versions: \[.*?\]/g, 'available versions: [...]')
}

/** Documentation is in our own words, `order` is for older clients, Debezium's plugins have our version. */
function withoutTexts(body: unknown): unknown {
  if (body === '3.6.0.Final' || body === '3.5.0.Final' || body === '0.1.0') return '<version>'
  if (Array.isArray(body)) return isClassList(body) ? '<classes>' : body.map(withoutTexts)
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(
    Object.entries(body)
      .filter(([key]) => key !== 'documentation' && key !== 'order')
      .map(([key, value]) => [key, withoutTexts(value)])
  )
}

function isClassList(values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'string' && /^(org|io)\.\w+\./.test(value))
}

/** The body as JSON; null when it is none, which the HTTP layer answers. */
export function bodyOf({ request: { body } }: Exchange): unknown {
  if (typeof body !== 'string') return body
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const HTTP_STATUSES = [404, 405, 406, 415]
const HTTP_TEXTS =
  /Cannot (deserialize|construct|invoke)|Unrecognized|Unexpected (character|end)|doesn't match connector name|does not match request type/

/** Whether a request is one about a configuration, not one that the HTTP layer refuses. */
export function isAboutConfig({ response: { status, body } }: Exchange): boolean {
  return !HTTP_STATUSES.includes(status) && !HTTP_TEXTS.test(JSON.stringify(body ?? ''))
}

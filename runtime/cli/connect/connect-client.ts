import { setTimeout as delay } from 'node:timers/promises'
import type { RawConfig } from '../../api/config.ts'
import { ConnectError, isRetriable } from '../../api/errors.ts'
import { hasReference } from '../../config/reference-syntax.ts'
import { type JsonValue, printExactJson, tryParseJson } from '../../stores/exact-json.ts'
import { retryDelay } from '../../worker/error-policy.ts'
import {
  type ConnectorAnswer,
  type KeyErrors,
  type ListedConnector,
  type OffsetAnswer,
  readConnector,
  readKeyErrors,
  readList,
  readMessage,
  readOffsets,
  readSecretKeys,
  readStatus,
  type StatusAnswer,
  UnexpectedAnswer
} from './connect-answers.ts'
import type { Connection } from './connection.ts'
import {
  type Call,
  type Exchange,
  notAWorker,
  openExchange,
  UnreachableError
} from './http-exchange.ts'
import { refusalOf } from './refusal.ts'

const RETRY_DELAY_MAX_MS = 2000

/** Told before the first wait for a worker that is busy or does not answer yet. */
export type WaitListener = (error: ConnectError) => void

/**
 * A client of Kafka Connect's REST API, of a Millrace worker and of Kafka Connect alike. A request
 * is tried again while the group is busy, and while nobody answers where that does no harm.
 * Every method throws what {@link refusalOf} and {@link openExchange} say.
 */
export class ConnectClient {
  readonly #connection: Connection
  readonly #exchange: Exchange
  readonly #onWait: WaitListener

  constructor(connection: Connection, onWait: WaitListener = () => {}) {
    this.#connection = connection
    this.#exchange = openExchange(connection)
    this.#onWait = onWait
  }

  list(): Promise<ListedConnector[]> {
    return this.#ask('/connectors?expand=info&expand=status', readList)
  }

  connector(name: string): Promise<ConnectorAnswer> {
    return this.#ask(pathOf(name), readConnector)
  }

  status(name: string): Promise<StatusAnswer> {
    return this.#ask(`${pathOf(name)}/status`, readStatus)
  }

  /** Without a state it runs; a worker older than Kafka Connect 3.7 knows no other. */
  async create(name: string, config: RawConfig, initialState: string | null): Promise<void> {
    const state = initialState === null || initialState === 'RUNNING' ? undefined : initialState
    await this.#send('POST', '/connectors', { name, config, initial_state: state }, config)
  }

  async put(name: string, config: RawConfig): Promise<void> {
    await this.#send('PUT', `${pathOf(name)}/config`, config, config)
  }

  /** Changes some keys; null takes a key out. */
  async patch(name: string, patch: Readonly<Record<string, string | null>>): Promise<void> {
    const given = Object.entries(patch).filter(
      (entry): entry is [string, string] => entry[1] !== null
    )
    await this.#send('PATCH', `${pathOf(name)}/config`, patch, Object.fromEntries(given))
  }

  async remove(name: string): Promise<void> {
    await this.#send('DELETE', pathOf(name))
  }

  /** Asks for a target state. It is reached some time after. */
  async setState(name: string, change: 'pause' | 'resume' | 'stop'): Promise<void> {
    await this.#send('PUT', `${pathOf(name)}/${change}`)
  }

  async restart(
    name: string,
    options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }
  ): Promise<void> {
    const { includeTasks, onlyFailed } = options
    const query = `includeTasks=${includeTasks}&onlyFailed=${onlyFailed}`
    await this.#send('POST', `${pathOf(name)}/restart?${query}`)
  }

  async restartTask(name: string, task: number): Promise<void> {
    await this.#send('POST', `${pathOf(name)}/tasks/${task}/restart`)
  }

  offsets(name: string): Promise<OffsetAnswer[]> {
    return this.#ask(`${pathOf(name)}/offsets`, readOffsets)
  }

  /** Of a stopped connector. @returns what the worker says of it */
  async alterOffsets(name: string, offsets: readonly OffsetAnswer[]): Promise<string> {
    return this.#read(
      await this.#send('PATCH', `${pathOf(name)}/offsets`, { offsets }),
      readMessage
    )
  }

  /** Of a stopped connector. @returns what the worker says of it */
  async resetOffsets(name: string): Promise<string> {
    return this.#read(await this.#send('DELETE', `${pathOf(name)}/offsets`), readMessage)
  }

  /** @returns the keys of a plugin whose values are secrets */
  secretKeys(className: string): Promise<string[]> {
    return this.#ask(`/connector-plugins/${encodeURIComponent(className)}/config`, readSecretKeys)
  }

  /** What the worker would say against a configuration. References are resolved there. */
  async validate(className: string, config: RawConfig): Promise<KeyErrors[]> {
    const path = `/connector-plugins/${encodeURIComponent(className)}/config/validate`
    return this.#read(await this.#send('PUT', path, config, config), readKeyErrors)
  }

  async #ask<T>(path: string, reader: (value: JsonValue | undefined) => T): Promise<T> {
    return this.#read(await this.#send('GET', path), reader)
  }

  #read<T>(text: string, reader: (value: JsonValue | undefined) => T): T {
    try {
      return reader(tryParseJson(text))
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer)) throw error
      throw notAWorker(this.#connection.base, `its answer is not Kafka Connect's: ${error.message}`)
    }
  }

  /** @param secrets a configuration on its way, of which no secret may come back in a message */
  async #send(
    method: Call['method'],
    path: string,
    body?: unknown,
    secrets?: RawConfig
  ): Promise<string> {
    if (secrets) this.#connection.redactor.addConfig(withoutReferences(secrets))
    const call = { method, path, ...(body === undefined ? {} : { body: printExactJson(body) }) }
    const began = performance.now()
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(call)
      } catch (error) {
        const waited = performance.now() - began
        if (!(error instanceof ConnectError) || !this.#mayRetry(call, error, waited)) throw error
        if (attempt === 0) this.#onWait(error)
        await delay(retryDelay(attempt, RETRY_DELAY_MAX_MS, Math.random()))
      }
    }
  }

  async #once(call: Call): Promise<string> {
    const answer = await this.#exchange(call)
    if (answer.status >= 200 && answer.status < 300) return answer.text
    throw refusalOf(answer, call, (text) => this.#connection.redactor.text(text))
  }

  #mayRetry({ method }: Call, error: ConnectError, waitedMs: number): boolean {
    if (!isRetriable(error)) return false
    if (!(error instanceof UnreachableError)) return waitedMs < this.#connection.busyMs
    const harmless = method === 'GET' || !error.mayBeDone
    return harmless && waitedMs < this.#connection.unreachableMs
  }
}

/** A reference is no secret. */
function withoutReferences(config: RawConfig): RawConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => !hasReference(value)))
}

function pathOf(name: string): string {
  return `/connectors/${encodeURIComponent(name.toWellFormed())}`
}

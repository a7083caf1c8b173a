import type { RawConfig } from '../api/config.ts'
import type { SessionKey } from '../herder/herder.ts'
import { RequestError } from '../herder/request-error.ts'
import type { Forwarder, WorkerRequest } from './forward.ts'
import { signatureOf } from './request-signature.ts'

export interface LeaderClientOptions {
  readonly forwarder: Forwarder
  /** The key that signs, as it is when a request is sent; null while none is known. */
  sessionKey(): SessionKey | null
  /** `inter.worker.signature.algorithm`, as Java names it. */
  readonly algorithm: string
}

/** What a worker asks of the leader, signed with the group's session key (KIP-507). */
export class LeaderClient {
  readonly #options: LeaderClientOptions

  constructor(options: LeaderClientOptions) {
    this.#options = options
  }

  /**
   * Has the leader publish new task configs of a connector that runs here.
   * @throws {RequestError} with the leader's status and text; 409 when it cannot be reached
   */
  async requestTaskConfigs(
    leaderUrl: string,
    connector: string,
    configs: readonly RawConfig[]
  ): Promise<void> {
    const path = `/connectors/${encodeURIComponent(connector)}/tasks`
    await this.#send(leaderUrl, path, { method: 'POST', body: JSON.stringify(configs) })
  }

  /**
   * Has the leader end what tasks of an earlier generation may still write.
   * @throws {RequestError} as {@link requestTaskConfigs}
   */
  async requestFence(leaderUrl: string, connector: string): Promise<void> {
    const path = `/connectors/${encodeURIComponent(connector)}/fence`
    await this.#send(leaderUrl, path, { method: 'PUT', body: '' })
  }

  async #send(
    leaderUrl: string,
    path: string,
    request: Pick<WorkerRequest, 'method' | 'body'>
  ): Promise<void> {
    const key = this.#options.sessionKey()
    if (key === null) {
      throw new RequestError(503, 'No session key has been read from the config topic yet')
    }
    const signature = signatureOf(request.body, key, this.#options.algorithm)
    const headers = { 'content-type': 'application/json', ...signature }
    const answer = await this.#options.forwarder.send(leaderUrl, `${path}?forward=false`, {
      ...request,
      headers
    })
    if (answer.status < 300) return
    throw new RequestError(statusOf(answer.status), messageOf(answer.body))
  }
}

function statusOf(status: number): RequestError['status'] {
  return status === 400 || status === 403 || status === 404 || status === 409 ? status : 500
}

function messageOf(body: string | Uint8Array | null): string {
  const text = body === null ? '' : Buffer.from(body).toString()
  try {
    const { message } = JSON.parse(text)
    return String(message)
  } catch {
    return text
  }
}

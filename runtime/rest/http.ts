import type { IncomingHttpHeaders } from 'node:http'

/** What a caller may do: each role includes the ones before it. */
export type Role = 'read' | 'operate' | 'admin'

/** Who asks. Null principals come from a server without authentication. */
export interface Principal {
  readonly name: string
  readonly role: Role
}

/** A request whose body is complete and within its limits. */
export interface RestRequest {
  /** Upper case. */
  readonly method: string
  /** As sent, still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Null when the server asks nobody who they are. */
  readonly principal: Principal | null
  /** Scheme, host and port under which the caller reached this worker, for `Location`. */
  readonly base: string
  /** Aborts when the caller goes away or takes too long. */
  readonly signal: AbortSignal
}

export interface RestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Null: no body and no content type. */
  readonly body: string | Uint8Array | null
}

/** Answers every request; it never throws for what a caller may send. */
export type RestHandler = (request: RestRequest) => Promise<RestResponse>

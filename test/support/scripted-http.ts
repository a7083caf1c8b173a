import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** What a scripted server answers: status and JSON, or null to cut the connection. */
export type Reply = readonly [status: number, body: unknown] | null

export interface SeenRequest {
  /** `METHOD /path` */
  readonly line: string
  readonly headers: IncomingHttpHeaders
}

/** An HTTP server that answers what it is told, for what a real worker does only at bad moments. */
export interface ScriptedHttp extends AsyncDisposable {
  readonly port: number
  readonly seen: readonly SeenRequest[]
}

/**
 * @param reply by number of the request, from 0; text is sent as it is, anything else as JSON
 * @param tls certificate and key as PKCS12, to speak TLS
 */
export async function scriptHttp(
  reply: (request: number, line: string) => Reply,
  tls?: { readonly pfx: Buffer; readonly passphrase: string }
): Promise<ScriptedHttp> {
  const seen: SeenRequest[] = []
  const listener: RequestListener = (request, response) => {
    const line = `${request.method} ${request.url}`
    const answer = reply(seen.length, line)
    seen.push({ line, headers: request.headers })
    request.resume().once('end', () => {
      if (answer === null) {
        request.socket.destroy()
        return
      }
      const [status, body] = answer
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  }
  const server = tls ? createTlsServer({ ...tls }, listener) : createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    }
  }
}

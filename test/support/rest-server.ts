import { workerKeys } from '../../runtime/config/worker-keys.ts'
import type { RestHandler } from '../../runtime/rest/http.ts'
import { type RestLimits, readRestSettings } from '../../runtime/rest/rest-settings.ts'
import { type RestServer, startRestServer } from '../../runtime/rest/server.ts'
import { parseAs } from '../../runtime/worker/plugin-parts.ts'
import { MemoryLogger } from './embedded.ts'

/** Answers with what it was asked, as JSON. */
export const echo: RestHandler = async (request) => ({
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    method: request.method,
    path: request.path,
    query: [...request.query],
    bytes: request.body.length,
    principal: request.principal,
    base: request.base
  })
})

/** A server of the REST API on a free port, by worker keys. */
export interface TestServer extends AsyncDisposable {
  readonly server: RestServer
  readonly url: string
  readonly port: number
  readonly lines: MemoryLogger['lines']
}

export async function startTestServer(
  options: {
    readonly keys?: Readonly<Record<string, string>>
    readonly limits?: Partial<RestLimits>
    readonly handler?: RestHandler | null
  } = {}
): Promise<TestServer> {
  const raw = { listeners: 'http://127.0.0.1:0', ...options.keys }
  const settings = await readRestSettings(parseAs(workerKeys, raw), raw)
  const logger = new MemoryLogger()
  const limits = { ...settings.limits, checkMs: 50, ...options.limits }
  const server = await startRestServer({ settings: { ...settings, limits }, logger })
  if (options.handler !== null) server.setHandler(options.handler ?? echo)
  const { protocol, host, port } = server.addresses[0] ?? { protocol: 'http', host: '', port: 0 }
  return {
    server,
    url: `${protocol}://${host}:${port}`,
    port,
    lines: logger.lines,
    [Symbol.asyncDispose]: () => server.close(0)
  }
}

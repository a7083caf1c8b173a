import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server of 127.0.0.1, and cuts connections in the middle of what they carry. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What may pass to clients before the next cut. */
  #budget = Number.POSITIVE_INFINITY
  #cuts = 0

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, '127.0.0.1')))
  }

  /** @param target the port of the server */
  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How often connections were cut. */
  get cuts(): number {
    return this.#cuts
  }

  /** Lets that many bytes from the server pass, and then cuts all connections, once. */
  cutAfter(bytes: number): void {
    this.#budget = bytes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#destroyAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, server: Socket): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk) => this.#pass(client, chunk))
  }

  #pass(client: Socket, chunk: Buffer): void {
    const passing = chunk.subarray(0, this.#budget)
    this.#budget -= passing.length
    if (passing.length === chunk.length) {
      client.write(chunk)
      return
    }
    this.#budget = Number.POSITIVE_INFINITY
    this.#cuts++
    // What may pass gets there before the end.
    client.write(passing, () => this.#destroyAll())
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

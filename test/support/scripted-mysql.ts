import { createServer, type Server, type Socket } from 'node:net'
import { join, text, u8, u16, u32 } from './binlog-bytes.ts'

/** Answers a command with the payloads of packets. */
export type Answer = (command: Buffer) => readonly Buffer[]

export const OK = u8(0, 0, 0, 2, 0, 0, 0)

/** LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH, CONNECT_ATTRS */
const CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000 | 0x100000

/**
 * Stands in for a server of MySQL, which is not at hand: lets anybody in and answers commands as it is told.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 */
export class ScriptedMysql implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly user = 'anybody'
  readonly password = ''
  /** What was sent to it, after the login. */
  readonly commands: Buffer[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(answer: Answer) {
    this.#server = createServer((socket) => this.#serve(socket, answer))
  }

  static async start(answer: Answer): Promise<ScriptedMysql> {
    const mysql = new ScriptedMysql(answer)
    await new Promise<void>((resolve) => mysql.#server.listen(0, mysql.host, resolve))
    return mysql
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** The statements that were sent. */
  get statements(): string[] {
    return this.commands.flatMap((command) =>
      command[0] === 3 ? [command.toString('utf8', 1)] : []
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket, answer: Answer): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    send(socket, 0, [greeting()])
    let isIn = false
    let waiting = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUIntLE(0, 3)) {
        const end = 4 + waiting.readUIntLE(0, 3)
        const packet = waiting.subarray(4, end)
        const sequence = waiting.readUInt8(3)
        waiting = waiting.subarray(end)
        if (isIn) this.commands.push(packet)
        send(socket, sequence + 1, isIn ? answer(packet) : [OK])
        isIn = true
      }
    })
  }
}

function greeting(): Buffer {
  const scramble = text('abcdefghijklmnopqrst')
  return join(
    ...[u8(10), text('8.4.3'), u8(0), u32(7), scramble.subarray(0, 8), u8(0)],
    ...[u16(CAPABILITIES & 0xffff), u8(45), u16(2), u16(CAPABILITIES >>> 16), u8(21)],
    ...[Buffer.alloc(10), scramble.subarray(8), u8(0), text('mysql_native_password'), u8(0)]
  )
}

function send(socket: Socket, firstSequence: number, payloads: readonly Buffer[]): void {
  let sequence = firstSequence
  for (const payload of payloads) {
    const head = Buffer.alloc(4)
    head.writeUIntLE(payload.length, 0, 3)
    head[3] = sequence++ & 0xff
    socket.write(Buffer.concat([head, payload]))
  }
}

import { connect, type Socket } from 'node:net'

/** One answer as it came over a connection. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends bytes as they are and reads until the server ends the connection or `limitMs` is over. */
export async function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  options: { readonly halfClose?: boolean; readonly limitMs?: number } = {}
): Promise<{ readonly answers: readonly RawAnswer[]; readonly ended: boolean }> {
  const socket = await connected(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const closed = new Promise<true>((resolve) => socket.once('close', () => resolve(true)))
  for (const part of parts) socket.write(part)
  if (options.halfClose) socket.end()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), options.limitMs ?? 10_000)
  })
  const ended = await Promise.race([closed, late])
  clearTimeout(timer)
  socket.destroy()
  return { answers: answersIn(Buffer.concat(chunks).toString('latin1')), ended }
}

/** A connection that has been made. */
export async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** Splits what came into answers, by their Content-Length. Answers without one have no body. */
export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest.startsWith('HTTP/1.1 '); ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const head = rest.slice(0, end)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    const status = Number(head.slice(9, 12))
    rest = rest.slice(end + 4)
    if (status !== 100) answers.push({ status, head, body: rest.slice(0, length) })
    rest = rest.slice(status === 100 ? 0 : length)
  }
  return answers
}

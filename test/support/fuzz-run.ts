import assert from 'node:assert/strict'
import { type Attack, attackOf, type FuzzWorld } from './fuzz-requests.ts'
import { Random } from './random.ts'
import { answersIn, connected } from './raw-http.ts'

/** A server under attack. */
export interface FuzzTarget extends FuzzWorld {
  readonly port: number
  /** The one 5xx that there may be: of a system that a connector cannot reach. */
  readonly outOfReach?: RegExp
  /** What no answer may hold. */
  readonly secrets: readonly string[]
  /** Every line that was logged. */
  logText(): string
  /** @throws when it no longer does what it should */
  stillWorks(): Promise<void>
}

/** How often and with what, by environment: a failure prints what repeats it. */
export function fuzzPlan(count: number): { readonly seed: number; readonly count: number } {
  const given = process.env['MILLRACE_FUZZ_SEED']
  return {
    seed: given === undefined ? Date.now() % 2 ** 31 : Number(given),
    count: Number(process.env['MILLRACE_FUZZ_COUNT'] ?? count)
  }
}

/** Until when each connection has an end: longer than the server waits for slow callers. */
const LIMIT_MS = 15_000

/** Attacks a server many times and checks after each that it is well. */
export async function fuzz<Target extends FuzzTarget>(
  target: Target,
  { seed, count }: { readonly seed: number; readonly count: number },
  attacks: (random: Random, target: Target) => Attack = attackOf
): Promise<void> {
  for (let n = 0; n < count; n++) {
    const attack = attacks(new Random(seed + n), target)
    try {
      check(attack, await observe(attack, target.port), target)
      await target.stillWorks()
    } catch (error) {
      const again = `MILLRACE_FUZZ_SEED=${seed + n} MILLRACE_FUZZ_COUNT=1`
      throw new Error(`${attack.name} (${again}): ${shown(attack)}`, { cause: error })
    }
  }
  for (const secret of target.secrets) {
    assert.ok(!target.logText().includes(secret), 'the log tells a secret')
  }
}

interface Observed {
  readonly text: string
  readonly ended: boolean
}

async function observe({ parts, ending }: Attack, port: number): Promise<Observed> {
  const socket = await connected(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
  for (const part of parts) {
    if (socket.destroyed) break
    if (!socket.write(part)) await Promise.race([closed, drained(socket)])
  }
  if (ending === 'half-close') socket.end()
  if (ending === 'reset') socket.resetAndDestroy()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LIMIT_MS)
  })
  const ended = await Promise.race([closed, late])
  clearTimeout(timer)
  socket.destroy()
  return { text: Buffer.concat(chunks).toString('latin1'), ended }
}

const drained = (socket: NodeJS.WritableStream) =>
  new Promise<void>((resolve) => socket.once('drain', () => resolve()))

function check(
  attack: Attack,
  { text, ended }: Observed,
  { secrets, outOfReach }: FuzzTarget
): void {
  assert.ok(ended, 'the connection hangs')
  for (const secret of secrets) assert.ok(!text.includes(secret), 'an answer tells a secret')
  const answers = answersIn(text)
  for (const { status, head, body } of answers) {
    assert.ok(status < 500 || outOfReach?.test(body), `${head}\n\n${body}`)
    if (attack.refused) assert.ok(status >= 400, `${head}\n\n${body}`)
  }
}

function shown({ parts }: Attack): string {
  const bytes = parts.map((part) => Buffer.from(part).toString('latin1')).join('')
  return JSON.stringify(
    bytes.length > 1500 ? `${bytes.slice(0, 1500)}... (${bytes.length})` : bytes
  )
}

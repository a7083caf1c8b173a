import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../../runtime/cli/main.ts', import.meta.url))

/** How a run of the command line ended. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What it finds on its standard input. */
  readonly input?: string
}

/** Runs `millrace` as its own process, in a folder and with an environment of its own. */
export async function millrace(args: readonly string[], options: Surroundings = {}): Promise<Ran> {
  const child = startMillrace(args, options)
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve))
  ])
  return { code, out, err }
}

/** The same, to talk to while it runs. */
export function startMillrace(
  args: readonly string[],
  { cwd, env = {}, input = '' }: Surroundings = {}
) {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH, HOME, ...env },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  // Most commands end without having read it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return child
}

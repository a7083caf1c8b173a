import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { usageError } from './exit-code.ts'

/** Asks for a line on the terminal that does not show what is typed. */
export async function readHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('close', () => reject(usageError('nothing was typed')))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

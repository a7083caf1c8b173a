import { stripVTControlCharacters, styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Coloured on a terminal that wants colour (see NO_COLOR), plain everywhere else. */
export function style(stream: NodeJS.WriteStream, name: Style, text: string): string {
  return styleText(name, text, { stream })
}

/** Writes one line to standard output, waiting where the reader is slower. */
export async function print(line: string): Promise<void> {
  await write(`${line}\n`)
}

/** Writes to standard output, waiting where the reader is slower. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (process.stdout.write(text)) return
  await new Promise<void>((resolve) => process.stdout.once('drain', () => resolve()))
}

/** `millrace ... | head` ends when head does, which is no error. */
export function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

/** Rows as columns, each as wide as its widest cell; the last is not padded. Cells may be coloured. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, shownLength(cell))
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1
            ? cell
            : cell + ' '.repeat((widths[column] ?? 0) - shownLength(cell))
        )
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

function shownLength(cell: string): number {
  return stripVTControlCharacters(cell).length
}

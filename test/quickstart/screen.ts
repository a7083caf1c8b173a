/** What the quickstart shows: lines, and one progress bar that is redrawn on a terminal. */
export class Screen {
  readonly #terminal: boolean
  readonly #colour: boolean
  #lastPercent = -1

  constructor(terminal: boolean, colour: boolean) {
    this.#terminal = terminal
    this.#colour = colour
  }

  line(text = ''): void {
    this.#clear()
    process.stdout.write(`${text}\n`)
  }

  heading(text: string): void {
    this.line(this.#colour ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`)
  }

  /** One figure of the report; `good` colours it. */
  figure(name: string, value: string, good?: boolean): void {
    const shade = good === undefined ? 36 : good ? 32 : 31
    const shown = this.#colour ? `\u001b[${shade}m${value}\u001b[0m` : value
    this.line(`  ${name.padEnd(34)} ${shown}`)
  }

  progress(done: number, total: number, detail: string): void {
    const share = total > 0 ? Math.min(1, done / total) : 0
    const percent = Math.floor(share * 100)
    const filled = Math.round(share * 30)
    const text = `  ${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${String(percent).padStart(3)}%  ${detail}`
    if (this.#terminal) {
      this.#clear()
      process.stdout.write(text)
    } else if (percent >= this.#lastPercent + 20 || percent < this.#lastPercent) {
      this.#lastPercent = percent
      process.stdout.write(`${text}\n`)
    }
  }

  #clear(): void {
    if (this.#terminal) process.stdout.write('\r\u001b[2K')
  }
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

import type { GoldenProduct } from './golden-scenario.ts'

/** Tells whether the scalar at a path of object keys varies from run to run. Array places have no key. */
export type IsVolatile = (path: readonly string[]) => boolean

/**
 * The JSON text with volatile scalars replaced by the name of their type; every other byte stays, so
 * that order of fields, format of numbers and escapes are compared too. Null is never replaced.
 * Text that is no JSON comes back as it is.
 */
export function maskJson(text: string, isVolatile: IsVolatile): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  return new Masker(text, isVolatile).run()
}

const SCALAR = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y

class Masker {
  readonly #text: string
  readonly #isVolatile: IsVolatile
  readonly #path: string[] = []
  #at = 0
  #out = ''

  constructor(text: string, isVolatile: IsVolatile) {
    this.#text = text
    this.#isVolatile = isVolatile
  }

  run(): string {
    this.#value()
    return this.#out + this.#text.slice(this.#at)
  }

  #value(): void {
    const char = this.#text[this.#at]
    if (char === '{') this.#members('}')
    else if (char === '[') this.#members(']')
    else this.#scalar()
  }

  #members(close: string): void {
    this.#copy(1)
    while (this.#text[this.#at] !== close) {
      if (close === '}') {
        const key = this.#token()
        this.#copy(key.length + 1)
        this.#path.push(JSON.parse(key) as string)
      }
      this.#value()
      if (close === '}') this.#path.pop()
      if (this.#text[this.#at] === ',') this.#copy(1)
    }
    this.#copy(1)
  }

  #scalar(): void {
    const token = this.#token()
    const isMasked = token !== 'null' && this.#isVolatile(this.#path)
    this.#out += isMasked ? (token.startsWith('"') ? '"<string>"' : '"<number>"') : token
    this.#at += token.length
  }

  #token(): string {
    SCALAR.lastIndex = this.#at
    const token = SCALAR.exec(this.#text)?.[0]
    if (token === undefined) throw new Error(`unexpected JSON at ${this.#at} of ${this.#text}`)
    return token
  }

  #copy(length: number): void {
    this.#out += this.#text.slice(this.#at, this.#at + length)
    this.#at += length
  }
}

const TIMES = new Set(['ts_ms', 'ts_us', 'ts_ns'])
const POSITIONS: Readonly<Record<GoldenProduct, ReadonlySet<string>>> = {
  postgres: new Set(['txId', 'lsn', 'sequence', 'xmin']),
  mariadb: new Set(['server_id', 'gtid', 'file', 'pos'])
}

/**
 * Facts of an event that a transform shows under a name of their own, such as `__source_ts_ms`.
 * @param database as for {@link volatileInEvent}
 */
export function isShownVolatile(name: string, database: GoldenProduct | null): boolean {
  const positions = database === null ? [] : [...POSITIONS[database], 'transaction_id']
  return [...TIMES, ...positions].some((fact) => name.endsWith(`_${fact}`))
}

/**
 * What varies in the key and the value of an event; listed in `test/golden/README.md`.
 *
 * @param database whose positions vary; null where they are the same every time
 */
export function volatileInEvent(
  database: GoldenProduct | null,
  rows: {
    readonly columns: ReadonlySet<string>
    readonly own: ReadonlySet<string>
    /** Whether transforms may have made the value out of parts of the event. */
    readonly isTransformed: boolean
  }
): IsVolatile {
  return (given) => {
    const path = given[0] === 'payload' ? given.slice(1) : given
    const [first = '', second = ''] = path
    if (path.length === 1) {
      const isShown = rows.isTransformed && isShownVolatile(first, database)
      return isShown || TIMES.has(first) || rows.own.has(first)
    }
    if (path.length !== 2) return false
    const isPosition = database !== null && POSITIONS[database].has(second)
    if (first === 'source') return TIMES.has(second) || isPosition
    if (first === 'transaction') return database !== null && second === 'id'
    return (first === 'before' || first === 'after') && rows.columns.has(second)
  }
}

const WINDOW_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(open|close)/g
const WINDOW_TIME = /(WindowTimestamp\\": ?\\")[^"\\]*/g

/** Identities and times in the signals of an incremental snapshot, which are parts of texts. */
export function maskSignals(text: string): string {
  return text.replace(WINDOW_ID, '<uuid>-$2').replace(WINDOW_TIME, '$1<time>')
}

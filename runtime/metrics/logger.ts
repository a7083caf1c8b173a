import { stripVTControlCharacters, styleText } from 'node:util'
import { pino } from 'pino'
import type { Logger } from '../api/task.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where lines go: `process.stderr`, or something that draws around them. */
export interface LineWriter {
  write(text: string): unknown
}

export interface LoggerOptions {
  readonly level: LogLevel
  /** JSON lines for machines, or text for people. */
  readonly format: 'json' | 'pretty'
  readonly out: LineWriter
  /** Masks secrets in a line that is about to be written. */
  redact(line: string): string
  readonly colour?: boolean
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** A logger that writes JSON lines (`level`, `time`, `msg` and the fields) or text for people. */
export function createLogger(options: LoggerOptions): Logger {
  return options.format === 'json' ? jsonLogger(options) : prettyLogger(options)
}

function jsonLogger({ level, out, redact }: LoggerOptions): Logger {
  const lines = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) }
    },
    { write: (line: string) => void out.write(redact(line)) }
  )
  const at =
    (name: LogLevel) =>
    (message: string, fields: Fields = {}) =>
      lines[name](bigintsAsText(fields), message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

type Fields = Readonly<Record<string, unknown>>

/** JSON has no bigint, and a log line must never throw. */
function bigintsAsText(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'bigint' ? value.toString() : value
    ])
  )
}

function prettyLogger(options: LoggerOptions): Logger {
  const { level, out, redact, colour = false } = options
  const least = LEVELS.indexOf(level)
  const at =
    (name: LogLevel) =>
    (message: string, fields: Fields = {}) => {
      if (LEVELS.indexOf(name) < least) return
      const line = prettyLine(name, message, fields)
      out.write(`${redact(colour ? line : stripVTControlCharacters(line))}\n`)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const COLOURS = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const

function prettyLine(level: LogLevel, message: string, fields: Fields): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    styleText(style, text, { validateStream: false })
  const time = paint('dim', new Date().toISOString().slice(11, 23))
  const label = paint(COLOURS[level], level.toUpperCase().padEnd(5))
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ` ${paint('dim', `${key}=`)}${show(value)}`)
  return `${time} ${label} ${message}${details.join('')}`
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object') {
    return JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'bigint' ? member.toString() : member
    )
  }
  return String(value)
}

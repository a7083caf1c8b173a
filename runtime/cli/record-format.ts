import { isUtf8 } from 'node:buffer'
import type { StoredRecord } from '../broker/broker.ts'
import { usageError } from './exit-code.ts'

/** A record and where it was read. */
export interface PlacedRecord extends StoredRecord {
  readonly topic: string
  readonly partition: number
}

/** A record as it is printed, its line end included. */
export type RecordFormat = (record: PlacedRecord) => Uint8Array | string

const PRESETS: Readonly<Record<string, string>> = {
  kcat: 'Topic %t [%p] at offset %o: key %k: %s\\n',
  value: '%s\\n'
}

type Part = (record: PlacedRecord) => Uint8Array | string

/** kcat's words, and what they print: from kcat's help; null prints as nothing, its length as -1. */
const WORDS: Readonly<Record<string, Part>> = {
  t: (record) => record.topic,
  p: (record) => String(record.partition),
  o: (record) => String(record.offset),
  k: (record) => record.key ?? '',
  K: (record) => String(record.key?.length ?? -1),
  s: (record) => record.value ?? '',
  S: (record) => String(record.value?.length ?? -1),
  T: (record) => String(record.timestamp),
  h: headerText,
  '%': () => '%'
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' }

/** @throws {ConnectError} USAGE when the format has a word that is not kcat's */
export function recordFormat(format: string): RecordFormat {
  if (format === 'json') return jsonLine
  const parts = compile(PRESETS[format] ?? checked(format))
  return (record) => {
    const pieces = parts.map((part) => (typeof part === 'string' ? part : part(record)))
    if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
    return Buffer.concat(
      pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
    )
  }
}

function checked(format: string): string {
  if (format.includes('%')) return format
  throw usageError(
    `--format ${format} is neither json, value, kcat nor a format with words such as %s`,
    "write for example --format '%o %k %s\\n'"
  )
}

function compile(format: string): (Part | string)[] {
  const parts: (Part | string)[] = []
  for (const [text, word, code, escaped] of format.matchAll(
    /%([\s\S]?)|\\x([0-9a-fA-F]{2})|\\([\s\S])|[^%\\]+/g
  )) {
    if (word !== undefined) {
      const part = WORDS[word]
      if (part === undefined) {
        throw usageError(`--format has %${word}, which is not known`, 'write %% for a percent sign')
      }
      parts.push(part)
    } else if (code !== undefined) parts.push(String.fromCharCode(Number.parseInt(code, 16)))
    else parts.push(escaped === undefined ? text : (ESCAPES[escaped] ?? escaped))
  }
  return parts
}

function headerText(record: PlacedRecord): string {
  return record.headers.map(({ key, value }) => `${key}=${value ?? 'NULL'}`).join(',')
}

function jsonLine(record: PlacedRecord): string {
  const { topic, partition, offset, timestamp, headers, key, value } = record
  return `${JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    headers: headers.map((header) => [header.key, textOrBytes(header.value)]),
    key: textOrBytes(key),
    value: textOrBytes(value)
  })}\n`
}

function textOrBytes(bytes: Buffer | null): string | { base64: string } | null {
  if (bytes === null) return null
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}

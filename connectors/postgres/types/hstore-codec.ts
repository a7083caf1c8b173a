import { map, string } from '../../../runtime/api/schema.ts'
import { UnconvertibleValue } from '../../relational/unconvertible.ts'
import { inHashOrder } from './hash-order.ts'
import type { TypeUse, ValueCodec } from './value-codec.ts'

type Entry = readonly [key: string, value: string | null]

export function hstoreCodec(use: TypeUse): ValueCodec {
  const { hstore, placeholder } = use.options
  const marker: Entry = [placeholder, placeholder]
  if (hstore === 'map') {
    return {
      schema: map(string(), string({ optional: true })),
      decode: (text) => new Map(inHashOrder(readHstore(text))),
      zero: new Map(),
      unchanged: new Map([marker])
    }
  }
  return {
    schema: string({ name: 'io.debezium.data.Json', version: 1 }),
    decode: (text) => jsonText(inHashOrder(readHstore(text))),
    zero: '{}',
    unchanged: jsonText([marker])
  }
}

const ENTRY = /"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|NULL)(?:, |$)/gsy

/** `"a"=>"1", "b"=>NULL`, as hstore's output function prints it. */
function readHstore(text: string): Entry[] {
  const entries: Entry[] = []
  ENTRY.lastIndex = 0
  while (ENTRY.lastIndex < text.length) {
    const match = ENTRY.exec(text)
    if (match === null) throw new UnconvertibleValue(`'${text}' is not an hstore`)
    const [, key = '', value] = match
    entries.push([plain(key), value === undefined ? null : plain(value)])
  }
  return entries
}

function plain(quoted: string): string {
  return quoted.includes('\\') ? quoted.replaceAll(/\\(.)/gs, '$1') : quoted
}

function jsonText(entries: readonly Entry[]): string {
  const parts = entries.map(
    ([key, value]) => `${quote(key)}:${value === null ? 'null' : quote(value)}`
  )
  return `{${parts.join(',')}}`
}

/** A JSON string with the escapes of Jackson, which prints code points in upper case. */
function quote(text: string): string {
  const json = JSON.stringify(text)
  return json.includes('\\u') ? json.replaceAll(/\\u00[01][0-9a-f]/g, upperCase) : json
}

function upperCase(code: string): string {
  return `\\u${code.slice(2).toUpperCase()}`
}

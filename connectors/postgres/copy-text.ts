/**
 * Splits one line of `COPY ... TO STDOUT` in text format into values.
 * Format: PostgreSQL documentation of COPY, "Text Format".
 */
export function splitCopyLine(line: string): (string | null)[] {
  const values: (string | null)[] = line.split('\t')
  if (!line.includes('\\')) return values
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === '\\N') values[i] = null
    else if (typeof value === 'string' && value.includes('\\')) values[i] = unescapeText(value)
  }
  return values
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v'
}

function unescapeText(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char)
}

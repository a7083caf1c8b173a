/** A media type or range of a header. */
interface MediaRange {
  readonly type: string
  readonly subtype: string
  /** From 0 (not at all) to 1. */
  readonly quality: number
}

/**
 * Whether a request's `Accept` allows an answer of a media type, such as `application/json`.
 * Without the header everything is allowed.
 */
export function accepts(header: string | undefined, mediaType: string): boolean {
  if (header === undefined || header.trim() === '') return true
  return header.split(',').some((part) => {
    const range = parse(part)
    return range !== null && range.quality > 0 && covers(range, mediaType)
  })
}

/** Whether a request's `Content-Type` is a media type, parameters aside. */
export function isOfType(header: string, mediaType: string): boolean {
  const range = parse(header)
  return range !== null && covers(range, mediaType)
}

function covers(range: MediaRange, mediaType: string): boolean {
  const [type, subtype] = mediaType.split('/')
  if (range.type !== '*' && range.type !== type) return false
  return range.subtype === '*' || range.subtype === subtype
}

function parse(text: string): MediaRange | null {
  const [essence = '', ...parameters] = text.split(';')
  const [type = '', subtype = ''] = essence.trim().toLowerCase().split('/')
  if (type === '' || subtype === '') return null
  const quality = parameters
    .map((parameter) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined)
  return { type, subtype, quality: quality === undefined ? 1 : Number(quality) }
}

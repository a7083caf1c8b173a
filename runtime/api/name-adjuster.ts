export type NameAdjustment = 'none' | 'avro' | 'avro_unicode'

/**
 * Makes names legal in Avro: what is not allowed becomes `_`, or `_u` and its UTF-16 code in
 * hexadecimal, which then needs the underscore itself to be escaped.
 *
 * @param keepDots for schema names, whose dots separate name spaces
 */
export function nameAdjuster(
  mode: NameAdjustment,
  keepDots: boolean
): ((name: string) => string) | undefined {
  if (mode === 'none') return undefined
  if (mode === 'avro') {
    const illegal = keepDots ? /[^A-Za-z0-9_.]/g : /[^A-Za-z0-9_]/g
    return (name) => name.replace(illegal, '_').replace(/^\d/, '_$&')
  }
  const illegal = keepDots ? /^\d|[^A-Za-z0-9.]/g : /^\d|[^A-Za-z0-9]/g
  return (name) =>
    name.replace(illegal, (char) => `_u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

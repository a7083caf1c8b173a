import { ConnectError } from '../api/errors.ts'

/**
 * Renames texts that an expression matches as a whole, as Java's `Matcher.matches` and then
 * `replaceFirst` do: what gives way is the first match within the text, which may end before it.
 *
 * @param replacement Java's: `$1`, `${name}`, and `\` to take a sign as it is
 * @returns a function that answers null for texts that the expression does not match as a whole
 * @throws {ConnectError} INVALID_CONFIG when the replacement names a group that is not there
 */
export function renamer(pattern: string, replacement: string): (text: string) => string | null {
  const whole = new RegExp(`^(?:${pattern})$`)
  const first = new RegExp(pattern)
  const parts = replacementParts(replacement, groupsOf(pattern))
  return (text) => {
    const match = whole.test(text) ? first.exec(text) : null
    if (match === null) return null
    const renamed = parts.map((part) => part(match)).join('')
    return text.slice(0, match.index) + renamed + text.slice(match.index + match[0].length)
  }
}

interface Groups {
  readonly count: number
  readonly names: ReadonlySet<string>
}

/** An expression that may match nothing does, with all its groups. */
function groupsOf(pattern: string): Groups {
  const match = new RegExp(`${pattern}|`).exec('')
  return { count: (match?.length ?? 1) - 1, names: new Set(Object.keys(match?.groups ?? {})) }
}

type Part = (match: RegExpExecArray) => string

/** As `Matcher.appendReplacement` reads it. */
function replacementParts(text: string, groups: Groups): Part[] {
  const tokens = text.match(/\\.|\$\d+|\$\{\w+\}|[^\\$]+|./gs) ?? []
  return tokens.map((token): Part => {
    if (token.startsWith('\\') && token.length > 1) return () => token.slice(1)
    if (/^\$\d/.test(token)) return numbered(token.slice(1), groups, text)
    const name = /^\$\{(\w+)\}$/.exec(token)?.[1]
    if (name !== undefined) {
      if (!groups.names.has(name)) throw noSuchGroup(token, text)
      return (match) => match.groups?.[name] ?? ''
    }
    if (token === '$' || token === '\\') throw noSuchGroup(token, text)
    return () => token
  })
}

/** `$12` is group 12 where there are so many groups, else group 1 and a 2. */
function numbered(digits: string, { count }: Groups, text: string): Part {
  let taken = digits
  while (taken.length > 1 && Number(taken) > count) taken = taken.slice(0, -1)
  if (Number(taken) > count) throw noSuchGroup(`$${taken}`, text)
  const rest = digits.slice(taken.length)
  return (match) => `${match[Number(taken)] ?? ''}${rest}`
}

function noSuchGroup(token: string, text: string): ConnectError {
  return new ConnectError(
    'INVALID_CONFIG',
    `'${token}' in the replacement '${text}' is no group of the expression`,
    { hint: 'put the group in parentheses, or write \\$ or \\\\ for the sign itself' }
  )
}

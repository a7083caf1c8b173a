/** @returns why the text is not a regular expression, worded to follow a key's name */
export function regexProblem(pattern: string): string | undefined {
  try {
    new RegExp(`^(?:${pattern})$`)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1) : String(error)
    return `must be a regular expression; '${pattern}' is not: ${reason}`
  }
}

/**
 * What Java's `PatternSyntaxException` says about a regular expression, for refusals whose text
 * clients know. Only about the faults that both languages find; else JavaScript's own words.
 *
 * @returns null when the expression is fine
 */
export function javaRegexProblem(pattern: string): string | null {
  try {
    new RegExp(pattern)
    return null
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : String(error)
    return inJava(reason, pattern)
  }
}

function inJava(reason: string, pattern: string): string {
  const { length } = pattern
  switch (reason) {
    case 'Unterminated group':
      return located('Unclosed group', pattern, length)
    case 'Unterminated character class':
      return located('Unclosed character class', pattern, length - 1)
    case '\\ at end of pattern':
      return located('Unescaped trailing backslash', pattern, length)
    case "Unmatched ')'":
      return located("Unmatched closing ')'", pattern, pattern.indexOf(')') - 1)
    case 'Nothing to repeat': {
      const at = pattern.search(/(?<=^|[(|])[*+?]/)
      return at < 0 ? reason : located(`Dangling meta character '${pattern[at]}'`, pattern, at)
    }
    default:
      return reason
  }
}

function located(description: string, pattern: string, index: number): string {
  const place = index < 0 ? '' : ` near index ${index}`
  const mark = index < 0 || index >= pattern.length ? '' : `\n${' '.repeat(index)}^`
  return `${description}${place}\n${pattern}${mark}`
}

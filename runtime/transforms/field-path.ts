/**
 * The names on a path such as `a.b`, in the syntax of KIP-821: a name with dots stands in backticks,
 * `` a.`b.c` ``, and a backtick within such a name has a backslash before it.
 */
export function parseFieldPath(path: string): string[] {
  const names: string[] = []
  let rest = path
  for (;;) {
    const [whole, quoted, plain] = /^(?:`((?:\\`|[^`])*)`(?=\.|$)|([^.]*))/.exec(rest) ?? ['']
    names.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('\\`', '`'))
    if (whole.length >= rest.length) return names
    rest = rest.slice(whole.length + 1)
  }
}

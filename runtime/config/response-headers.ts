/** What to do with one header of every answer. */
export interface HeaderRule {
  /** The two of a date have a distance from now in milliseconds as their value. */
  readonly action: 'set' | 'add' | 'setdate' | 'adddate'
  readonly name: string
  readonly value: string
}

/** Between commas; what is in double quotes may have commas inside. */
const ITEM = /\s*(?:"([^"]*)"|([^",]*))\s*(?:,|$)/y
const RULE = /^(set|add|setDate|addDate)\s+([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/is

/**
 * Reads `response.http.headers.config`: `[set|add|setDate|addDate] Name:Value`, separated by commas.
 * A rule whose value has commas stands in double quotes.
 *
 * @throws {Error} whose message is worded to follow the key's name
 */
export function parseHeaderRules(text: string): HeaderRule[] {
  return itemsOf(text).map((item) => {
    const [, action = '', name = '', value = ''] = RULE.exec(item) ?? []
    if (action === '') {
      throw new Error(`must be rules such as "set X-Frame-Options: DENY"; '${item}' is not one`)
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a header cannot have them
    if (/[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)) {
      throw new Error(`has a value for ${name} with characters that a header cannot have`)
    }
    const rule = { action: action.toLowerCase() as HeaderRule['action'], name, value: value.trim() }
    if (rule.action.endsWith('date') && !/^-?\d{1,15}$/.test(rule.value)) {
      throw new Error(
        `must have a number of milliseconds for ${action} ${name}, not '${rule.value}'`
      )
    }
    return rule
  })
}

function itemsOf(text: string): string[] {
  const items: string[] = []
  ITEM.lastIndex = 0
  while (ITEM.lastIndex < text.length) {
    const match = ITEM.exec(text)
    if (match === null)
      throw new Error('has a double quote that is not closed or not around a rule')
    const item = (match[1] ?? match[2] ?? '').trim()
    if (item !== '') items.push(item)
  }
  return items
}

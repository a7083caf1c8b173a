import { string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { javaRegexProblem, regexProblem } from '../api/regex.ts'

/** Changes the topic of records whose topic the expression matches as a whole. */
export default defineTransform({
  summary: 'Sends records to another topic, by a regular expression on the name of their topic.',
  classNames: ['org.apache.kafka.connect.transforms.RegexRouter'],
  config: {
    regex: string({
      doc: 'Matches the whole name of the topic.',
      importance: 'HIGH',
      validator: regexProblem,
      listing: { refusal: (pattern) => `Invalid regex: ${javaRegexProblem(pattern)}` }
    }),
    replacement: string({
      doc: 'The new name; $1 or ${name} stand for groups of the expression.',
      importance: 'HIGH'
    })
  },
  create({ regex: pattern, replacement }) {
    const whole = new RegExp(`^(?:${pattern})$`)
    const parts = replacementParts(replacement)
    // Few topics, many records: each name is worked out once.
    const routes = new Map<string, string>()
    const route = (topic: string): string => {
      const match = whole.exec(topic)
      return match === null ? topic : parts.map((part) => part(match)).join('')
    }
    return {
      apply(record) {
        let topic = routes.get(record.topic)
        if (topic === undefined) {
          topic = route(record.topic)
          routes.set(record.topic, topic)
        }
        return topic === record.topic ? record : { ...record, topic }
      }
    }
  }
})

type Part = (match: RegExpExecArray) => string

/** Java's replacement text (`Matcher.appendReplacement`): `$1`, `${name}`, and `\` to take a sign as it is. */
function replacementParts(text: string): Part[] {
  const tokens = text.match(/\\.|\$\d+|\$\{\w+\}|[^\\$]+|./gs) ?? []
  return tokens.map((token): Part => {
    if (token.startsWith('\\') && token.length > 1) return () => token.slice(1)
    if (/^\$\d/.test(token)) return (match) => numbered(match, token.slice(1))
    const name = /^\$\{(\w+)\}$/.exec(token)?.[1]
    if (name !== undefined) return (match) => match.groups?.[name] ?? ''
    return () => token
  })
}

/** `$12` is group 12 where there are so many groups, else group 1 and a 2. */
function numbered(match: RegExpExecArray, digits: string): string {
  let taken = digits
  while (taken.length > 1 && Number(taken) >= match.length) taken = taken.slice(0, -1)
  return `${match[Number(taken)] ?? ''}${digits.slice(taken.length)}`
}
